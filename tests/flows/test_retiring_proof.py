"""What proves that somebody had the notice: the time to say no begins with it, and not before."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shared.channels.mail import Letter, Mail
from shared.domain.walk import StepKind
from shared.ports.channel import Part
from tests.flows.fakes import Receiver
from tests.flows.retiring_days import ANNOUNCED, Days

MAIL = {
    "ALERT__MAIL_TO": "ops@contoso.example",
    "ALERT__MAIL_FROM": "countersign@contoso.example",
    "ALERT__MAIL_ENDPOINT": "https://mail.contoso.example",
    "ALERT__WARNING": "mail",
}
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Postman:
    """Takes every letter."""

    letters: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> str:
        """As `Post.send`."""
        self.letters.append(letter)
        return letter.message_id


class Pager(Receiver):
    """Gives a receipt for what it opened."""

    async def send(self, part: Part) -> str:
        """As `Channel.send`."""
        await super().send(part)
        return part.key


def by_mail() -> tuple[Days, Postman]:
    days, postman = Days(), Postman()
    days.world.settings = {**days.world.settings, **MAIL}
    sender = "countersign@contoso.example"
    days.world.receivers["mail"] = Mail(postman, sender, ("ops@contoso.example",), "https://portal.example")
    return days, postman


async def proof(days: Days) -> str:
    walk = (await days.planned()).walk
    return walk.proof if walk.proven else ""


async def test_mail_proves_nothing_until_it_is_reported_as_delivered() -> None:
    days, postman = by_mail()
    await days.until(ANNOUNCED)
    await days.step()
    [notice] = [letter for letter in postman.letters if "will be deleted" in letter.text]
    assert "" == await proof(days)
    await days.world.house().deliveries.note(notice.message_id, days.world.clock.now())
    await days.step()
    assert "mail: the notice was delivered" == await proof(days)
    steps = await days.world.house().retire.cases.audit.steps(days.old.id, days.old.created)
    assert (StepKind.PROVEN, "countersign") == (steps[-1].kind, steps[-1].by)


@pytest.mark.parametrize("about", ["another letter", "a report from before the notice"])
async def test_a_report_about_something_else_proves_nothing(about: str) -> None:
    days, postman = by_mail()
    await days.until(ANNOUNCED)
    await days.step()
    [notice] = [letter for letter in postman.letters if "will be deleted" in letter.text]
    announced = (await days.planned()).walk.announced
    assert announced
    if about == "another letter":
        await days.world.house().deliveries.note("<other@contoso.example>", days.world.clock.now())
    else:
        await days.world.house().deliveries.note(notice.message_id, announced - MINUTE)
    await days.step()
    assert "" == await proof(days)


async def test_a_pager_that_took_the_notice_proves_it() -> None:
    days = Days()
    pager = {"ALERT__PAGERDUTY_KEY": "0" * 32, "ALERT__WARNING": "pagerduty"}
    days.world.settings = {**days.world.settings, **pager}
    days.world.receivers["pagerduty"] = Pager(days.world.clock, per_problem=True, remembers=True)
    await days.until(ANNOUNCED)
    await days.step()
    assert "pagerduty took the notice" == await proof(days)


async def test_a_chat_that_took_it_proves_nothing() -> None:
    days = await Days().until(ANNOUNCED)
    await days.step()
    assert ["first"] == days.heard("retirement-announced")
    assert "" == await proof(days)
