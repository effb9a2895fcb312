"""python -m sandbox.azure: a stand-in for Azure that plays a scenario."""

import argparse
import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

from sandbox.azure.ending import end_asked_for
from sandbox.azure.gate.clock import Clock
from sandbox.azure.running import running
from sandbox.azure.scenario.loading import ScenarioMistake, load_scenario
from sandbox.azure.scenario.moments import parse_moment
from sandbox.azure.scenario.story import Scenario
from sandbox.azure.service import Azure
from sandbox.azure.world.history import UnknownName, check_timeline


def main() -> int:
    arguments = _arguments()
    try:
        scenario = load_scenario(arguments.scenario)
        check_timeline(scenario)
        now = _now(arguments.now, scenario)
    except (ScenarioMistake, UnknownName, ValueError) as mistake:
        print(mistake, file=sys.stderr)
        return 2
    asyncio.run(_serve(Azure(scenario, Clock(now)), arguments))
    return 0


async def _serve(azure: Azure, arguments: argparse.Namespace) -> None:
    over = end_asked_for(arguments.until_stdin_closes)
    async with running(azure, arguments.certs, arguments.port, arguments.latency_ms / 1000) as ready:
        print(json.dumps(ready.as_dict()), flush=True)
        await over.wait()


def _now(text: str | None, scenario: Scenario) -> datetime:
    return scenario.start if text is None else parse_moment(text, scenario.start)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.azure", description=__doc__)
    parser.add_argument(
        "--scenario", type=Path, required=True, help="a YAML file such as sandbox/scenarios/contoso.yaml"
    )
    parser.add_argument(
        "--certs", type=Path, required=True, help="folder with server.pem and server.key, made if missing"
    )
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--now", help="where the clock stands: ISO 8601, or +2d from the start of the story")
    parser.add_argument("--latency-ms", type=float, default=0, help="added to every call")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end when standard input closes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
