"""Pages in a real browser: both themes, a phone's width, no script, and what somebody does there by the keyboard."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Page, async_playwright

from sandbox.stage import PROJECT
from shared.domain.walk import Stage
from tests.contract.test_cards_rendered import FLAGS
from tests.end_to_end.test_commands import Served, serving
from tests.end_to_end.test_retire_commands import SETTINGS, fleet_with_a_notice
from tests.flows.retiring_world import RetiringWorld

AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
PAGES = ("/retirement", "/retirement/old?subscription=Sub1", "/retirement/waiting", "/retirement/nobody")
SHOWN = PROJECT / "out" / "pages"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def served(capsys: pytest.CaptureFixture[str]) -> Iterator[Served]:
    world = RetiringWorld(settings={**SETTINGS, "WEB__LOCAL_USER": "ben"})
    asyncio.run(fleet_with_a_notice(world))
    with serving(world, capsys) as found:
        yield found


@asynccontextmanager
async def opened(
    folder: Path, *, width: int = 1100, dark: bool = False, script: bool = False
) -> AsyncIterator[tuple[Page, list[str]]]:
    """A browser with an empty profile, and what it complains of."""
    theme: Literal["dark", "light"] = "dark" if dark else "light"
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            folder / f"profile-{width}-{theme}",
            executable_path=shutil.which("chromium"),
            args=FLAGS,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=script,
        )
        page = await browser.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        try:
            yield page, complaints
        finally:
            await browser.close()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 1100])
async def test_every_page_is_for_everybody(served: Served, tmp_path: Path, width: int, dark: bool) -> None:
    """Nothing for axe to complain of, nothing wider than the window, and in the console only what is not there."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    async with opened(tmp_path, width=width, dark=dark, script=True) as (page, complaints):
        for number, address in enumerate(PAGES):
            answer = await page.goto(f"{served.url}{address}")
            assert answer
            assert (404 if address.endswith("nobody") else 200) == answer.status
            await page.screenshot(
                path=SHOWN / f"retirement-{number}-{width}-{'dark' if dark else 'light'}.png", full_page=True
            )
            await page.evaluate(AXE.read_text("utf-8"))
            found: dict[str, Any] = await page.evaluate("(tags) => axe.run({runOnly: tags})", TAGS)
            wrong = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
            assert [] == wrong, address
            assert found["passes"]
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
    assert [] == [said for said in complaints if "404" not in said]


async def test_somebody_says_no_by_the_keyboard_without_any_script(served: Served, tmp_path: Path) -> None:
    async with opened(tmp_path) as (page, complaints):
        await page.goto(f"{served.url}/retirement")
        await page.get_by_role("link", name="old", exact=True).click()
        await page.get_by_label("Why").focus()
        await page.keyboard.type("We <b>want</b> it, 小林")
        await page.keyboard.press("Enter")
        await page.get_by_role("status").wait_for()
        assert "It stays: its retirement has ended." == await page.get_by_role("status").inner_text()
        assert "ben said no: We <b>want</b> it, 小林" in await page.locator("main").inner_text()
        await page.reload()
        await page.get_by_role("button", name="Take it back").click()
        assert "The no was taken back" in await page.get_by_role("status").inner_text()
    assert [] == complaints


async def test_somebody_approves_with_the_name_and_holds_everything(served: Served, tmp_path: Path) -> None:
    async with opened(tmp_path) as (page, _):
        await page.goto(f"{served.url}/retirement/old?subscription=Sub1")
        await page.get_by_label("Type the name of the account").fill("games")
        await page.get_by_role("button", name="Approve its deletion").click()
        assert "Nothing was approved: type old" in await page.locator("main").inner_text()
        await page.go_back()
        await page.get_by_label("Type the name of the account").fill("old")
        await page.get_by_role("button", name="Approve its deletion").click()
        assert "ben approved it on" in await page.locator("main").inner_text()
        await page.get_by_role("link", name="Retirement").click()
        await page.get_by_role("button", name="Hold every retirement").click()
        assert "Held by ben" in await page.locator("main").inner_text()
        await page.get_by_role("button", name="Let retirements go on").click()
        assert "Retirements go on." == await page.get_by_role("status").inner_text()
    assert isinstance(served.world, RetiringWorld)
    [old] = [one for one in served.world.truth.accounts if one.name == "old"]
    walk = await served.world.house().retire.cases.walk(old.id, old.created)
    assert (Stage.ANNOUNCED, ["ben"]) == (walk.stage, [one.by for one in walk.approvals])
