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
        ("profile-suspended", "signing-down"),
        ("profile-suspended", "renewal-stopped"),
        ("account-suspended", "signing-down"),
        ("account-suspended", "renewal-stopped"),
        ("account-suspended", "profile-suspended"),
    }
)


def hidden_keys(asked: Iterable[Finding], standing: Iterable[Finding]) -> frozenset[str]:
    """Keys of the findings asked about that one of those standing hides: never a graver one."""
    hiders = tuple(standing)
    return frozenset(
        finding.key
        for finding in asked
        if any(other.severity >= finding.severity and _hides(other, finding) for other in hiders)
    )


def taken_over(gone: Iterable[Finding], standing: Iterable[Finding]) -> frozenset[str]:
    """Keys of those that are no longer found, but that something else goes on with, however grave."""
    hiders = tuple(standing)
    return frozenset(finding.key for finding in gone if any(_hides(other, finding) for other in hiders))


def _hides(other: Finding, finding: Finding) -> bool:
    """About the same subject, or about all of the same profiles."""
    same = other.subject == finding.subject or (bool(finding.covers) and finding.covers <= other.covers)
    return (other.rule, finding.rule) in HIDES and same
