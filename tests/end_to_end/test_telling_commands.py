"""Routes, receivers, silences and what was lost, as somebody types them."""

import pytest

from shared.cli.main import main
from shared.ports.errors import DeliveryError
from tests.end_to_end.test_commands import Served, served  # noqa: F401  A fixture.


def test_who_would_hear_is_told_route_by_route(served: Served) -> None:  # noqa: F811
    code, out, _ = served.run("routes", "test", "games", "signing-down", "critical")
    assert (0, "signing-down (critical) of games in Sub1", "  Heard by: webhook") == (code, out[0], out[-1])
    code, _, complaints = served.run("routes", "test", "nobody", "signing-down", "critical")
    assert (1, ["No signing account called nobody has been seen."]) == (code, complaints)


def test_a_receiver_is_tried_and_listed(served: Served) -> None:  # noqa: F811
    assert (0, ["webhook: taken"]) == served.run("channels", "test", "webhook")[:2]
    served.world.receiver.refusals = [DeliveryError("The webhook answered 403.", permanent=True)]
    assert (1, ["webhook: refused: The webhook answered 403."]) == served.run("channels", "test", "webhook")[:2]
    code, out, _ = served.run("channels", "list")
    assert (1, [f"{'webhook':<28} The webhook answered 403."]) == (code, out)
    code, out, _ = served.run("undelivered", "list")
    assert (1, "1 message undelivered.") == (code, out[-1])
    assert "A test of webhook, asked for by ana" in out[1] or "a test of webhook" in out[1]
    code, out, _ = served.run("undelivered", "replay", "webhook")
    assert (0, ["1 problem told again; 0 were overtaken by later news."]) == (code, out)
    assert (0, ["Everything was delivered."]) == served.run("undelivered", "list")[:2]


def test_a_silence_is_added_listed_and_ended(served: Served) -> None:  # noqa: F811
    code, [made], _ = served.run("silences", "add", "--account", "games*", "--hours", "2", "--reason", "moving")
    assert 0 == code
    assert made.endswith("until 2026-11-20T09:08 UTC by ana: moving (account games*)")
    assert (0, [made]) == served.run("silences", "list")[:2]
    code, out, _ = served.run("silences", "end", made.split()[0])
    assert (0, ["It has ended: what is still true is told now."]) == (code, out)
    assert (0, ["Nothing is silenced."]) == served.run("silences", "list")[:2]
    _, _, complaints = served.run("silences", "add", "--hours", "2", "--reason", "all of it")
    assert ["Say what is to be silenced: --account, --rule or another pattern, or --everything."] == complaints


def test_an_account_is_acknowledged(served: Served) -> None:  # noqa: F811
    code, _, complaints = served.run("acknowledge", "tools")
    told = "Nobody was told of an open problem like this, so there is nothing to acknowledge."
    assert (1, [told]) == (code, complaints)


def test_a_receiver_is_tried_from_here_with_nothing_deployed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERT__WEBHOOK_URL", "http://127.0.0.1:9/nobody")
    monkeypatch.delenv("COUNTERSIGN_URL", raising=False)
    assert 1 == main(["channels", "test", "webhook"])
    assert "webhook: waits: The webhook could not be reached: no connection.\n" == capsys.readouterr().out
    assert 1 == main(["channels", "test", "teams"])
    assert "teams: not set up\n" == capsys.readouterr().out
