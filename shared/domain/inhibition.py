"""Which finding hides which, so that one problem is told once."""

from collections.abc import Iterable, Iterator

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

# A finding of the left rule about a subscription hides one of the right rule about anything in it.
HIDES_WITHIN = frozenset(
    {
        ("subscription-unreadable", "cost-idle"),
        ("subscription-unreadable", "account-out-of-sight"),
        ("subscription-unreadable", "quota-forecast"),
        ("subscription-unreadable", "signing-silent"),
    }
)

PAIRS = HIDES | HIDES_WITHIN

# What is no longer found is not over either while one of these goes on with it: a later stage of the same.
GOES_ON = PAIRS | {
    ("renewal-stopped", "validation-expiring"),
    ("signing-down", "validation-expiring"),
    ("validation-expired", "register-out-of-date"),
}


def hidden_keys(asked: Iterable[Finding], standing: Iterable[Finding]) -> frozenset[str]:
    """Keys of the findings asked about that one of those standing hides: never a graver one."""
    hiders = _Standing(standing, PAIRS)
    return frozenset(
        finding.key
        for finding in asked
        if any(other.severity >= finding.severity for other in hiders.about_the_same(finding))
    )


def taken_over(gone: Iterable[Finding], standing: Iterable[Finding]) -> frozenset[str]:
    """Keys of those that are no longer found, but that something else goes on with, told or not, however grave."""
    others = _Standing(standing, GOES_ON)
    return frozenset(finding.key for finding in gone if any(True for _ in others.about_the_same(finding)))


def _within(finding: Finding, other: Finding) -> bool:
    """About something that lies in what the other is about, by ARM id."""
    pair = (other.rule, finding.rule)
    return pair in HIDES_WITHIN and bool(other.resource) and finding.resource.startswith(f"{other.resource}/")


class _Standing:
    """Findings by their rules and subjects."""

    def __init__(self, findings: Iterable[Finding], pairs: Iterable[tuple[str, str]]) -> None:
        self._by_subject: dict[tuple[str, str], list[Finding]] = {}
        self._by_rule: dict[str, list[Finding]] = {}
        self._by_profile: dict[tuple[str, str], list[Finding]] = {}
        self._pairs: dict[str, list[str]] = {}
        for other, rule in pairs:
            self._pairs.setdefault(rule, []).append(other)
        for finding in findings:
            self._by_subject.setdefault((finding.rule, finding.subject), []).append(finding)
            self._by_rule.setdefault(finding.rule, []).append(finding)
            for profile in finding.covers:
                self._by_profile.setdefault((finding.rule, profile), []).append(finding)

    def about_the_same(self, finding: Finding) -> Iterator[Finding]:
        """Of a rule that may, about the same subject or all of the same profiles."""
        for rule in self._pairs.get(finding.rule, ()):
            yield from self._by_subject.get((rule, finding.subject), ())
            yield from (other for other in self._by_rule.get(rule, ()) if _within(finding, other))
            if finding.covers:
                some = next(iter(finding.covers))
                yield from (one for one in self._by_profile.get((rule, some), ()) if finding.covers <= one.covers)
