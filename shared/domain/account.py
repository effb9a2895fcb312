"""What Azure shows of signing accounts: accounts, certificate profiles and their certificates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

CLOCKS_APART = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SigningAccount:
    """An account: the thing that bills. `id` is the ARM id in lower case, `region` and `sku` as Azure names them.

    `uri` is the regional endpoint that signs for it (`properties.accountUri`). `group_tags` are its resource group's.
    """

    id: str
    name: str
    subscription_id: str
    resource_group: str
    region: str
    sku: str
    provisioning_state: str = ""
    created: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    group_tags: Mapping[str, str] = field(default_factory=dict)
    uri: str = ""

    @property
    def suspended(self) -> bool:
        """Suspended by the service as a whole."""
        return self.provisioning_state.lower() == "suspended"

    @property
    def local_name(self) -> str:
        """Group and name in lower case: what tells it apart within its subscription."""
        return f"{self.resource_group}/{self.name}".lower()


def account_of(account_id: str) -> SigningAccount:
    """One of which nothing is known yet but its lower-case ARM id."""
    _, _, subscription_id, _, group, *_, name = account_id.split("/")
    return SigningAccount(account_id, name, subscription_id, group, region="", sku="")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in a profile. Judged by its dates only: its status is not to be trusted (section 3).

    `revocation_status` is Succeeded, InProgress, Failed or what else Azure says, and empty where none was asked for;
    `revocation_asked` is when that was, `revocation_failure` why it failed.
    """

    serial_number: str
    thumbprint: str
    created: datetime
    expires: datetime
    revocation_status: str = ""
    revocation_asked: datetime | None = None
    revocation_failure: str = ""

    @property
    def lifetime(self) -> timedelta:
        """72 hours for most types."""
        return self.expires - self.created

    @property
    def revoked(self) -> bool:
        """Revoked, or about to be: a revocation that failed or is unknown counts as revoked for safety's sake."""
        return bool(self.revocation_status)

    def valid(self, now: datetime) -> bool:
        """Can be signed with at `now`; one that was issued while it was read counts."""
        return self.created - CLOCKS_APART <= now < self.expires and not self.revoked

    def overdue(self, now: datetime, slack: timedelta) -> bool:
        """Another one should have been issued since: it is older than half its own lifetime (section 3)."""
        return now - self.created > self.lifetime / 2 + slack


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """A profile of an account; issues certificates for one identity validation. Unknown enum values are data."""

    account_id: str
    name: str
    profile_type: str
    status: str
    identity_validation_id: str
    provisioning_state: str = ""
    created: datetime | None = None
    certificates: tuple[Certificate, ...] = ()

    @property
    def newest_certificate(self) -> Certificate | None:
        """The one issued last."""
        return max(self.certificates, key=lambda certificate: certificate.created, default=None)

    @property
    def suspended(self) -> bool:
        """Suspended by the service, for misuse (section 2)."""
        return self.status.lower() == "suspended"

    @property
    def usable(self) -> bool:
        """Neither suspended nor disabled. Stays so when the validation has lapsed (section 3)."""
        return self.status.lower() not in ("suspended", "disabled")

    @property
    def could_sign_until(self) -> datetime | None:
        """When the last certificate that was not revoked ends; None without any."""
        lasting = [certificate.expires for certificate in self.certificates if not certificate.revoked]
        return max(lasting, default=None)

    @property
    def last_moment(self) -> datetime | None:
        """When it could sign last, as far as is known; or else when it was made."""
        ends = [one.revocation_asked or one.expires for one in self.certificates]
        return self.could_sign_until or max(ends, default=self.created)

    def can_sign(self, now: datetime) -> bool:
        """Some certificate is valid at `now`."""
        return any(certificate.valid(now) for certificate in self.certificates)


def names(accounts: Iterable[SigningAccount]) -> tuple[str, ...]:
    """The accounts' names in order, each once."""
    return tuple(sorted({account.name for account in accounts}))


def investigated(account: SigningAccount, profiles: Iterable[CertificateProfile]) -> bool:
    """Suspended or revoked: what would be deleted then is evidence (DOMAIN.md section 2)."""
    revoked = any(one.suspended or any(found.revoked for found in one.certificates) for one in profiles)
    return account.suspended or revoked


def profile_key(account: SigningAccount, profile: CertificateProfile) -> str:
    """What tells a profile apart within its subscription."""
    return f"{account.local_name}/{profile.name.lower()}"
