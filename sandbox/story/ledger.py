"""What the app keeps, read by the story as an operator would: looks, views, what waits, and the validation list."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sandbox.azure.register import RegisterEntry as Said
from sandbox.azure.scenario.story import Scenario
from sandbox.story.waiting import until
from shared import config
from shared.domain.cost import month_start
from shared.domain.look import Look
from shared.domain.validation import ApplicantKind, FailureReason, RegisterEntry, Trust, ValidationStatus, Way
from shared.domain.view import SubscriptionView
from shared.reports.check import Check
from shared.store.bills import TableBills
from shared.store.looks import TableLooks
from shared.store.outbox import TableOutbox
from shared.store.register import TableRegister
from shared.store.views import BlobViews
from shared.wiring import Storage, azure_storage


@dataclass(frozen=True, slots=True)
class Ledger:
    """Over the same storage as the app."""

    storage: Storage

    @property
    def looks(self) -> TableLooks:
        return TableLooks(self.storage.looks)

    @property
    def _bills(self) -> TableBills:
        return TableBills(self.storage.subscriptions)

    async def enter(self, scenario: Scenario, said: Iterable[Said]) -> int:
        """Put what people say into the validation list; answers how many entries."""
        register = TableRegister(self.storage.subscriptions)
        entries = [entry_of(scenario, one) for one in said]
        await asyncio.gather(*(register.say(entry) for entry in entries))
        return len(entries)

    async def next_look(self, after: str) -> Look:
        """The first look later than `after` that is closed, with everything it had to say delivered."""

        async def finished() -> Look | None:
            recent = await self.looks.recent(1)
            over = recent and recent[0].id > after and recent[0].closed and await self.quiet()
            return recent[0] if over else None

        found = await until(finished, "The check was not finished")
        assert found  # noqa: S101
        return found

    async def check(self, look: Look) -> Check:
        """The look with the views of its subscriptions."""
        views = BlobViews(self.storage.blobs)
        found = [await views.read(subscription_id) for subscription_id in look.shards]
        scopes = await self._bills.scopes()
        refused = {name for name, scope in scopes.items() if scope.refused_at}
        bills = await self._bills.of(month_start(look.started.date()))
        return Check(
            look,
            tuple(view for view in found if isinstance(view, SubscriptionView)),
            tuple(bill for bill in bills if bill.scope not in refused),
            tuple(scope.blind for scope in scopes.values() if scope.blind),
        )

    async def bill(self, month: date) -> None:
        """Wait until this month's bill was read to its end, forecast included."""

        async def read() -> bool:
            return any(bill.forecast for bill in await self._bills.of(month))

        await until(read, "The bill was not read")

    async def told(self, look: Look) -> Mapping[str, int]:
        """How often each reason was given in a look, over all subscriptions and receivers."""
        counts: dict[str, int] = {}
        for end in await self.looks.ends(look.id):
            for reason, number in end.told.items():
                counts[reason] = counts.get(reason, 0) + number
        return counts

    async def quiet(self) -> bool:
        """Nothing waits for anybody any more."""
        outbox = TableOutbox(self.storage.outbox)
        for receiver in await outbox.expecting():
            if await outbox.waiting(receiver, 1) or await outbox.frozen(receiver):
                return False
        return True


def open_ledger(environment: Mapping[str, str]) -> Ledger:
    """By the app's own settings; the credential comes from the process' environment."""
    settings, _ = config.read(environment)
    return Ledger(azure_storage(settings))


def entry_of(scenario: Scenario, said: Said, way: Way = Way.IMPORT) -> RegisterEntry:
    """As it goes into the validation list."""
    validation = next((one for one in scenario.validations if one.name == said.said.validation), None)
    return RegisterEntry(
        subscription_id=said.subscription_id,
        validation_id=(said.validation_id or "").lower(),
        status=ValidationStatus(said.said.status),
        said_by=said.said.by,
        said_at=said.at,
        way=way,
        expires=said.said.expires.date() if said.said.expires else None,
        organisation=validation.subject if validation and validation.subject else "",
        account=said.account or "",
        kind=ApplicantKind(said.said.kind),
        trust=Trust(said.said.trust),
        requested=said.said.requested.date() if said.said.requested else None,
        email_verified=said.said.email_verified,
        attempts_used=said.said.attempts,
        failure=FailureReason(said.said.reason) if said.said.reason else None,
        given_up_by=said.said.by if said.said.given_up else "",
        owner=said.said.owner or "",
        contact=said.said.contact or "",
        note=said.said.note or "",
    )
