"""Cards in a real browser, drawn by the library that Teams is built on, with Markdown as reckless as it can be."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from shared.domain.finding import Severity
from shared.domain.memory import Intent, Reason
from shared.ports.channel import Part
from tests.contract.channels.teams_case import CASE, card
from tests.contract.test_channel_teams import HOSTILE, INTENT, alike, intent

LIBRARY = Path(__file__).parents[2] / "node_modules" / "adaptivecards" / "dist" / "adaptivecards.js"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGE = """<!doctype html><meta charset="utf-8"><title>Card</title>
<style>body{margin:16px;background:#f5f5f5;font-family:"Segoe UI",sans-serif} #card{background:#fff;max-width:860px}
button{border:1px solid #d1d1d1;border-radius:4px;background:#fff;padding:5px 12px;font-weight:600}</style>
<div id="card"></div>"""
# Links, images and bold are made of it, and HTML is left as it is: whatever somebody can write into Markdown is seen.
DRAW = r"""(card) => {
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = text
      .replace(/!\[([^\]]*)\]\(([^)]*)\)/g, '<img alt="$1" src="$2">')
      .replace(/\[([^\]]*)\]\(([^)]*)\)/g, '<a href="$2">$1</a>')
      .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
      .replace(/_([^_]+)_/g, '<em>$1</em>');
    result.didProcess = true;
  };
  const shown = new AdaptiveCards.AdaptiveCard();
  shown.hostConfig = new AdaptiveCards.HostConfig({
    spacing: {small: 4, default: 8, medium: 16, large: 24, extraLarge: 32, padding: 16},
    separator: {lineThickness: 1, lineColor: "#e0e0e0"},
    actions: {maxActions: 6, buttonSpacing: 8, actionsOrientation: "horizontal", actionAlignment: "left"},
    containerStyles: {default: {backgroundColor: "#ffffff", foregroundColors: {
      default: {default: "#242424", subtle: "#616161"}, attention: {default: "#c4314b", subtle: "#c4314b"},
      warning: {default: "#8a6100", subtle: "#8a6100"}, good: {default: "#237b4b", subtle: "#237b4b"}}}},
  });
  const context = new AdaptiveCards.SerializationContext(AdaptiveCards.Versions.v1_5);
  shown.parse(card, context);
  const failures = shown.validateProperties().validationEvents.map((event) => event.message);
  document.getElementById("card").replaceChildren(shown.render());
  const events = Array.from({length: context.eventCount}, (_, index) => context.getEventAt(index).message);
  return [...events, ...failures];
}"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the page shows of a card: its text, its elements by tag, and what the library complained of."""

    text: str
    tags: Sequence[str]
    complaints: Sequence[str]


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """A browser of its own, with an empty profile."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is missing: cards cannot be drawn (install the package chromium)"
    assert LIBRARY.exists(), "the package adaptivecards is missing: npm install"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium, args=FLAGS, viewport={"width": 900, "height": 700}
        )
        try:
            opened = await browser.new_page()
            await opened.set_content(PAGE)
            await opened.add_script_tag(path=LIBRARY)
            yield opened
        finally:
            await browser.close()


async def draw(page: Page, content: dict[str, Any]) -> Drawn:
    complaints: list[str] = await page.evaluate(DRAW, content)
    shown = page.locator("#card")
    tags = await shown.evaluate("(card) => [...card.querySelectorAll('*')].map((one) => one.tagName.toLowerCase())")
    return Drawn(" ".join((await shown.inner_text()).split()), tags, complaints)


def composed(*intents: Intent) -> Sequence[Part]:
    return CASE.compose().compose("batch", intents, {})


async def test_a_card_shows_what_a_person_needs(page: Page) -> None:
    (part,) = composed(INTENT)
    drawn = await draw(page, card(part))
    assert [] == drawn.complaints
    assert [] == [line for line in CASE.words(part).split("\n") if line.partition(": https://")[0] not in drawn.text]
    assert 2 == drawn.tags.count("button")


async def test_every_card_of_many_problems_is_drawn_whole(page: Page) -> None:
    for part in composed(*alike(60), replace(INTENT, reason=Reason.RESOLVED), intent(severity=Severity.WARNING)):
        drawn = await draw(page, card(part))
        assert [] == drawn.complaints
        assert len([problem for problem in part.opens if "games-" in problem]) == drawn.text.count("Account games-")


async def test_a_hostile_name_is_read_as_it_is_and_makes_no_link_or_element(page: Page) -> None:
    for name in [*HOSTILE, "[a](javascript:alert(1))"]:
        (part,) = composed(intent(what=name, problem=name, stops=name, facts={name: name}))
        drawn = await draw(page, card(part))
        assert [] == drawn.complaints
        assert f"Critical: {name}" in drawn.text
        assert f"{name}: {name}" in drawn.text
        assert not {"a", "img", "strong", "em", "script", "at", "mark"} & set(drawn.tags)


async def test_the_page_would_show_an_injection(page: Page) -> None:
    """So that the test above proves something."""
    text = "[a](javascript:alert(1)) <img src=x>"
    drawn = await draw(page, {"type": "AdaptiveCard", "version": "1.5", "body": [{"type": "TextBlock", "text": text}]})
    assert {"a", "img"} <= set(drawn.tags)
