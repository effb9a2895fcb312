"""Every app setting with its type, its default and what it means."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, SecretStr

from shared.clouds import CLOUDS, Cloud
from shared.desk_settings import DESKS, WebAddress
from shared.domain.finding import Severity
from shared.domain.policy import (
    Budget,
    CostPolicy,
    Policy,
    QuotaPolicy,
    RegisterPolicy,
    RenewalPolicy,
    RuleSetting,
    SkuTerms,
    TellPolicy,
    ValidationPolicy,
)
from shared.domain.routing import Route, Routes
from shared.patterns import SEVERITIES
from shared.receivers import ACKNOWLEDGED_TO, MAIL, PAGERS, Addresses, Receiver, Receiving
from shared.retire_settings import RetireSettings
from shared.route_settings import OWNERS, route_list
from shared.setting_values import (
    GUID,
    arm_scope,
    billing_day,
    budget_list,
    cost_scope_list,
    domain_list,
    duration_list,
    is_true,
    number_list,
    one_of,
    plain_address,
    receiver_list,
    receivers_or_word,
    regional_address,
    scope_list,
    setting,
    six_fields,
    spans_or_never,
    tag_list,
    text_list,
)

STORAGE = "AzureWebJobsStorage"

SLACK_API, PAGERDUTY_API = "https://slack.com/api", "https://events.pagerduty.com"

type Numbers = Annotated[tuple[int, ...], BeforeValidator(number_list)]
type Budgets = Annotated[tuple[Budget, ...], BeforeValidator(budget_list)]
type BillingDay = Annotated[int, BeforeValidator(billing_day)]
type Durations = Annotated[tuple[timedelta, ...], BeforeValidator(duration_list)]
type Texts = Annotated[tuple[str, ...], BeforeValidator(text_list)]
type Receivers = Annotated[tuple[str, ...], BeforeValidator(receivers_or_word)]
type NamedReceivers = Annotated[tuple[str, ...], BeforeValidator(receiver_list)]
type Domains = Annotated[tuple[str, ...], BeforeValidator(domain_list)]
type Names = Annotated[tuple[str, ...], BeforeValidator(tag_list)]
type Spans = Annotated[tuple[timedelta, ...], BeforeValidator(spans_or_never)]
type RouteList = Annotated[tuple[Route, ...], BeforeValidator(route_list)]
type Security = Annotated[str, BeforeValidator(one_of("starttls", "tls", "none"))]
type TicketsFrom = Annotated[str, BeforeValidator(one_of("critical", "warning", "info", "none"))]
type Scopes = Annotated[tuple[str, ...], BeforeValidator(scope_list)]
type CostScopes = Annotated[tuple[str, ...], BeforeValidator(cost_scope_list)]
type RegionalAddress = Annotated[str, BeforeValidator(regional_address)]
type AnyAddress = Annotated[str, BeforeValidator(plain_address)]
type Schedule = Annotated[str, BeforeValidator(six_fields)]
type CloudName = Annotated[str, BeforeValidator(one_of(*CLOUDS))]


class Settings(Receiving, RetireSettings):
    """Every app setting that Countersign reads. `others` are further receivers, by name behind the kind's."""

    alert_critical: Receivers = setting("ALERT__CRITICAL", ("all",), "Receivers of critical alerts.")
    alert_warning: Receivers = setting("ALERT__WARNING", ("messages",), "Receivers of warnings; all but pagers.")
    alert_info: Receivers = setting(
        "ALERT__INFO", ("none",), "Receivers of what is worth knowing; without any, it is only shown."
    )
    fallback: NamedReceivers = setting(
        "ALERT__FALLBACK", (), "Who hears of what a receiver did not take; else whoever hears of such severity."
    )
    owner_domains: Domains = setting(
        "ALERT__OWNER_DOMAINS", (), "Domains in which owners may be written to; else those of ALERT__MAIL_TO."
    )
    owner_tags: Names = setting(
        "ALERT__OWNER_TAGS", ("countersign-owner", "owner"), "Tags that name an account's owner; the first one counts."
    )
    mail_from: Addresses = setting("ALERT__MAIL_FROM", (), "The address that mail comes from.", max_length=1)
    smtp_host: str = setting("ALERT__SMTP_HOST", "", "Mail server; or else ALERT__MAIL_ENDPOINT.", max_length=253)
    smtp_port: int = setting("ALERT__SMTP_PORT", 587, "Its port.", ge=1, le=65_535)
    smtp_user: str = setting("ALERT__SMTP_USER", "", "Who signs in at the mail server.", max_length=320)
    smtp_password: SecretStr = setting("ALERT__SMTP_PASSWORD", SecretStr(""), "Their password.")
    smtp_security: Security = setting(
        "ALERT__SMTP_SECURITY", "starttls", "starttls or tls; none only for a mail server on the same machine."
    )
    mail_endpoint: WebAddress = setting(
        "ALERT__MAIL_ENDPOINT", "", "Endpoint of Azure Communication Services, which sends mail by the app's identity."
    )
    mail_key: SecretStr = setting("ALERT__MAIL_KEY", SecretStr(""), "Its key, instead of the identity.")
    slack_address: WebAddress = setting("ALERT__SLACK_ADDRESS", SLACK_API, "Address of Slack's API.")
    pagerduty_address: WebAddress = setting(
        "ALERT__PAGERDUTY_ADDRESS", PAGERDUTY_API, "Address of PagerDuty's Events API; the EU has one of its own."
    )
    ordered_routes: RouteList = setting("ROUTES", (), "Who hears what, in JSON: docs/routes.md.")
    tickets_from: TicketsFrom = setting(
        "TICKETS__FROM", "warning", "From which severity on tickets are opened: critical, warning, info or none."
    )
    most_new_tickets: int = setting(
        "TICKETS__MAX_NEW", 20, "New tickets at a check; one more names the rest.", ge=1, le=500
    )
    search_lag_seconds: int = setting(
        "TICKETS__SEARCH_LAG_SECONDS", 60, "How long a desk's search may not know a new ticket.", ge=1, le=3_600
    )
    reopen_days: int = setting(
        "TICKETS__REOPEN_DAYS",
        14,
        "Days in which a closed ticket is opened again; later a new one follows.",
        ge=0,
        le=90,
    )
    silence_days: int = setting("SILENCE__MAX_DAYS", 30, "How many days a silence may last.", ge=1, le=365)

    watch_schedule: Schedule = setting("WATCH_SCHEDULE", "0 7 * * * *", "When everything is checked: six fields, UTC.")
    watch_scopes: Scopes = setting(
        "WATCH__SCOPES", (), "Subscriptions or management groups; without any, all readable."
    )
    costs_schedule: Schedule = setting("COSTS_SCHEDULE", "0 30 6 * * *", "When the bills are read: six fields, UTC.")
    costs_of: CostScopes = setting(
        "COST__SCOPES", (), "Subscriptions, management groups or billing accounts whose bill is read; those watched."
    )
    warn_days: Numbers = setting("VALIDATION__WARN_DAYS", (60, 30, 14, 7, 3, 1), "Days left at which expiry is told.")
    link_days_left: Numbers = setting(
        "VALIDATION__LINK_DAYS_LEFT", (3, 1), "Days left at which a mail link that nobody opened is told."
    )
    attempts_left: int = setting(
        "VALIDATION__ATTEMPTS_LEFT", 1, "So few attempts left to supply documents are told again.", ge=0, le=3
    )
    stalled_days: int = setting(
        "VALIDATION__STALLED_BUSINESS_DAYS", 20, "Business days after which a request is stuck.", ge=1, le=120
    )
    register_again: Durations = setting(
        "REGISTER__MISSING", (timedelta(days=7),), "How often missing entries of the validation list are asked for."
    )
    confirm_days: int = setting(
        "REGISTER__CONFIRM_DAYS", 180, "Days for which an entry stands without being confirmed.", ge=7, le=1_000
    )
    max_years_ahead: int = setting(
        "REGISTER__MAX_YEARS_AHEAD", 3, "A date further ahead than so many years is a typing error.", ge=1, le=20
    )
    slack_hours: int = setting("RENEWAL__SLACK_HOURS", 2, "How late a renewal may be, in hours.", ge=0, le=48)
    new_profile_hours: int = setting(
        "RENEWAL__NEW_PROFILE_GRACE_HOURS", 24, "How long a new profile may be without a certificate.", ge=0, le=240
    )
    warn_percent: Numbers = setting("QUOTA__WARN_PERCENT", (50, 80, 90, 100), "Percent of the quota that are told.")
    billing_day: BillingDay = setting(
        "QUOTA__PERIOD", 1, "From when signatures are counted: calendar month, or the day of the month."
    )
    spike_times: int = setting("QUOTA__SPIKE", 10, "A spike is so many times the busiest day before.", ge=2, le=1_000)
    spike_least: int = setting("QUOTA__SPIKE_LEAST", 1_000, "And at least so many signatures.", ge=1, le=10**9)
    budgets: Budgets = setting(
        "COST__BUDGET", (), "What a month may cost, like 500 EUR; subscription:Games=80 EUR; tag:team=apps=50 EUR."
    )
    idle_days: int = setting(
        "COST__IDLE_DAYS", 30, "Days without a signature after which an account costs for nothing.", ge=7, le=31
    )
    basic_fee: Decimal = setting(
        "QUOTA__BASIC_FEE", Decimal("9.99"), "USD a month of a Basic account.", ge=0, le=1_000_000
    )
    basic_signatures: int = setting("QUOTA__BASIC_SIGNATURES", 5_000, "Signatures included in Basic.", ge=1, le=10**9)
    premium_fee: Decimal = setting(
        "QUOTA__PREMIUM_FEE", Decimal("99.99"), "USD a month of a Premium account.", ge=0, le=1_000_000
    )
    premium_signatures: int = setting(
        "QUOTA__PREMIUM_SIGNATURES", 100_000, "Signatures included in Premium.", ge=1, le=10**9
    )
    overage: Decimal = setting(
        "QUOTA__OVERAGE", Decimal("0.005"), "USD of a signature above the quota.", ge=0, le=1_000_000
    )
    repeat_critical: Spans = setting(
        "TELL__REPEAT_CRITICAL",
        (timedelta(days=1), timedelta(days=3), timedelta(days=7)),
        "When a critical problem that lasts is told again, or never.",
    )
    repeat_warning: Spans = setting("TELL__REPEAT_WARNING", (), "The same of a warning: never.")
    group_minutes: int = setting("TELL__GROUP_MINUTES", 2, "How long warnings wait for company.", ge=0, le=60)
    resolve_after_looks: int = setting("TELL__RESOLVE_AFTER_LOOKS", 2, "Checks before an end is believed.", ge=1, le=24)
    unread_hours: int = setting("UNREAD__CRITICAL_HOURS", 24, "When not being able to read is critical.", ge=1, le=720)

    local_user: str = setting(
        "WEB__LOCAL_USER",
        "",
        "On one's own machine only: whoever reaches the API there is this person.",
        max_length=100,
    )
    auth_enabled: Annotated[bool, BeforeValidator(is_true)] = setting(
        "WEBSITE_AUTH_ENABLED", default=False, meaning="Set by the platform where its authentication is on."
    )
    site_name: str = setting("WEBSITE_SITE_NAME", "", "Set by the platform: the name of the function app.")

    cloud_name: CloudName = setting("AZURE__CLOUD", "public", "public, usgovernment or china.")
    resource_manager: WebAddress = setting("AZURE__RESOURCE_MANAGER", "", "Address of the resource manager.")
    metrics: RegionalAddress = setting("AZURE__METRICS", "", "Address of Azure Monitor's metrics, with {region}.")
    authority: WebAddress = setting("AZURE__AUTHORITY", "", "Address of the sign-in service.")
    portal: WebAddress = setting("AZURE__PORTAL", "", "Address of the portal, which messages link to.")
    resource_manager_audience: WebAddress = setting(
        "AZURE__RESOURCE_MANAGER_AUDIENCE", "", "For whom tokens of the resource manager are asked."
    )
    metrics_audience: WebAddress = setting("AZURE__METRICS_AUDIENCE", "", "For whom tokens of the metrics are asked.")
    communication_audience: WebAddress = setting(
        "AZURE__COMMUNICATION_AUDIENCE", "", "For whom tokens of Azure Communication Services are asked."
    )
    timestamp: AnyAddress = setting("AZURE__TIMESTAMP", "", "Address of the timestamp service.")
    signing: RegionalAddress = setting("AZURE__SIGNING", "", "Address of the signing service, with {region}.")
    client_id: str = setting("AZURE_CLIENT_ID", "", "The user-assigned identity that watches.")
    storage: SecretStr = setting(STORAGE, SecretStr(""), "Connection string of the host's storage account.")
    blob_uri: WebAddress = setting(f"{STORAGE}__blobServiceUri", "", "Blob service of the host's storage account.")
    queue_uri: WebAddress = setting(f"{STORAGE}__queueServiceUri", "", "Queue service of the host's storage account.")
    table_uri: WebAddress = setting(f"{STORAGE}__tableServiceUri", "", "Table service of the host's storage account.")
    storage_account: str = setting(f"{STORAGE}__accountName", "", "The host's storage account, instead of the three.")
    rules: Mapping[str, RuleSetting] = {}
    others: Mapping[str, Receiving] = {}

    @property
    def cloud(self) -> Cloud:
        """The cloud, with the endpoints that are set singly."""
        return CLOUDS[self.cloud_name].with_endpoints(
            resource_manager=self.resource_manager,
            resource_manager_audience=self.resource_manager_audience,
            metrics=self.metrics,
            metrics_audience=self.metrics_audience,
            portal=self.portal,
            authority=self.authority,
            communication_audience=self.communication_audience,
            timestamp=self.timestamp,
            signing=self.signing,
        )

    @property
    def watch_subscriptions(self) -> tuple[str, ...]:
        """Those of the scopes that are subscription ids."""
        return tuple(scope for scope in self.watch_scopes if GUID.fullmatch(scope))

    @property
    def named_subscriptions(self) -> frozenset[str]:
        """Ids in lower case of those that are named singly."""
        return frozenset(scope.lower() for scope in self.watch_subscriptions)

    @property
    def only_subscriptions(self) -> frozenset[str]:
        """The same where nothing but subscriptions is named; else none, for then Azure says which they are."""
        return frozenset() if self.watch_management_groups else self.named_subscriptions

    @property
    def cost_scopes(self) -> tuple[str, ...]:
        """Lower-case ARM ids of what is billed together, by setting or as it is watched; none for all that is seen."""
        return self.costs_of or tuple(arm_scope(scope) for scope in self.watch_scopes)

    @property
    def watch_management_groups(self) -> tuple[str, ...]:
        """The other scopes."""
        return tuple(scope for scope in self.watch_scopes if not GUID.fullmatch(scope))

    def storage_endpoint(self, service: str) -> str:
        """Address of `blob`, `queue` or `table`; empty when storage is not set up."""
        given = {"blob": self.blob_uri, "queue": self.queue_uri, "table": self.table_uri}[service]
        named = f"https://{self.storage_account}.{service}.{self.cloud.storage_suffix}" if self.storage_account else ""
        return given or named

    @property
    def receivers(self) -> Mapping[str, Receiver]:
        """Every one that is set up, by name."""
        found = [Receiver(kind, kind, self) for kind in self.kinds()]
        for name, set_by in self.others.items():
            found += [Receiver(f"{kind}:{name}", kind, set_by) for kind in set_by.kinds()]
        return {one.name: one for one in found if one.kind != MAIL or self.can_mail}

    @property
    def desk_names(self) -> tuple[str, ...]:
        """Receivers that are ticket desks."""
        return tuple(name for name, one in self.receivers.items() if one.kind in DESKS)

    @property
    def proofs(self) -> tuple[str, ...]:
        """Receivers that answer with what they opened: pagers and ticket desks."""
        return tuple(name for name, one in self.receivers.items() if one.kind in PAGERS or one.kind in DESKS)

    @property
    def can_mail(self) -> bool:
        """There is a way to send mail."""
        return bool(self.mail_from and (self.smtp_host or self.mail_endpoint))

    @property
    def routes(self) -> Routes:
        """Who hears what; owners hear of what only they can do, unless ROUTES says who hears what."""
        there = self.receivers
        wanted = {
            Severity.CRITICAL: self.alert_critical,
            Severity.WARNING: self.alert_warning,
            Severity.INFO: self.alert_info,
        }
        mailed = [one.set_by.mail_to for one in there.values() if one.kind == MAIL]
        domains = self.owner_domains or (address.rpartition("@")[2].lower() for some in mailed for address in some)
        return Routes(
            {severity: self._chosen(names, severity) for severity, names in wanted.items()},
            self.ordered_routes or (OWNERS,),
            frozenset(there),
            frozenset(name for name, one in there.items() if one.kind in ACKNOWLEDGED_TO),
            frozenset(domains),
            {one.name: one.set_by.mail_to for one in there.values() if one.kind == MAIL},
        )

    @property
    def policy(self) -> Policy:
        """What rules and decisions go by."""
        return Policy(
            validation=ValidationPolicy(self.warn_days, self.link_days_left, self.attempts_left, self.stalled_days),
            register=RegisterPolicy(
                self.register_again[0], confirm_days=self.confirm_days, max_years_ahead=self.max_years_ahead
            ),
            renewal=RenewalPolicy(timedelta(hours=self.slack_hours), timedelta(hours=self.new_profile_hours)),
            quota=QuotaPolicy(
                self.warn_percent,
                SkuTerms(self.basic_fee, self.basic_signatures, self.overage),
                SkuTerms(self.premium_fee, self.premium_signatures, self.overage, profiles_per_type=10),
                self.billing_day,
                self.spike_times,
                self.spike_least,
            ),
            cost=CostPolicy(self.budgets, self.idle_days),
            retire=self.retire,
            rules=self.rules,
            watched=self.named_subscriptions,
            tell=TellPolicy(
                self.repeat_critical,
                timedelta(minutes=self.group_minutes),
                self.resolve_after_looks,
                self.repeat_warning,
                self.owner_tags,
            ),
            unread_critical_after=timedelta(hours=self.unread_hours),
        )

    def _chosen(self, names: tuple[str, ...], severity: Severity) -> tuple[str, ...]:
        """`all`, `messages` (all but pagers), `none`, or those that are named; and desks from their severity on.

        Of several of a kind the first one is meant; further ones hear only what names them.
        """
        there = self.receivers
        first = {name: one for name, one in there.items() if name == one.kind or one.kind not in there}
        desks = [name for name, one in first.items() if one.kind in DESKS]
        people = {name: one for name, one in first.items() if name not in desks}
        words: Mapping[tuple[str, ...], Sequence[str]] = {
            ("all",): tuple(people),
            ("messages",): [name for name, one in people.items() if one.kind not in PAGERS],
            ("none",): (),
        }
        least = SEVERITIES.get(self.tickets_from)
        opening = desks if least is not None and severity >= least else ()
        return tuple(dict.fromkeys((*words.get(names, names), *opening)))


@cache
def names() -> frozenset[str]:
    """Every name that we read; beside them there is one for each rule."""
    return frozenset(field.alias for field in Settings.model_fields.values() if field.alias)
