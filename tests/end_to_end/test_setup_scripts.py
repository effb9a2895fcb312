"""What the Makefile asks of a machine, and what it says when that is not there."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROJECT


def script(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        ["/bin/bash", str(PROJECT / "scripts" / name)], env=environment, text=True, capture_output=True, check=False
    )


def tool(folder: Path, name: str, does: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{does}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_a_python_that_fits_is_found_on_the_path(tmp_path: Path) -> None:
    python = tool(tmp_path, "python3.13", "exit 0")
    found = script("find-python", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert (0, f"{python}\n") == (found.returncode, found.stdout)


def test_an_old_python_is_passed_over(tmp_path: Path) -> None:
    tool(tmp_path, "python3.13", "exit 1")
    fits = tool(tmp_path, "python3.14", "exit 0")
    assert f"{fits}\n" == script("find-python", PATH=f"{tmp_path}:/usr/bin:/bin").stdout


def test_pythons_of_pyenv_are_found(tmp_path: Path) -> None:
    versions = tmp_path / "versions" / "3.13.9" / "bin"
    versions.mkdir(parents=True)
    python = tool(versions, "python", "exit 0")
    tool(tmp_path, "python3", "exit 1")
    says = f'if [ "$1" = root ]; then echo {tmp_path}; else echo 3.11.7; echo 3.13.9; fi'
    tool(tmp_path, "pyenv", says)
    assert f"{python}\n" == script("find-python", PATH=f"{tmp_path}:/usr/bin:/bin").stdout


def test_without_a_python_that_fits_it_says_what_to_do(tmp_path: Path) -> None:
    for name in ("python3.13", "python3.14", "python3", "python"):
        tool(tmp_path, name, "exit 1")
    looked = script("find-python", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert 1 == looked.returncode
    assert looked.stderr.startswith("Python 3.13 or newer was not found. Install it")


def test_a_python_that_was_named_must_fit(tmp_path: Path) -> None:
    old = tool(tmp_path, "python3.9", "exit 1")
    looked = script("find-python", PATH="/usr/bin:/bin", PYTHON=str(old))
    assert (1, f"PYTHON is set to {old}, which is not Python 3.13 or newer.\n") == (looked.returncode, looked.stderr)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        ("exit 1", "Node v18.0.0 is too old: Azurite needs Node 20 or newer.\n"),
        (None, "Node was not found. Install Node 20 or newer with npm (nodejs.org, or your package manager).\n"),
    ],
)
def test_an_old_or_missing_node_is_named(tmp_path: Path, node: str | None, says: str) -> None:
    tool(tmp_path, "npm", "exit 0")
    if node:
        tool(tmp_path, "node", f'if [ "$1" = --version ]; then echo v18.0.0; else {node}; fi')
    looked = script("check-node", PATH=str(tmp_path))
    assert (1, says) == (looked.returncode, looked.stderr)
