"""The app as the library that runs functions in Azure sees it."""

import json
import os
import re
import subprocess
import sys

from shared import app_settings, config
from shared.store.messages import BILL_QUEUE, LOOK_QUEUE, REFRESH_QUEUE, TELL_QUEUE
from tests.conftest import PROJECT

HEAVY = ("aiohttp", "azure.identity", "azure.core", "azure.data.tables", "azure.mgmt", "pydantic", "shared.wiring")

INDEX = """
import json, logging, sys
from pathlib import Path
logging.disable(logging.CRITICAL)
from sandbox.host import runtime
print(json.dumps([{"name": f.name, "trigger": dict(f.trigger.properties)} for f in runtime.index(Path("."))]))
"""
EVENTS = ("resource_changed", "validation_reported", "mail_delivered", "refresh")


def python(code: str, **environment: str) -> str:
    """Run in a fresh interpreter that has no settings at all."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ran = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], env=kept | environment, cwd=PROJECT, text=True, capture_output=True, check=True
    )
    return ran.stdout


def indexed() -> dict[str, dict[str, object]]:
    return {found["name"]: found["trigger"] for found in json.loads(python(INDEX))}


def test_every_function_is_indexed_without_settings() -> None:
    assert {
        "watch",
        "look",
        "close_looks",
        "costs",
        "bill",
        "tell",
        "sweep",
        "retire",
        "health",
        "web",
        *EVENTS,
    } == set(indexed())


def test_importing_the_app_loads_nothing_heavy() -> None:
    loaded = json.loads(python("import json, sys, function_app; print(json.dumps(sorted(sys.modules)))"))
    assert [] == [name for name in HEAVY if name in loaded]


def test_exactly_one_name_is_a_function_app() -> None:
    code = (
        "import azure.functions as func, function_app; "
        "print([n for n, v in vars(function_app).items() if isinstance(v, func.FunctionApp)])"
    )
    assert "['app']\n" == python(code)


def test_queues_are_those_that_messages_are_put_on() -> None:
    found = indexed()
    bound = {name: trigger["queueName"] for name, trigger in found.items() if "queueName" in trigger}
    assert {"look": LOOK_QUEUE, "bill": BILL_QUEUE, "refresh": REFRESH_QUEUE, "tell": TELL_QUEUE} == bound


def test_what_a_binding_names_is_a_setting_with_single_underscores() -> None:
    named = set(re.findall(r"%([^%]+)%", json.dumps(list(indexed().values()))))
    assert named <= app_settings.names()
    assert not [name for name in named if "__" in name]


def test_the_example_settings_are_right() -> None:
    values = json.loads((PROJECT / "local.settings.example.json").read_text("utf-8"))["Values"]
    _, mistakes = config.read(values)
    assert () == mistakes
    assert set(values) - app_settings.names() == {"FUNCTIONS_WORKER_RUNTIME"}
