"""The world at the start of a story, made from its scenario."""

from datetime import datetime, timedelta

from sandbox.azure.scenario.fleet import AccountForm, LockForm, ProfileForm, SubscriptionForm, ValidationForm
from sandbox.azure.scenario.story import Scenario
from sandbox.azure.world.invented import guid
from sandbox.azure.world.resources import Account, Binding, Lock, Profile, Span, Subscription, Validation, World

PROVIDER = "providers/Microsoft.CodeSigning/codeSigningAccounts"
LONG_AGO = timedelta(days=400)


def subscription_id(form: SubscriptionForm, tenant_id: str) -> str:
    return (form.id or guid("subscription", tenant_id, form.name)).lower()


def validation_id(form: ValidationForm, tenant_id: str) -> str:
    return (form.id or guid("validation", tenant_id, form.name)).lower()


def beginning(scenario: Scenario) -> World:
    """The world before anything of the timeline happens."""
    tenant = scenario.tenant.id
    subscriptions = {form.name.lower(): subscription(form, tenant) for form in scenario.subscriptions}
    validations = {
        form.name.lower(): validation(form, tenant, subscriptions[form.subscription.lower()].id, scenario.start)
        for form in scenario.validations
    }
    accounts = {
        form.name.lower(): account(form, subscriptions[form.subscription.lower()], scenario.start)
        for form in scenario.accounts
    }
    world = World({found.id: found for found in subscriptions.values()}, validations, accounts)
    return World(
        world.subscriptions, world.validations, world.accounts, tuple(lock(form, world) for form in scenario.locks)
    )


def subscription(form: SubscriptionForm, tenant_id: str) -> Subscription:
    return Subscription(
        id=subscription_id(form, tenant_id),
        name=form.name,
        state=form.state,
        registered=form.registered,
        forbidden=form.forbidden,
        currency=form.currency,
        tags=form.tags,
        groups={name.lower(): tags for name, tags in form.groups.items()},
    )


def validation(form: ValidationForm, tenant_id: str, owner_id: str, start: datetime) -> Validation:
    ends = form.renews_until or form.expires
    serves = (Span(min(ends, start) - LONG_AGO, ends),)
    return Validation(validation_id(form, tenant_id), form.name, owner_id, form.subject, serves)


def account(form: AccountForm, owner: Subscription, start: datetime) -> Account:
    """An account as it was made; without `created` it has been there for long."""
    created = form.created or start - LONG_AGO
    group = form.group or f"rg-{owner.name}".replace(" ", "-")
    path = f"/subscriptions/{owner.id}/resourceGroups/{group}/{PROVIDER}/{form.name}"
    return Account(
        id=path,
        name=form.name,
        subscription_id=owner.id,
        group=group,
        region=form.region,
        sku=form.sku,
        provisioning=form.provisioning,
        created=created,
        modified=created,
        tags=form.tags,
        profiles=tuple(profile(each, path, created) for each in form.profiles),
        signs=form.signs,
    )


def profile(form: ProfileForm, account_path: str, account_created: datetime) -> Profile:
    created = form.created or account_created + timedelta(minutes=9)
    idle = () if form.status == "Active" else (Span(form.since or created),)
    return Profile(
        id=f"{account_path}/certificateProfiles/{form.name}",
        name=form.name,
        type=form.type,
        status=form.status,
        created=created,
        modified=form.since or created,
        bindings=(Binding(form.first_certificate or created, form.validation.lower()),),
        idle=idle,
    )


def lock(form: LockForm, world: World) -> Lock:
    """A lock whose `on` is an account, a subscription, or `subscription/group`. Raises KeyError."""
    found = world.accounts.get(form.on.lower())
    if found:
        return Lock(found.id, form.name, form.level, form.notes)
    name, _, group = form.on.partition("/")
    owner = next((each for each in world.subscriptions.values() if each.name.lower() == name.lower()), None)
    if owner is None:
        raise KeyError(form.on)
    scope = f"/subscriptions/{owner.id}" + (f"/resourceGroups/{group}" if group else "")
    return Lock(scope, form.name, form.level, form.notes)
