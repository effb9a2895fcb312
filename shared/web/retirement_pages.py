"""Pages of retirement: every account by every condition, and where anybody says no. Nothing acts on a GET."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from shared.domain.retirement.plan import Planned
from shared.domain.subscription import subscription_of
from shared.domain.walk import Stage
from shared.flows.retirements import NotNow
from shared.ports.clock import Clock
from shared.reports.retirement import ANSWERS, HOW, grid, reached, stage_of
from shared.web.asking import Refused, asked_by
from shared.web.html import form_of, page, seen_next
from shared.web.principal import Principal, Role
from shared.web.retirements import not_there, person, refusing
from shared.wiring import House

WHERE = "/retirement"
MOST_CHARACTERS = 500
DONE = {
    "no": "It stays: its retirement has ended.",
    "undo": "The no was taken back. It begins anew if every condition still holds.",
    "seen": "You have read the notice: the time to say no has begun.",
    "approval": "You have approved what is shown here.",
    "hold": "Every retirement is held, until somebody lets them go on.",
    "resume": "Retirements go on.",
}
NEEDS = {"no": Role.OPERATOR, "undo": Role.APPROVER, "seen": Role.OPERATOR, "approval": Role.APPROVER}
BY_PEOPLE = ("undo", "seen", "approval")


@dataclass(frozen=True, slots=True)
class RetirementPages:
    """Whoever reads sees them; the forms are there for those who may send them."""

    home: House
    clock: Clock

    def router(self) -> APIRouter:
        """Every address with what answers it."""
        router = APIRouter(prefix=WHERE, include_in_schema=False)
        add = router.add_api_route
        add("", self.overview, methods=["GET"])
        add("/hold", self.hold, methods=["POST"])
        add("/resume", self.resume, methods=["POST"])
        add("/{account}", self.account, methods=["GET"])
        add("/{account}/{act}", self.act, methods=["POST"])
        return router

    async def overview(self, request: Request, done: str = "") -> Response:
        """All of them, and what holds everything."""
        me = asked_by(request, self.home.settings, Role.READER)
        found = await self.home.retirements.overview(self.clock.now())
        return page(
            request,
            "retirement.html.j2",
            me=me,
            may=_may(me),
            done=DONE.get(done, "") if (found.halted is not None) is (done == "hold") else "",
            overview=found,
            how=HOW.get(found.mode, found.mode),
            reach=list(reached(found)),
            accounts=[(one, stage_of(one), _address(one)) for one in found.accounts],
            grid=grid(found.accounts),
        )

    async def account(self, request: Request, account: str, subscription: str = "", done: str = "") -> Response:
        """One of them, with every step in the audit and what can be said."""
        me = asked_by(request, self.home.settings, Role.READER)
        one = await self._one(account, subscription)
        may = _may(me)
        return page(
            request,
            "retirement_account.html.j2",
            me=me,
            done=DONE.get(done, "") if _is_so(done, one, me) else "",
            one=one,
            stage=stage_of(one),
            address=_address(one),
            query=_query(one),
            answers=ANSWERS,
            forms=[act for act in NEEDS if may[act] and _possible(act, one)],
        )

    async def act(self, request: Request, account: str, act: str, subscription: str = "") -> Response:
        """What somebody says of one account. Raises Refused, NotNow."""
        if act not in NEEDS:
            raise Refused(404, "There is nothing here.")
        me = asked_by(request, self.home.settings, NEEDS[act])
        me = person(me) if act in BY_PEOPLE else me
        sent, home, now = await form_of(request), self.home.retirements, self.clock.now()
        if act == "approval" and sent.get("name", "").lower() != account.lower():
            raise NotNow(f"Nothing was approved: type {account}, the name of the account that would be deleted.")
        doing = {
            "no": lambda: home.excuse(account, subscription, sent.get("why", "")[:MOST_CHARACTERS], me.name, now),
            "undo": lambda: home.readmit(account, subscription, me.name, now),
            "seen": lambda: home.seen(account, subscription, me.name, now),
            "approval": lambda: home.approve(account, subscription, sent.get("evidence", ""), me.name, now),
        }
        after = await refusing(account, doing[act]())
        return seen_next(f"{_address(after)}&{urlencode({'done': act})}")

    async def hold(self, request: Request) -> Response:
        """Nothing is deleted from now on."""
        me = asked_by(request, self.home.settings, Role.OPERATOR)
        why = (await form_of(request)).get("why", "")[:MOST_CHARACTERS]
        await self.home.retirements.halt(why, me.name, self.clock.now())
        return seen_next(f"{WHERE}?done=hold")

    async def resume(self, request: Request) -> Response:
        """It goes on."""
        me = person(asked_by(request, self.home.settings, Role.APPROVER))
        await form_of(request)
        await self.home.retirements.lift(me.name, self.clock.now())
        return seen_next(f"{WHERE}?done=resume")

    async def _one(self, account: str, subscription: str) -> Planned:
        found = await self.home.retirements.explain(account, subscription, self.clock.now())
        if not found:
            raise not_there(account)
        if len(found) > 1:
            names = ", ".join(sorted(one.subscription for one in found))
            raise NotNow(f"There are {len(found)} accounts called {account}, in {names}: open the one that you mean.")
        return found[0]


def _may(me: Principal) -> Mapping[str, bool]:
    """What this person may do at all."""
    acts = {act: me.may(role) and (me.person or act not in BY_PEOPLE) for act, role in NEEDS.items()}
    return {**acts, "hold": me.may(Role.OPERATOR), "resume": me.may(Role.APPROVER) and me.person}


def _possible(act: str, one: Planned) -> bool:
    stage = one.walk.stage
    possible = {
        "no": not stage.sent and stage is not Stage.EXCUSED,
        "undo": stage is Stage.EXCUSED,
        "seen": one.walk.announced is not None and one.walk.proven is None and stage.open,
        "approval": stage.open,
    }
    return possible[act]


def _is_so(done: str, one: Planned, me: Principal) -> bool:
    """An address can be kept, and opened when something else is so."""
    excused = one.walk.stage is Stage.EXCUSED
    so = {
        "no": excused,
        "undo": not excused,
        "seen": one.walk.proven is not None,
        "approval": any(approval.by == me.name for approval in one.approvals),
    }
    return so.get(done, False)


def _query(one: Planned) -> str:
    return urlencode({"subscription": subscription_of(one.account_id)})


def _address(one: Planned) -> str:
    """Of its page, by names."""
    parts: Any = quote(one.account, safe="")
    return f"{WHERE}/{parts}?{_query(one)}"
