"""Which finding hides which, so that one problem is told once."""

from collections.abc import Iterable, Sequence

from shared.domain.finding import Finding

# A finding of the left rule hides a finding of the right rule about the same subject (a validation or an account).
HIDES = frozenset(
    {
        ("signing-down", "renewal-stopped"),
        ("signing-down", "validation-expired"),
        ("validation-expired", "renewal-stopped"),
    }
)


def hidden_keys(findings: Sequence[Finding]) -> frozenset[str]:
    """Keys of the findings that another one hides."""
    subjects: dict[str, set[str]] = {}
    for finding in findings:
        subjects.setdefault(finding.subject, set()).add(finding.rule)
    return frozenset(finding.key for finding in findings if _hidden(finding.rule, subjects[finding.subject]))


def _hidden(rule: str, others: Iterable[str]) -> bool:
    return any((other, rule) in HIDES for other in others)
