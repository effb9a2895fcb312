"""App settings, parsed once: every mistake gets one plain sentence, and never stops the watch in the cloud."""

import difflib
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from shared.app_settings import Settings, names
from shared.desk_settings import DESKS, DEVOPS, NAMES
from shared.domain.routing import OWNER
from shared.receivers import MAIL, Receiving, further, split
from shared.retire_settings import closed, closing
from shared.retire_settings import not_together as retiring_not_together
from shared.route_settings import named_in
from shared.rule_settings import NAMES as RULE_SETTINGS
from shared.rule_settings import SECTION as RULES
from shared.rule_settings import rule_settings
from shared.setting_mistakes import Mistake, mistake_of, unknown
from shared.setting_values import GUID, WORDS_FOR_RECEIVERS

# What begins like this is ours, so a name that nobody knows is a mistake. Other names are the platform's business,
# unless they are all but one of ours.
SECTIONS = (
    *("ALERT", "AZURE", "COST", "KEEP", "QUOTA", "REGISTER", "RENEWAL", "REPORT", "RETIRE", "ROUTES", "SILENCE"),
    *("TELL", "TICKETS", "UNREAD", "VALIDATION", "WATCH", "WEB"),
)


def read(environment: Mapping[str, str]) -> tuple[Settings, tuple[Mistake, ...]]:
    """The settings, and every mistake at once; where there is one, the default is in force."""
    given = {name: value for name, value in environment.items() if name in names() and value.strip()}
    rules, of_rules = rule_settings(environment)
    others, of_others = _others(environment)
    apart = {name for name in environment if name.startswith(f"{RULES}__") or split(name)}
    left = {name: value for name, value in environment.items() if name not in apart}
    strange = unknown(left, names() | RULE_SETTINGS.keys(), SECTIONS)
    wrong: tuple[Mistake, ...] = ()
    while True:
        bad = {name for mistake in wrong for name in mistake.names}
        right = {name: value for name, value in given.items() if name not in bad}
        try:
            settings = Settings.model_validate(right).model_copy(update={"rules": rules, "others": others})
        except ValidationError as error:
            wrong += tuple(mistake_of(detail) for detail in error.errors())
            continue
        together = tuple(one for one in not_together(settings) if one.name in right or not bad & set(one.names))
        if not together:
            found = (*wrong, *of_rules.values(), *of_others, *strange)
            settings = settings.model_copy(update={"retire_closed": closed(found)})
            return settings, tuple(closing(one) for one in found)
        wrong += together


def _others(environment: Mapping[str, str]) -> tuple[Mapping[str, Receiving], tuple[Mistake, ...]]:
    """Further receivers, and what is wrong with them: such a one is not set up. Secrets may be those of the first."""
    found, mistakes = {}, []
    for name, given in further(environment).items():
        common = {one: environment[one] for one in _common(given) if environment.get(one, "").strip()}
        try:
            found[name] = Receiving.model_validate({**common, **given})
            if not any(True for _ in found[name].kinds()):
                full = f"{next(iter(given))}__{name.upper().replace('-', '_')}"
                mistakes.append(Mistake(full, f"{full} sets up no receiver by itself: something is missing beside it."))
        except ValidationError as error:
            written = name.upper().replace("-", "_")
            for mistake in (mistake_of(detail) for detail in error.errors()):
                full = f"{mistake.name}__{written}"
                mistakes.append(Mistake(full, mistake.sentence.replace(mistake.name, full, 1)))
    return found, tuple(mistakes)


def _common(given: Mapping[str, str]) -> Iterator[str]:
    """What a further receiver takes from the first of its kind, where it says nothing itself."""
    yield from ("ALERT__SLACK_TOKEN", "ALERT__WEBHOOK_SECRET", "TICKETS__LABELS")
    for kind in DESKS:
        own = f"TICKETS__{kind.upper()}_"
        if any(name.startswith(own) for name in given):
            yield from (name for name in names() if name.startswith(own))


