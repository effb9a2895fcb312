"""Doors for events: an Azure resource changed, a validation was reported, and a queue reads one account again."""

import logging
from datetime import UTC, datetime

import azure.functions as func

_log = logging.getLogger(__name__)
bp = func.Blueprint()

QUEUE = "countersign-refresh"
PUT_ASIDE = "countersign-events"


@bp.event_grid_trigger(arg_name="event")
async def resource_changed(event: func.EventGridEvent) -> None:
    """Something happened to a resource of a subscription; what is ours is read again soon."""
    from functions.event_bodies import account_operation, changed_account, event_of
    from shared.testimony import Unfit
    from shared.wiring import house

    home, told, now = house(), event_of(event), datetime.now(UTC)
    try:
        account = changed_account(told)
    except Unfit as error:
        await _put_aside(told.kept(), str(error))
        return
    if account:
        await home.events.changed(account, told.time or now, now, account_operation(told))


@bp.event_grid_trigger(arg_name="event")
async def validation_reported(event: func.EventGridEvent) -> None:
    """Somebody, or a mail rule of somebody, says how it is with an identity validation."""
    from functions.event_bodies import event_of, reported_validation
    from shared.testimony import Unfit
    from shared.wiring import house

    home, told = house(), event_of(event)
    try:
        entry = reported_validation(told, datetime.now(UTC), home.settings.max_years_ahead)
    except Unfit as error:
        await _put_aside(told.kept(), str(error))
        return
    if entry:
        await home.events.reported(entry)


@bp.event_grid_trigger(arg_name="event")
async def mail_delivered(event: func.EventGridEvent) -> None:
    """A mail server took a letter, as Azure Communication Services reports: proof that somebody had a notice."""
    from functions.event_bodies import delivered_letter, event_of
    from shared.wiring import house

    told, now = event_of(event), datetime.now(UTC)
    if message_id := delivered_letter(told):
        await house().deliveries.note(message_id, min(told.time or now, now))


@bp.queue_trigger(arg_name="message", queue_name=QUEUE, connection="AzureWebJobsStorage")
async def refresh(message: func.QueueMessage) -> None:
    """Read one account again, or only judge anew."""
    from functions.poison import read_or_poison
    from shared.wiring import house

    home = house()
    asked = await read_or_poison(home, QUEUE, message, home.messages.read_refresh)
    if asked is not None:
        await home.refresh.run(asked, datetime.now(UTC))


async def _put_aside(kept: str, why: str) -> None:
    """It would not get better by being delivered again."""
    from shared.wiring import house

    await house().messages.poison(PUT_ASIDE, kept)
    _log.error("An event was put on %s-poison: %s", PUT_ASIDE, why)
