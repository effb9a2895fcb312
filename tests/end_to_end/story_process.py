"""The story's commands as a person runs them, each in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROJECT

PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


def story(*arguments: str, environment: Mapping[str, str] | None = None) -> Ended:
    """Run one command to its end."""
    with started(*arguments, environment=environment) as process:
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Ended(process.returncode, out, err)


@contextmanager
def started(*arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Start one, and make sure that it is gone afterwards."""
    command = [sys.executable, "-u", "-m", "sandbox.story", *arguments]
    process = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for_line(process: subprocess.Popen[str], beginning: str) -> str:
    """Read what it prints up to a line that begins so."""
    if process.stdout is None:
        raise RuntimeError("The process was started without a pipe.")
    for line in process.stdout:
        if line.startswith(beginning):
            return line
    raise AssertionError(f"It ended without printing {beginning!r}.")


def children_of(out: Path) -> list[int]:
    """Ids of processes whose command line names this output folder, or that descend from such a one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(out).encode() in words:
                found.append(int(entry.name))
    return found


def gone(out: Path, seconds: float = 30) -> bool:
    """Whether all of them end within some time."""
    until = time.monotonic() + seconds
    while children_of(out) and time.monotonic() < until:
        time.sleep(0.2)
    return not children_of(out)


def interrupt(process: subprocess.Popen[str]) -> None:
    """What Ctrl-C sends."""
    process.send_signal(signal.SIGINT)
