"""Which finding hides which, so that one problem is told once."""

from collections.abc import Iterable

from shared.domain.finding import Finding

# A finding of the left rule hides a finding of the right rule about the same subject (a validation or an account).
# What hides takes over: the hidden one is not said to be over while the other lasts.
HIDES = frozenset(
    {
        ("signing-down", "renewal-stopped"),
        ("signing-down", "validation-expired"),
        ("validation-expired", "renewal-stopped"),
        ("validation-expired", "validation-expiring"),
        ("register-out-of-date", "validation-expiring"),
        ("renewal-stopped", "contradiction"),
        ("signing-down", "contradiction"),
        ("quota-overage", "quota-forecast"),
    }
)


def hidden_keys(asked: Iterable[Finding], standing: Iterable[Finding]) -> frozenset[str]:
    """Keys of the findings asked about that one of those standing hides."""
    subjects: dict[str, set[str]] = {}
    for finding in standing:
        subjects.setdefault(finding.subject, set()).add(finding.rule)
    return frozenset(finding.key for finding in asked if _hidden(finding.rule, subjects.get(finding.subject, ())))


def _hidden(rule: str, others: Iterable[str]) -> bool:
    return any((other, rule) in HIDES for other in others)
