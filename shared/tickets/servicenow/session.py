"""A sign-in at one instance of ServiceNow: OAuth client credentials, and a token that is kept while it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from shared.http import Answer, Http
from shared.ports.clock import Clock
from shared.ports.errors import DeliveryError
from shared.tickets.servicenow.refusals import not_signed_in, not_understood, refused

JSON = {"Accept": "application/json", "Content-Type": "application/json"}
FORM = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
MARGIN = timedelta(seconds=60)  # So long before its end a token is no longer used.


@dataclass(slots=True)
class Session:
    """`site` is where the instance is. `known` are ids by names that were looked up; they live as long as the token."""

    http: Http
    clock: Clock
    site: str
    client_id: str
    client_secret: SecretStr
    known: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _token: SecretStr | None = field(default=None, init=False, repr=False)
    _until: datetime | None = field(default=None, init=False, repr=False)

    @property
    def address(self) -> str:
        """Without a slash at its end."""
        return self.site.rstrip("/")

    async def ask(
        self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
    ) -> Answer:
        """One call of the Table API, once it has a token; 404 is an answer. Raises DeliveryError.

        A token that was kept and is refused is forgotten, and asked for anew once: it may have been taken back.
        """
        kept = self._token is not None
        answer = await self._asked(method, path, query, body)
        if answer.status == 401:
            self._forget()
            answer = await self._asked(method, path, query, body) if kept else answer
        if answer.status != 404 and (error := refused(answer, self.clock.now(), writes=method != "GET")):
            raise error
        return answer

    async def _asked(self, method: str, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None) -> Answer:
        token = await self._signed_in()
        headers = {**JSON, "Authorization": f"Bearer {token.get_secret_value()}"}
        url = f"{self.address}/api/now/table/{path}?{urlencode(query, quote_via=quote)}"
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return await self.http.ask(method, url, headers, raw)

    def not_here(self, answer: Answer) -> DeliveryError:
        """What a 404 is, where it is not about one record."""
        return refused(answer, self.clock.now(), writes=False) or not_understood("anything")

    async def _signed_in(self) -> SecretStr:
        now = self.clock.now()
        if self._token and self._until and now < self._until:
            return self._token
        self._forget()
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.get_secret_value(),
        }
        answer = await self.http.post(f"{self.address}/oauth_token.do", urlencode(form).encode(), FORM)
        if error := not_signed_in(answer, now):
            raise error
        token, seconds = answer.json().get("access_token"), answer.json().get("expires_in")
        if not isinstance(token, str) or not token:
            raise not_understood("a token")
        self._token = SecretStr(token)
        self._until = now + timedelta(seconds=_seconds(seconds)) - MARGIN
        return self._token

    def _forget(self) -> None:
        self._token = self._until = None
        self.known.clear()


def _seconds(found: object) -> int:
    """0 for what is no number: such a token serves once."""
    return min(int(found), 86_400) if isinstance(found, int | str) and str(found).isdecimal() else 0