def not_together(settings: Settings) -> Iterator[Mistake]:
    """Settings that are right one by one, and cannot be together."""
    if settings.basic_signatures > settings.premium_signatures:
        yield Mistake(
            "QUOTA__BASIC_SIGNATURES",
            "QUOTA__BASIC_SIGNATURES is more than QUOTA__PREMIUM_SIGNATURES: the list's are in force for both.",
            ("QUOTA__PREMIUM_SIGNATURES",),
        )
    if settings.basic_fee > settings.premium_fee:
        yield Mistake(
            "QUOTA__BASIC_FEE",
            "QUOTA__BASIC_FEE is more than QUOTA__PREMIUM_FEE: the list prices are in force for both.",
            ("QUOTA__PREMIUM_FEE",),
        )
    if settings.local_user and settings.site_name:
        yield Mistake("WEB__LOCAL_USER", "WEB__LOCAL_USER is for one's own machine: in Azure it opens nothing.")
    watched = {scope.lower() for scope in settings.only_subscriptions}
    for budget in settings.budgets:
        kind, _, name = budget.name.partition(":")
        if kind == "subscription" and watched and GUID.fullmatch(name) and name not in watched:
            yield Mistake("COST__BUDGET", "COST__BUDGET names a subscription that WATCH__SCOPES leaves out.")
    local = bool(settings.local_user) and not settings.site_name
    yield from retiring_not_together(settings, settings.client_id, local=local)
    yield from _receivers(settings)


def _receivers(settings: Settings) -> Iterator[Mistake]:
    """Who is named and not set up, and who is set up by half."""
    there = settings.receivers
    further = [f"ALERT__MAIL_TO__{name.upper()}" for name, other in settings.others.items() if other.mail_to]
    for name in (*(["ALERT__MAIL_TO"] if settings.mail_to else []), *further) if not settings.can_mail else ():
        words = "needs ALERT__MAIL_FROM, and ALERT__SMTP_HOST or ALERT__MAIL_ENDPOINT: until then nobody gets mail"
        yield Mistake(name, f"{name} {words}.")
    if OWNER in settings.fallback:
        yield Mistake("ALERT__FALLBACK", "ALERT__FALLBACK: must name receivers that are set up; owner is none.")
    if bool(settings.slack_token.get_secret_value()) is not bool(settings.slack_channel):
        yield from _half("ALERT__SLACK_TOKEN", "ALERT__SLACK_CHANNEL", settings)
    yield from _desks(settings)
    named = {
        "ALERT__CRITICAL": settings.alert_critical,
        "ALERT__WARNING": settings.alert_warning,
        "ALERT__INFO": settings.alert_info,
        "ALERT__FALLBACK": settings.fallback,
        "ROUTES": tuple(name for _, name in named_in(settings.ordered_routes)),
    }
    for setting, receivers in named.items():
        for name in receivers:
            if not _there(name, there) and name not in WORDS_FOR_RECEIVERS:
                yield Mistake(setting, f"{setting} names {name}, which is not set up{_near(name, there)}")
                break


def _desks(settings: Settings) -> Iterator[Mistake]:
    """What is wrong with ticket desks."""
    there = settings.receivers
    if desks := [name for name in settings.fallback if name in settings.desk_names]:
        words = f"must name receivers that are told; nobody would close the tickets of {desks[0]}"
        yield Mistake("ALERT__FALLBACK", f"ALERT__FALLBACK: {words}.")
    if settings.cloud_name != "public" and any(one.kind == DEVOPS for one in there.values()):
        words = f"Azure DevOps is in the public cloud only, and AZURE__CLOUD is {settings.cloud_name}"
        yield Mistake("TICKETS__DEVOPS_ORGANIZATION", f"TICKETS__DEVOPS_ORGANIZATION: {words}.")
    for kind, left in settings.lacking():
        if left and not (settings.shares_only(kind) and any(one.kind == kind for one in there.values())):
            words = f"{' and '.join(left)} must be set, too: until then no ticket is opened in {NAMES[kind]}."
            yield Mistake(left[0], words)


def _half(one: str, other: str, settings: Settings) -> Iterator[Mistake]:
    """The token alone may be there for further channels."""
    lacking = other if settings.slack_token.get_secret_value() else one
    if not any(more.slack_channel for more in settings.others.values()):
        yield Mistake(lacking, f"{lacking} is missing: {one} and {other} go together.")


def _there(name: str, there: Mapping[str, object]) -> bool:
    return name in there or name == OWNER or (name.startswith("mail:") and "@" in name and MAIL in there)


def _near(name: str, there: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, there, n=1)
    known = f"; there are {', '.join(there)}." if there else "."
    return f": did you mean {near[0]}?" if near else known
