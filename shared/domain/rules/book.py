"""The rule book: every rule, in the order in which pages list them. Adding one is one line here."""

from collections.abc import Mapping
from typing import Any

from shared.domain.finding import Rule
from shared.domain.fleet import FleetSurvey
from shared.domain.rules import (
    budget,
    changes,
    contradiction,
    cost,
    fit,
    fleet,
    hygiene,
    quota,
    register,
    renewal,
    request,
    retirement,
    retiring,
    sight,
    spike,
    telling,
    trouble,
    validation,
)

RULES: tuple[Rule, ...] = (
    validation.EXPIRING,
    validation.EXPIRED,
    validation.OUT_OF_DATE,
    request.FAILED,
    request.ACTION,
    request.LINK,
    request.STALLED,
    register.MISSING,
    register.UNEXPLAINED,
    register.UNCONFIRMED,
    register.KIND,
    register.REBOUND,
    renewal.STOPPED,
    renewal.DOWN,
    trouble.ACCOUNT_SUSPENDED,
    trouble.PROFILE_SUSPENDED,
    trouble.REVOKED,
    trouble.NOT_PROVISIONED,
    contradiction.SILENT,
    contradiction.CONTRADICTION,
    quota.QUOTA,
    quota.FORECAST,
    quota.OVERAGE,
    spike.SPIKE,
    cost.IDLE,
    cost.UNUSUAL,
    cost.DIFFERS,
    cost.AFTER_DELETION,
    fit.FIT,
    hygiene.NOT_REGISTERED,
    hygiene.STATE,
    hygiene.MOVED,
    changes.APPEARED,
    changes.SKU_CHANGED,
    changes.DELETED,
    retirement.ANNOUNCED,
    retirement.BLOCKED,
    retirement.RETIRED,
    hygiene.TAG,
    sight.UNREADABLE,
    sight.OUT_OF_SIGHT,
)
"""Judged with a subscription."""

FLEET_RULES: tuple[Rule[FleetSurvey], ...] = (
    budget.OVER_BUDGET,
    budget.BUDGET_FORECAST,
    fleet.NOTHING_VISIBLE,
    fleet.INVENTORY_UNREADABLE,
    fleet.BILL_UNREADABLE,
    fleet.UNREACHABLE,
    fleet.SETTINGS_WRONG,
    fleet.LATE_RULE,
    fleet.UNFINISHED,
    retiring.HELD,
    retiring.HALTED,
    retiring.SET_UP,
    telling.NOBODY,
    telling.REFUSES,
    telling.SILENCE_ENDS,
)
"""Judged when a look closes."""

_ALL: tuple[Rule[Any], ...] = (*RULES, *FLEET_RULES)
BOOK: Mapping[str, Rule[Any]] = {rule.name: rule for rule in _ALL}
