"""Certificates of a profile at a moment: issued daily for as long as its validation serves, dead after 72 hours."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.azure.world.invented import key_usage, serial_number, share, thumbprint
from sandbox.azure.world.resources import Profile, Revocation, Span, Validation

DAY = timedelta(days=1)
LIFE = timedelta(hours=72)
TEST_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Certificate:
    serial_number: str
    thumbprint: str
    key_usage: str
    subject: str
    issued: datetime
    expires: datetime
    revocation: Revocation | None


def certificates(
    profile: Profile, validations: Mapping[str, Validation], now: datetime, kept: int
) -> tuple[Certificate, ...]:
    """The last `kept` certificates of the profile as it was last made, oldest first; suspended, it is still renewed."""
    made = profile.bindings[-1].since
    newest_first = [
        _certificate(profile, validations[name], issued)
        for issued, name in issues(profile, validations, now, kept)
        if issued >= made
    ]
    return tuple(reversed(newest_first))


def issues(
    profile: Profile, validations: Mapping[str, Validation], now: datetime, kept: int
) -> Iterator[tuple[datetime, str]]:
    """When the last `kept` certificates were issued and for which validation, newest first."""
    left = kept
    for name, span in reversed(list(serving(profile, validations))):
        last = _last_issue(profile, span, now)
        while last is not None and last >= span.start and left:
            yield last, name
            left -= 1
            last = None if last == span.start else max(last - DAY, span.start) if left else None


def serving(profile: Profile, validations: Mapping[str, Validation]) -> Iterator[tuple[str, Span]]:
    """The spans in which the profile was renewed, oldest first, with the name of the validation."""
    ends: list[datetime | None] = [binding.since for binding in profile.bindings[1:]]
    for binding, end in zip(profile.bindings, [*ends, None], strict=True):
        for span in validations[binding.validation].serves:
            start = max(span.start, binding.since)
            stop = min((moment for moment in (span.end, end) if moment), default=None)
            if stop is None or start < stop:
                yield binding.validation, Span(start, stop)


def life(profile: Profile) -> timedelta:
    return TEST_LIFE if profile.type == "PublicTrustTest" else LIFE


def alive(profile: Profile, validations: Mapping[str, Validation], now: datetime) -> bool:
    """Whether the profile holds a certificate that is valid at `now`."""
    newest = next(issues(profile, validations, now, 1), None)
    return newest is not None and newest[0] + life(profile) > now


def _last_issue(profile: Profile, span: Span, now: datetime) -> datetime | None:
    """The first certificate comes with the span, the others daily at the profile's own time of day."""
    until = now if span.end is None else min(now, span.end - timedelta(seconds=1))
    if until < span.start:
        return None
    midnight = until.replace(hour=0, minute=0, second=0, microsecond=0)
    daily = midnight + timedelta(seconds=int(share("time of day", profile.id.lower()) * 86_400))
    return max(daily if daily <= until else daily - DAY, span.start)


def _certificate(profile: Profile, validation: Validation, issued: datetime) -> Certificate:
    parts = (profile.id.lower(), validation.id, issued.isoformat())
    revocation = next((each for each in profile.revoked if each.issued == issued), None)
    return Certificate(
        serial_number=serial_number(*parts),
        thumbprint=thumbprint(*parts),
        key_usage=key_usage(profile.type, profile.id.lower(), validation.id),
        subject=validation.subject,
        issued=issued,
        expires=issued + life(profile),
        revocation=revocation,
    )
