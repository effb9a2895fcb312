"""A stand-in for Azure DevOps: the work items of one project, behind its REST API 7.1 of work item tracking."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.receivers.devops.call import Call, invalid
from sandbox.receivers.devops.items import (
    ME,
    Item,
    Remark,
    Whereabouts,
    address_of,
    identity,
    moment_text,
    no_item,
    shown,
    shown_binned,
    shown_remark,
)
from sandbox.receivers.devops.schema import (
    TYPES,
    Refused,
    Rules,
    WorkItemType,
    allow,
    changes,
    checked,
    demand,
    kept_html,
    known,
)
from sandbox.receivers.devops.wiql import read_query
from sandbox.receivers.stand_in import Arrival, Reply

PLACE = "/devops/{organization}"
WIT = f"{PLACE}/{{project}}/_apis/wit"
# "Work Items - Get Work Items Batch" (rest/api/azure/devops/wit/work-items/get-work-items-batch): 200.
MOST_IN_BATCH = 200
# "Work tracking, process, and project limits" (reference "object limits").
MOST_FOUND = 20_000
# "Comments - Get Comments" (rest/api/azure/devops/wit/comments/get-comments): a page; its size is not documented.
MOST_COMMENTS = 200
# Who did it, and the categories of states in which that is kept, the first being the one that sets it.
KEPT: Mapping[str, tuple[str, ...]] = {
    "Microsoft.VSTS.Common.ResolvedBy": ("Resolved", "Completed"),
    "Microsoft.VSTS.Common.ClosedBy": ("Completed",),
}


class DevOpsStandIn:
    """With a token, every call has to bring it. `people` are those whom a work item may be assigned to, by address."""

    kind = "devops"
    routes = (
        ("POST", f"{WIT}/workitems/{{what}}"),
        ("GET", f"{WIT}/workitems/{{what}}"),
        ("PATCH", f"{WIT}/workitems/{{what}}"),
        ("POST", f"{WIT}/workItems/{{what}}/comments"),
        ("GET", f"{WIT}/workItems/{{what}}/comments"),
        ("POST", f"{WIT}/wiql"),
        ("POST", f"{WIT}/workitemsbatch"),
        ("GET", f"{WIT}/workitemtypes/{{what}}/states"),
        ("GET", f"{WIT}/recyclebin/{{what}}"),
        ("GET", f"{PLACE}/_apis/projects/{{project}}"),
    )

    def __init__(
        self,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lag: timedelta = timedelta(seconds=2),
        token: str = "",
        project: str = "Signing",
        people: Sequence[str] = ("ana@contoso.example",),
    ) -> None:
        self._now, self._lag, self._token = now, lag, token
        self.project = project
        areas = frozenset({project, f"{project}\\Certificates"})
        self._rules = Rules(areas, {address.lower(): identity(address) for address in people})
        self.items: dict[int, Item] = {}
        self._throttled = 0

    def judge(self, arrival: Arrival) -> Reply:
        if self._throttled:
            return self._asked_too_often()
        if (reply := self._not_signed_in(arrival)) is not None:
            return reply
        try:
            return Reply(200, body=self._called(arrival))
        except Refused as error:
            return Reply(error.status, error.malformed or None, error.body)

    def key_of(self, arrival: Arrival) -> str | None:  # noqa: ARG002
        """It has no place for one, and makes everything twice."""
        return None

    def person_closes(self, reference: str, *, dismissed: bool = False) -> None:
        """As done, or as not to be done: in a state of the category Removed, or with a reason that says so."""
        item = self._there(reference)
        removed = _first(item.kind, "Removed")
        state = removed if dismissed and removed else _first(item.kind, "Completed")
        reason = {"System.Reason": "As Designed"} if dismissed and not removed else {}
        self._set(item, {"System.State": state, **reason}, "Ana")

    def person_reopens(self, reference: str) -> None:
        """It is open again."""
        item = self._there(reference)
        self._set(item, {"System.State": _first(item.kind, "Proposed")}, "Ana")

    def person_sets(self, reference: str, fields: Mapping[str, Any]) -> None:
        """Whatever a person can set, and its type and project too."""
        item = self._there(reference)
        item.kind = next((kind for kind in TYPES if kind.name == fields.get("System.WorkItemType")), item.kind)
        self._set(item, fields, "Ana")

    def person_assigns(self, reference: str, who: str) -> None:
        """`who` is an address, or what stands before its @."""
        people = self._rules.people
        address = next(one for one in people if who in (one, one.partition("@")[0]))
        self._set(self._there(reference), {"System.AssignedTo": people[address]}, "Ana")

    def person_deletes(self, reference: str) -> None:
        """Into the recycle bin."""
        self._put_away(reference, Whereabouts.BINNED)

    def person_hides(self, reference: str) -> None:
        """Moves it into an area that we may not see."""
        self._put_away(reference, Whereabouts.HIDDEN)

    def person_destroys(self, reference: str) -> None:
        """For good."""
        self._put_away(reference, Whereabouts.DESTROYED)

    def throttle(self, seconds: int) -> None:
        """The next request is refused with so long to wait."""
        self._throttled = seconds

    def _asked_too_often(self) -> Reply:
        """ "Rate and usage limits" (integrate/concepts/rate-limits): 429, Retry-After, and a message."""
        seconds, self._throttled = self._throttled, 0
        message = (
            "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource "
            "Concurrency in namespace User."
        )
        error = Refused(429, "RequestBlockedException", message)
        return Reply(429, None, error.body, {"Retry-After": f"{seconds}", "X-RateLimit-Delay": "30.000"})

    def _not_signed_in(self, arrival: Arrival) -> Reply | None:
        """microsoft/azure-devops-auth-samples issue 52: a page for signing in with 203, but 401 for PATCH."""
        scheme, _, token = arrival.headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and token and token == (self._token or token):
            return None
        why = "authentication-guidance: there is no token, or it is another one"
        if arrival.method != "PATCH":
            return Reply(203, why, "<html><head><title>Azure DevOps Services | Sign In</title></head></html>")
        message = "TF400813: The user '' is not authorized to access this resource."
        return Reply(401, why, Refused(401, "UnauthorizedRequestException", message).body)

    def _called(self, arrival: Arrival) -> Any:
        call = Call.of(arrival)
        if call.project != self.project:
            message = f"TF200016: The following project does not exist: {call.project}."
            raise Refused(404, "ProjectDoesNotExistWithNameException", message)
        answers: Mapping[str, Callable[[Call], Any]] = {
            "POST workitems": self._create,
            "GET workitems": lambda one: shown(self._there(one.what), _fields_wanted(one)),
            "PATCH workitems": self._update,
            "POST wiql": self._query,
            "POST workitemsbatch": self._batch,
            "GET states": _states,
            "GET recyclebin": self._recycle_bin,
            "GET projects": lambda _: {"id": "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", "name": self.project},
            "POST comments": self._comment,
            "GET comments": self._comments,
        }
        return answers[call.name](call)

    def _create(self, call: Call) -> Any:
        kind = _type(call.what.removeprefix("$") if call.what.startswith("$") else "")
        fields = {
            name: checked(name, value, kind, self._rules)
            for name, value in changes(call.document(), revision=None).items()
        }
        demand(fields, kind)
        if fields.get("System.State", first := next(iter(kind.states))) != first:
            message = "TF401320: Rule Error for field State. Error code: HasValues, LimitedToValues, InvalidListValue."
            raise Refused(400, "RuleValidationException", message, "a new work item has the first state of its type")
        item = Item(len(self.items) + 1, kind, {})
        self.items[item.number] = item
        moment = moment_text(self._now())
        defaults = {
            "System.Id": item.number,
            "System.TeamProject": self.project,
            "System.WorkItemType": kind.name,
            "System.AreaPath": self.project,
            "System.State": first,
            "System.Reason": "New",
            "System.CreatedDate": moment,
            "Microsoft.VSTS.Common.Priority": 2,
        }
        self._set(item, defaults | fields, ME)
        item.revision = 1
        return shown(item)

    def _update(self, call: Call) -> Any:
        item = self._there(call.what)
        found = changes(call.document(), revision=item.revision)
        fields = {name: checked(name, value, item.kind, self._rules) for name, value in found.items()}
        allow(item.fields, fields, item.kind)
        demand(item.fields | fields, item.kind)
        self._set(item, fields, ME)
        return shown(item)

    def _set(self, item: Item, fields: Mapping[str, Any], who: str) -> None:
        """With what the rules of a state set: its usual reason, and who resolved or closed it (but not removed it)."""
        before, now = item.fields.get("System.State", ""), moment_text(self._now())
        state = fields.get("System.State", before)
        if state != before:
            usual, category = item.kind.usual_reason(before, state), item.kind.states[state]
            fields = {"System.Reason": usual, "Microsoft.VSTS.Common.StateChangeDate": now, **fields}
            for name, kept in KEPT.items():
                if category not in kept:
                    item.fields.pop(name, None)
                elif category == kept[0]:
                    item.fields[name] = identity(who)
        item.fields |= {**fields, "System.ChangedDate": now, "System.ChangedBy": identity(who)}
        item.revision += 1
        item.known.append((self._now(), dict(item.fields)))

    def _query(self, call: Call) -> Any:
        """ "Wiql - Query By Wiql" (rest/api/azure/devops/wit/wiql/query-by-wiql): ids only."""
        body = call.object({"query"})
        times = call.query.get("timePrecision", "").lower() == "true"
        query = read_query(body.get("query"), self.project, times=times)
        known_then = [(item, item.found(self._now() - self._lag)) for item in self.items.values()]
        found = [(fields[query.order], item) for item, fields in known_then if fields and query.finds(fields)]
        most = call.number("$top", MOST_FOUND)
        if len(found) > MOST_FOUND and "$top" not in call.query:
            message = f"VS402337: The number of work items returned exceeds the size limit of {MOST_FOUND}."
            raise Refused(400, "WorkItemTrackingQueryResultSizeLimitExceededException", message, "object-limits")
        found.sort(key=lambda one: one[0])
        ids = [{"id": item.number, "url": address_of(item)} for _, item in found]
        asked = {"queryType": "flat", "queryResultType": "workItem", "asOf": moment_text(self._now())}
        return {**asked, "workItems": ids[:most]}

    def _batch(self, call: Call) -> Any:
        body = call.object({"ids", "fields", "asOf", "errorPolicy", "$expand"})
        ids = body.get("ids")
        if not isinstance(ids, list) or not ids or not all(type(one) is int for one in ids):
            raise invalid("ids", "work-items/get-work-items-batch: ids is an array of integers")
        if len(ids) > MOST_IN_BATCH:
            message = f"VS403474: You requested {len(ids)} work items which exceeds the limit of {MOST_IN_BATCH}."
            raise Refused(400, "WorkItemPageSizeExceededException", message, "work-items/get-work-items-batch: 200 ids")
        policy = str(body.get("errorPolicy", "fail")).lower()
        if policy not in ("fail", "omit"):
            raise invalid("errorPolicy", "work-items/get-work-items-batch: Fail or Omit")
        names = [known(name) for name in body["fields"]] if "fields" in body else None
        found = [self.items.get(one) for one in ids]
        there = [item if item and item.lies is Whereabouts.THERE else None for item in found]
        if policy == "fail" and None in there:
            raise no_item(str(ids[there.index(None)]))
        return {"count": len(ids), "value": [shown(item, names) if item else None for item in there]}

    def _comment(self, call: Call) -> Any:
        """ "Comments - Add" (rest/api/azure/devops/wit/comments/add); microsoft/azure-devops-mcp sends a format."""
        item, text = self._there(call.what), call.object({"text"}).get("text")
        if not isinstance(text, str) or not text.strip():
            raise invalid("text", "comments/add: the text of a comment is not empty")
        if call.query.get("format", "html").lower() not in ("html", "1"):
            raise invalid("format", "comments/add: markdown is not known here")
        remark = Remark(len(item.remarks) + 1, kept_html("System.History", text), self._now())
        item.remarks.append(remark)
        self._set(item, {}, ME)
        return shown_remark(item, remark)

    def _comments(self, call: Call) -> Any:
        item = self._there(call.what)
        top = call.number("$top", MOST_COMMENTS)
        order = call.query.get("order", "desc").lower()
        if order not in ("asc", "desc"):
            raise invalid("order", "comments/get-comments: asc or desc")
        start = call.number("continuationToken", 1_000_000, "0")
        ordered = item.remarks if order == "asc" else item.remarks[::-1]
        page = ordered[start : start + top]
        more = {"continuationToken": str(start + top)} if start + top < len(ordered) else {}
        shown = [shown_remark(item, remark) for remark in page]
        return {"totalCount": len(ordered), "count": len(page), "comments": shown, **more}

    def _recycle_bin(self, call: Call) -> Any:
        """ "Recyclebin - Get" (rest/api/azure/devops/wit/recyclebin/get)."""
        return shown_binned(self._lying(call.what, Whereabouts.BINNED))

    def _put_away(self, reference: str, lies: Whereabouts) -> None:
        item = self._there(reference)
        item.lies = lies
        item.known.append((self._now(), None))

    def _there(self, reference: str) -> Item:
        return self._lying(reference, Whereabouts.THERE)

    def _lying(self, reference: str, lies: Whereabouts) -> Item:
        item = self.items.get(int(reference)) if reference.isdecimal() else None
        if item is None or item.lies is not lies:
            raise no_item(reference)
        return item


def _states(call: Call) -> Any:
    """ "Work Item Type States - List" (rest/api/azure/devops/wit/work-item-type-states/list)."""
    states = _type(call.what).states.items()
    found = [{"name": name, "color": "b2b2b2", "category": category} for name, category in states]
    return {"count": len(found), "value": found}


def _type(name: str) -> WorkItemType:
    for kind in TYPES:
        if kind.name.lower() == name.lower():
            return kind
    message = f"VS402323: Work item type {name} does not exist in the project."
    raise Refused(404, "WorkItemTypeNotFoundException", message)


def _first(kind: WorkItemType, category: str) -> str:
    return next((name for name, found in kind.states.items() if found == category), "")


def _fields_wanted(call: Call) -> list[str] | None:
    names = call.query.get("fields")
    return [known(name) for name in names.split(",")] if names else None
