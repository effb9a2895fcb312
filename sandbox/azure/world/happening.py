"""What each effect does to the world, as a new world. Raises KeyError for a name it does not know."""

from dataclasses import replace
from datetime import datetime
from functools import singledispatch
from typing import Any

from sandbox.azure.scenario import effects
from sandbox.azure.world.beginning import account, lock, profile
from sandbox.azure.world.certificates import issues
from sandbox.azure.world.resources import (
    Account,
    Binding,
    Burst,
    Forgetting,
    Profile,
    Revocation,
    Span,
    Subscription,
    Validation,
    World,
)


@singledispatch
def happen(effect: object, _world: World, _now: datetime) -> World:
    """The world after the effect."""
    raise TypeError(f"nothing is known of {type(effect).__name__}")


@happen.register
def _renew(effect: effects.Renew, world: World, now: datetime) -> World:
    found = world.validations[effect.renew.lower()]
    last = found.serves[-1]
    lapsed = last.end is not None and last.end <= now
    serves = (*found.serves, Span(now, effect.until)) if lapsed else _ending(found, effect.until)
    return _with_validation(world, replace(found, serves=serves))


@happen.register
def _lapse(effect: effects.Lapse, world: World, now: datetime) -> World:
    found = world.validations[effect.lapse.lower()]
    return _with_validation(world, replace(found, serves=_ending(found, now)))


def _ending(validation: Validation, end: datetime) -> tuple[Span, ...]:
    return (*validation.serves[:-1], Span(validation.serves[-1].start, end))


@happen.register
def _rebind(effect: effects.Rebind, world: World, now: datetime) -> World:
    world.validations[effect.validation.lower()]
    owner, found = _find(world, effect.rebind)
    bindings = (*found.bindings, Binding(now, effect.validation.lower()))
    return _with_profile(world, owner, replace(found, bindings=bindings, created=now, modified=now))


@happen.register
def _suspend(effect: effects.Suspend, world: World, now: datetime) -> World:
    return _with_status(world, effect.suspend, "Suspended", now)


@happen.register
def _disable(effect: effects.Disable, world: World, now: datetime) -> World:
    return _with_status(world, effect.disable, "Disabled", now)


@happen.register
def _resume(effect: effects.Resume, world: World, now: datetime) -> World:
    return _with_status(world, effect.resume, "Active", now)


def _with_status(world: World, name: str, status: str, now: datetime) -> World:
    owner, found = _find(world, name)
    idle = found.idle
    if idle and idle[-1].end is None:
        idle = (*idle[:-1], Span(idle[-1].start, now))
    if status != "Active":
        idle = (*idle, Span(now))
    return _with_profile(world, owner, replace(found, status=status, idle=idle, modified=now))


@happen.register
def _revoke(effect: effects.Revoke, world: World, now: datetime) -> World:
    owner, found = _find(world, effect.revoke)
    newest = next(issues(found, world.validations, now, 1), None)
    if newest is None:
        return world
    revoked = (*found.revoked, Revocation(newest[0], now, effect.reason))
    return _with_profile(world, owner, replace(found, revoked=revoked))


@happen.register
def _forbid(effect: effects.Forbid, world: World, _now: datetime) -> World:
    return _with_subscription(world, replace(_subscription(world, effect.forbid), forbidden=True))


@happen.register
def _allow(effect: effects.Allow, world: World, _now: datetime) -> World:
    return _with_subscription(world, replace(_subscription(world, effect.allow), forbidden=False))


@happen.register
def _change(effect: effects.Change, world: World, _now: datetime) -> World:
    return _with_subscription(world, replace(_subscription(world, effect.subscription), state=effect.becomes))


@happen.register
def _sign(effect: effects.Sign, world: World, now: datetime) -> World:
    found = world.accounts[effect.sign.lower()]
    return _with_account(world, replace(found, bursts=(*found.bursts, Burst(now, effect.files))))


