"""What is known of a subscription, judged anew without asking Azure, writing or telling anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.account import SigningAccount
from shared.domain.explanation import Explanation, RuleAnswer, explain, fleet_answer
from shared.domain.finding import Finding, Severity
from shared.domain.kept import Kept
from shared.domain.look import Shard
from shared.domain.policy import Policy
from shared.domain.routed import Routed, routed
from shared.domain.rules.book import BOOK, FLEET_RULES
from shared.domain.subscription import Subscription, watched
from shared.domain.surroundings import surroundings_of
from shared.domain.survey import AccountFacts, Survey
from shared.domain.usage import month_of
from shared.domain.validation_list import ListLine, list_lines
from shared.flows.conclude import Judge, survey_of
from shared.flows.fleet import FLEET
from shared.flows.readings import as_known
from shared.flows.refresh import STALE_AFTER
from shared.ports.looks import Looks
from shared.ports.shelves import Shelves
from shared.ports.silences import Silences
from shared.ports.views import Views


@dataclass(frozen=True, slots=True)
class AsKnown:
    """A subscription from its rows. `look` judged it last, at `read_at`; "" and None where none ever did."""

    kept: Kept
    survey: Survey
    look: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """`only`: ids of the subscriptions to be watched; all where empty."""

    judge: Judge
    shelves: Shelves
    looks: Looks
    views: Views
    silences: Silences
    only: frozenset[str] = frozenset()

    async def subscriptions(self) -> Mapping[str, Subscription]:
        """Those that are watched, by id."""
        return watched(await self.looks.known(), self.only)

    async def lines(self, now: datetime) -> Sequence[ListLine]:
        """The validation list of all subscriptions, with what is still to be entered."""
        found: list[ListLine] = []
        for subscription in (await self.subscriptions()).values():
            survey = (await self.read(subscription, now)).survey
            found.extend(list_lines(survey, self._policy, survey.taken))
        return found

    async def explain(self, name: str, subscription: str, now: datetime) -> Sequence[Explanation]:
        """Every account of that name, or with that ARM id, in all subscriptions or in the one named by name or id."""
        wanted = name.strip().lower()
        found: list[Explanation] = []
        for owner in (await self.subscriptions()).values():
            if not subscription or subscription.lower() in (owner.id, owner.name.lower()):
                known = await self.read(owner, now)
                named = [one for one in known.survey.accounts if wanted in (one.name.lower(), one.id)]
                found += await self._explained(known, named) if named else []
        return found

    async def deleted(self, name: str, now: datetime) -> Sequence[AccountFacts]:
        """Accounts of that name that are gone, as far back as they are known."""
        kept = [await self.shelves.read(owner, month_of(now)) for owner in (await self.subscriptions()).values()]
        gone = [facts for one in kept for facts in one.gone.values()]
        return [facts for facts in gone if facts.account.name.lower() == name.strip().lower()]

    async def routed(
        self, account: str, subscription: str, rule: str, severity: Severity, now: datetime
    ) -> Sequence[Routed]:
        """Who would hear of a problem of this rule, and why, for every account of that name."""
        routes, silences = self.judge.routes, await self.silences.active(now)
        finding = Finding(rule, account, severity, "", "", "", (), accounts=(account,))
        found: list[Routed] = []
        for owner in (await self.subscriptions()).values():
            if not subscription or subscription.lower() in (owner.id, owner.name.lower()):
                survey = (await self.read(owner, now)).survey
                around = surroundings_of(survey, BOOK.values(), self._policy.tell.owner_tags)
                named = (one for name, some in around.places.items() if name.lower() == account.lower() for one in some)
                concerns = [replace(around.of(finding), places=(place,)) for place in named]
                found += [routed(owner, finding, concern, routes, silences, now) for concern in concerns]
        return found

    async def _explained(self, known: AsKnown, accounts: Sequence[SigningAccount]) -> Sequence[Explanation]:
        """As the latest look, so that nothing is counted as seen once more."""
        kept, survey, looks = known.kept, known.survey, await self.looks.recent(1)
        shard = Shard(looks[0].id if looks else "", kept.subscription, ())
        judged = self.judge.run(survey, kept, shard, await self.silences.active(survey.taken))
        fleet = await self._fleet()
        rules, policy = self.judge.rules, self._policy
        found = [explain(judged, account, kept, rules, policy, known.read_at) for account in accounts]
        return [replace(one, rules=(*one.rules, *fleet)) for one in found]

    async def _fleet(self) -> Sequence[RuleAnswer]:
        """Rules about all subscriptions together, as they were judged when the last check closed."""
        view = await self.views.read(FLEET.id)
        return [fleet_answer(rule, view.findings if view else (), self._policy) for rule in FLEET_RULES]

    async def read(self, subscription: Subscription, now: datetime, late: timedelta = STALE_AFTER) -> AsKnown:
        """What was read long ago is judged as of then: nobody knows what came after."""
        view = await self.views.read(subscription.id)
        taken = view.taken if view and now - view.taken > late else now
        kept = await self.shelves.read(subscription, month_of(taken))
        survey = survey_of(Shard("", subscription, ()), kept, as_known(kept, taken), self._policy, taken)
        return AsKnown(kept, survey, view.look if view else "", view.taken if view else None)

    async def as_read(self, subscription: Subscription, now: datetime) -> AsKnown:
        """The same, judged as of when it was read, however lately that was."""
        return await self.read(subscription, now, timedelta())

    @property
    def _policy(self) -> Policy:
        return self.judge.policy
