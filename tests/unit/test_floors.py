"""Habits that import contracts cannot see: one clock, one place for the environment, doors that know only flows."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import PROJECT

# What reads the time, waits or reads the environment, and the only files of shared/ that may.
CALLS = {
    "datetime.now": {"clock.py"},
    "datetime.utcnow": set[str](),
    "date.today": set[str](),
    "time.time": set[str](),
    "time.sleep": set[str](),
    "asyncio.sleep": {"clock.py"},
    "os.environ": {"wiring.py", "main.py"},
    "os.getenv": set[str](),
}


def used(path: Path) -> Iterator[str]:
    """`module.name` wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def test_the_time_and_the_environment_are_read_in_one_place_each() -> None:
    found = {
        f"{path.relative_to(PROJECT)}: {name}"
        for path in (PROJECT / "shared").rglob("*.py")
        for name in used(path)
        if name in CALLS and path.name not in CALLS[name]
    }
    assert set() == found


def test_host_names_of_azure_stand_in_the_settings_only() -> None:
    written = re.compile(
        r"[\w}-]\.(azure\.(com|net|us|cn)|windows\.net|microsoft(online)?\.(com|us)|"
        r"(china|usgov)cloudapi|(chinacloud|usgov)api)"
    )
    found = {
        path.relative_to(PROJECT).as_posix()
        for folder in ("shared", "functions")
        for path in (PROJECT / folder).rglob("*.py")
        if written.search(path.read_text("utf-8"))
    }
    links, names_of_claims = "shared/domain/rules/pages.py", "shared/web/principal.py"
    assert {"shared/clouds.py", "shared/desk_settings.py", links, names_of_claims} == found


def test_the_app_knows_its_doors_and_nothing_else() -> None:
    tree = ast.parse((PROJECT / "function_app.py").read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {"azure.functions", "functions"} == imported