@happen.register
def _create(effect: effects.Create, world: World, now: datetime) -> World:
    form = effect.create if effect.create.created else replace(effect.create, created=now)
    for each in form.profiles:
        world.validations[each.validation.lower()]
    return _with_account(world, account(form, _subscription(world, form.subscription), now))


@happen.register
def _delete(effect: effects.Delete, world: World, _now: datetime) -> World:
    world.accounts[effect.delete.lower()]
    left = {key: found for key, found in world.accounts.items() if key != effect.delete.lower()}
    return replace(world, accounts=left)


@happen.register
def _begin_delete(effect: effects.BeginDelete, world: World, now: datetime) -> World:
    found = world.accounts[effect.begin_delete.lower()]
    return _with_account(world, replace(found, provisioning="Deleting", modified=now))


@happen.register
def _add_profile(effect: effects.AddProfile, world: World, now: datetime) -> World:
    owner = world.accounts[effect.account.lower()]
    form = effect.add_profile if effect.add_profile.created else replace(effect.add_profile, created=now)
    world.validations[form.validation.lower()]
    return _with_account(world, replace(owner, profiles=(*owner.profiles, profile(form, owner.id, now))))


@happen.register
def _remove_profile(effect: effects.RemoveProfile, world: World, _now: datetime) -> World:
    owner, found = _find(world, effect.remove_profile)
    return _with_account(world, replace(owner, profiles=tuple(each for each in owner.profiles if each is not found)))


@happen.register
def _tag(effect: effects.Tag, world: World, now: datetime) -> World:
    return _with_account(world, replace(world.accounts[effect.tag.lower()], tags=effect.tags, modified=now))


@happen.register
def _resize(effect: effects.Resize, world: World, now: datetime) -> World:
    return _with_account(world, replace(world.accounts[effect.resize.lower()], sku=effect.sku, modified=now))


@happen.register
def _provision(effect: effects.Provision, world: World, now: datetime) -> World:
    found = world.accounts[effect.provision.lower()]
    return _with_account(world, replace(found, provisioning=effect.becomes, modified=now))


@happen.register
def _forget(effect: effects.Forget, world: World, now: datetime) -> World:
    return replace(world, forgets=(*world.forgets, Forgetting(effect.forget, Span(now, now + effect.lasting))))


@happen.register
def _lock(effect: effects.PutLock, world: World, _now: datetime) -> World:
    return replace(world, locks=(*world.locks, lock(effect.lock, world)))


@happen.register
def _unlock(effect: effects.Unlock, world: World, _now: datetime) -> World:
    return replace(world, locks=tuple(each for each in world.locks if each.name != effect.unlock))


def _find(world: World, name: str) -> tuple[Account, Profile]:
    """The account and the profile called `account/profile`."""
    owner_name, _, profile_name = name.lower().partition("/")
    owner = world.accounts[owner_name]
    found = next((each for each in owner.profiles if each.name.lower() == profile_name), None)
    if found is None:
        raise KeyError(name)
    return owner, found


def _subscription(world: World, name: str) -> Subscription:
    found = next((each for each in world.subscriptions.values() if each.name.lower() == name.lower()), None)
    if found is None:
        raise KeyError(name)
    return found


def _with_account(world: World, changed: Account) -> World:
    return _with(world, accounts={**world.accounts, changed.name.lower(): changed})


def _with_profile(world: World, owner: Account, changed: Profile) -> World:
    profiles = tuple(changed if each.id == changed.id else each for each in owner.profiles)
    return _with_account(world, replace(owner, profiles=profiles))


def _with_subscription(world: World, changed: Subscription) -> World:
    return _with(world, subscriptions={**world.subscriptions, changed.id: changed})


def _with_validation(world: World, changed: Validation) -> World:
    return _with(world, validations={**world.validations, changed.name.lower(): changed})


def _with(world: World, **changed: Any) -> World:
    return replace(world, **changed)
