"""`countersign look`: one check on what one may see, with nothing deployed and nothing kept."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml

from sandbox.authority import authority_in
from tests.conftest import PROJECT

# The command itself, in a process whose clock stands where both stories begin.
AT_THE_STORYS_TIME = """
import sys
from datetime import UTC, datetime
import time_machine
time_machine.travel(datetime(2026, 11, 20, 9, 7, tzinfo=UTC), tick=True).start()
from shared.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
SCENARIOS = PROJECT / "sandbox" / "scenarios"


@contextmanager
def azure(scenario: Path, folder: Path) -> Iterator[dict[str, str]]:
    """The stand-in for Azure as a process; yields what an app needs to reach it with a managed identity."""
    command = [sys.executable, "-m", "sandbox.azure", "--scenario", str(scenario), "--certs", str(folder)]
    with subprocess.Popen(  # noqa: S603
        [*command, "--until-stdin-closes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("The process was started without pipes.")
        ready = json.loads(process.stdout.readline())
        yield {
            "SSL_CERT_FILE": str(authority_in(folder).trusted),
            "IDENTITY_ENDPOINT": ready["identity"],
            "IDENTITY_HEADER": ready["identity_header"],
            "AZURE__RESOURCE_MANAGER": ready["listening"],
            "AZURE__METRICS": f"{ready['listening']}/metrics/{{region}}",
        }
        process.stdin.close()


def look(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AT_THE_STORYS_TIME, *(words or ("look",))]
    return subprocess.run(  # noqa: S603
        command,
        env={**os.environ, "COUNTERSIGN_URL": "", **environment},
        cwd=PROJECT,
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )


def without_rights(folder: Path) -> Path:
    """The healthy fleet, none of whose subscriptions may be read."""
    story = yaml.safe_load((SCENARIOS / "healthy.yaml").read_text("utf-8"))
    names = [subscription["name"] for subscription in story["subscriptions"]]
    story["timeline"] = [{"at": "+0s", "says": "Nobody may read.", "does": [{"forbid": name} for name in names]}]
    path = folder / "without-rights.yaml"
    path.write_text(yaml.safe_dump(story), "utf-8")
    return path


def test_a_healthy_fleet_is_fine(tmp_path: Path) -> None:
    with azure(SCENARIOS / "healthy.yaml", tmp_path) as environment:
        looked = look(environment)
    assert looked.returncode == 0, looked.stderr
    assert "3 accounts" in looked.stdout
    assert 'fine      3 accounts; "certificate expires in 2 days" is normal' in looked.stdout
    assert "CRITICAL" not in looked.stdout


def test_what_evidence_shows_is_shown_without_any_validation_list(tmp_path: Path) -> None:
    with azure(SCENARIOS / "contoso.yaml", tmp_path) as environment:
        looked = look(environment)
    assert looked.returncode == 0, looked.stderr
    assert (
        "CRITICAL  Signing is down in Production: 3 accounts (fabrikam-app, fabrikam-drivers and fabrikam-us)"
        in looked.stdout
    )
    assert "CRITICAL  Certificate profile games-eu/release is suspended in Games" in looked.stdout
    assert "warning   Account tools-basic (Platform) has made 4,550 of the 5,000 signatures" in looked.stdout
    assert "to enter  " in looked.stdout


def test_without_rights_it_names_the_missing_role(tmp_path: Path) -> None:
    with azure(without_rights(tmp_path), tmp_path) as environment:
        looked = look(environment)
    assert looked.returncode == 1
    assert "No signing account was found." in looked.stdout
    assert "Reader role" in looked.stdout


def test_being_blind_is_never_green(tmp_path: Path) -> None:
    with azure(without_rights(tmp_path), tmp_path) as environment:
        todo = look(environment, "register", "todo")
    assert (1, "") == (todo.returncode, todo.stdout)
    assert "No signing account was found." in todo.stderr


def test_why_and_what_is_to_be_looked_up_are_answered_with_ones_own_rights(tmp_path: Path) -> None:
    with azure(SCENARIOS / "contoso.yaml", tmp_path) as environment:
        why = look(environment, "explain", "games-eu")
        todo = look(environment, "register", "todo", "--subscription", "Games")
    assert (0, 0) == (why.returncode, todo.returncode), why.stderr + todo.stderr
    assert "Certificate profile games-eu/release is suspended in Games" in why.stdout
    assert why.stdout.splitlines()[0].startswith("games-eu in Games, read Fri 20 Nov 2026 09:07 UTC")
    assert why.stdout.splitlines()[-1].startswith("Asked with your own credentials:")
    assert "2 things to look up." in todo.stdout
    assert "used by studio-1, studio-2 and studio-3" in todo.stdout


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    looked = look({"AZURE__CLOUD": "mars"})
    assert (2, "AZURE__CLOUD: must be one of public, usgovernment, china.\n") == (looked.returncode, looked.stderr)
