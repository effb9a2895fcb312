"""One request to Azure DevOps' REST API, read as strictly as its reference describes it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.receivers.devops.schema import Refused
from sandbox.receivers.stand_in import Arrival

QUERIES: Mapping[str, set[str]] = {
    "POST workitems": {"validateOnly", "bypassRules", "suppressNotifications", "$expand"},
    "PATCH workitems": {"validateOnly", "bypassRules", "suppressNotifications", "$expand"},
    "GET workitems": {"fields", "asOf", "$expand"},
    "POST wiql": {"timePrecision", "$top"},
    "POST workitemsbatch": set(),
    "GET states": set(),
    "GET recyclebin": set(),
    "GET projects": {"includeCapabilities", "includeHistory"},
    "POST comments": {"format"},
    "GET comments": {"$top", "continuationToken", "includeDeleted", "$expand", "order"},
}


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is what is done to which resource; `what` stands in the address: a type, a number."""

    name: str
    project: str
    what: str
    query: Mapping[str, str]
    arrival: Arrival

    @classmethod
    def of(cls, arrival: Arrival) -> "Call":
        """Raises Refused where the address is not as the reference shows it."""
        parts = arrival.path.split("/")[3:]
        if parts[0] == "_apis":
            project, resource, what = parts[2], "projects", ""
        else:
            project, resource, what = parts[0], parts[3].lower(), parts[4] if len(parts) > 4 else ""
            resource = parts[5] if len(parts) > 5 else resource
        call = cls(f"{arrival.method} {resource}", project, what, arrival.query, arrival)
        call._check_query("7.1-preview.4" if resource == "comments" else "7.1")
        return call

    def _check_query(self, version: str) -> None:
        """ "REST API versioning" (integrate/concepts/rest-api-versioning). It passes over what it does not know.

        Here that is an error, or nobody would see it.
        """
        given = self.query.get("api-version", "")
        if not given:
            message = f'No api-version was supplied for the "{self.arrival.method}" request.'
            raise Refused(400, "VssVersionNotSpecifiedException", message, "rest-api-versioning: there is none")
        if given != version:
            message = f'The requested version "{given}" of the resource is under preview, or out of range.'
            raise Refused(400, "VssInvalidPreviewVersionException", message, f"rest-api-versioning: it is {version}")
        if unknown := self.query.keys() - QUERIES[self.name] - {"api-version"}:
            raise invalid(min(unknown), f"{self.name}: it has no such parameter")

    def number(self, name: str, most: int, default: str = "") -> int:
        """A parameter. Raises Refused."""
        found = self.query.get(name, default or str(most))
        if not re.fullmatch(r"[0-9]{1,7}", found) or int(found) > most:
            raise invalid(name, f"{self.name}: {name} is a number, at most {most}")
        return int(found)

    def document(self) -> Any:
        """ "Work Items - Create": application/json-patch+json, and nothing else."""
        self._check_type("application/json-patch+json")
        return self.arrival.readable

    def object(self, allowed: set[str]) -> dict[str, Any]:
        """The body. Raises Refused."""
        self._check_type("application/json")
        found = self.arrival.readable
        if not isinstance(found, dict) or found.keys() - allowed:
            raise invalid("body", f"{self.name}: the body is an object of {', '.join(sorted(allowed))}")
        return found

    def _check_type(self, wanted: str) -> None:
        given = self.arrival.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != wanted:
            message = (
                f'The request indicated a Content-Type of "{given}" for method type "{self.arrival.method}" which is '
                f"not supported. Valid content types for this method are: {wanted}."
            )
            raise Refused(415, "VssMediaTypeNotSupportedException", message, f"{self.name}: {wanted}")


def invalid(name: str, where: str) -> Refused:
    """A value that is none. `where` says what it has to be."""
    return Refused(400, "VssPropertyValidationException", f"The value of {name} is not valid.", where)
