"""How much CPU judging takes: 1,000 accounts with 3 profiles of 30 certificates each."""

import sys
import time
from datetime import UTC, datetime

from benchmarks.fleets import HealthyFleet
from shared.domain.policy import Policy
from shared.domain.rules.book import RULES

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACCOUNTS, PROFILES, CERTIFICATES, LIMIT = 1_000, 3, 30, 1.0


def main() -> int:
    """Prints a line a rule and the whole; 1 where it takes longer than a second."""
    policy = Policy()
    survey = HealthyFleet(ACCOUNTS, PROFILES, CERTIFICATES).survey(NOW, policy)
    spent, findings = {}, 0
    for rule in RULES:
        before = time.process_time()
        findings += len(rule.findings(survey, policy, NOW))
        spent[rule.name] = time.process_time() - before
    for name, seconds in sorted(spent.items(), key=lambda one: -one[1])[:8]:
        print(f"{name:28}{1000 * seconds:8.0f} ms")
    whole = sum(spent.values())
    print(f"{'all ' + str(len(RULES)) + ' rules':28}{1000 * whole:8.0f} ms of CPU, {findings} findings")
    return int(whole > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
