"""Wiring: settings -> adapters -> flows. Built on first call, never at import; only this room knows every other."""

import functools
import os
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared import config
from shared.app_settings import STORAGE, Settings
from shared.clock import SystemClock
from shared.cloud.accounts import ArmAccounts
from shared.cloud.credential import make_credential
from shared.cloud.endpoints import Endpoints
from shared.cloud.inventory import GraphInventory
from shared.cloud.session import Session
from shared.cloud.usage import MonitorUsage
from shared.domain.rules.book import RULES
from shared.flows.answer import Answer
from shared.flows.cases import Cases
from shared.flows.close import Close
from shared.flows.collect import Collect
from shared.flows.conclude import Conclude, Judge
from shared.flows.costs import Costs
from shared.flows.daily import Daily
from shared.flows.deliver import Deliver
from shared.flows.dismissing import Dismissing
from shared.flows.erasing import Erasing
from shared.flows.events import Events
from shared.flows.fallback import Fallback
from shared.flows.fleet import FleetJudge
from shared.flows.following import Following
from shared.flows.fresh import Fresh
from shared.flows.health import Health
from shared.flows.known import Known
from shared.flows.look import LookAt
from shared.flows.pretending import PretendingEraser
from shared.flows.proving import Proving
from shared.flows.refresh import RefreshOne
from shared.flows.refusing import Refusing
from shared.flows.relay import Relay
from shared.flows.retire import Retire
from shared.flows.retirements import Retirements
from shared.flows.serving import Serving
from shared.flows.signatures import Signatures
from shared.flows.silencing import Silencing
from shared.flows.snapshot import Snapshot
from shared.flows.ticket_news import TicketNews
from shared.flows.trying import Trying
from shared.flows.undelivered import Undelivered
from shared.flows.watch import Watch
from shared.flows.witnessing import WitnessedRegister
from shared.ports.azure import (
    AccountReader,
    CostReader,
    Inventory,
    Meter,
    Reachability,
    SubscriptionReader,
    UsageReader,
)
from shared.ports.channel import Channels
from shared.ports.clock import Clock
from shared.ports.retiring import Eraser
from shared.schedule import next_due
from shared.setting_mistakes import Mistake
from shared.store.audit import BlobAudit
from shared.store.bills import TableBills
from shared.store.blobs import Blobs
from shared.store.bursts import TableBursts
from shared.store.deliveries import TableDeliveries
from shared.store.looks import TableLooks
from shared.store.messages import QueuedMessages
from shared.store.outbox import TableOutbox
from shared.store.queues import Queues
from shared.store.register import TableRegister
from shared.store.retiring import TableRetireBook
from shared.store.rows import Rows
from shared.store.shelves import TableShelves
from shared.store.silences import TableSilences
from shared.store.tickets import TableTickets
from shared.store.views import BlobViews
from shared.wired_channels import Closable, WiredChannels

NO_STORAGE = (
    f"{STORAGE} is not set: it is a connection string, or {STORAGE}__accountName in its place, or all of "
    f"{STORAGE}__blobServiceUri, {STORAGE}__queueServiceUri and {STORAGE}__tableServiceUri."
)


@dataclass(frozen=True, slots=True)
class Sources:
    """What reads Azure, and the one hand that deletes: without it, it is only pretended."""

    inventory: Inventory
    accounts: AccountReader
    usage: UsageReader
    subscriptions: SubscriptionReader
    costs: CostReader
    reach: Reachability
    meter: Meter
    eraser: Eraser | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Storage:
    """Where state is kept: three tables, queues and blobs."""

    subscriptions: Rows
    looks: Rows
    outbox: Rows
    queues: Queues
    blobs: Blobs
    clients: tuple[Closable, ...] = ()

    async def close(self) -> None:
        """Let go of every connection."""
        for client in self.clients:
            await client.close()

    def with_queues(self, queues: Queues) -> "Storage":
        """The same with other queues."""
        return replace(self, queues=queues)


@dataclass(frozen=True, slots=True)
class House:
    """Every flow, ready to run."""

    settings: Settings
    mistakes: tuple[Mistake, ...]
    watch: Watch
    look_at: LookAt
    close: Close
    relay: Relay
    deliver: Deliver
    serving: Serving
    tickets: TableTickets
    refusing: Refusing
    health: Health
    costs: Costs
    events: Events
    refresh: RefreshOne
    retire: Retire
    retirements: Retirements
    known: Known
    answer: Answer
    deliveries: TableDeliveries
    silences: TableSilences
    silencing: Silencing
    trying: Trying
    undelivered: Undelivered
    register: WitnessedRegister
    messages: QueuedMessages
    shelves: TableShelves
    looks: TableLooks
    outbox: TableOutbox
    views: BlobViews
    bills: TableBills


@functools.cache
def house() -> House:
    """The house of this process, by its app settings. Call it on the event loop that will use it."""
    settings, mistakes = config.read(os.environ)
    clock = SystemClock()
    return furnish(settings, mistakes, azure_sources(settings, clock), azure_storage(settings), clock)


def furnish(
    settings: Settings,
    mistakes: tuple[Mistake, ...],
    sources: Sources,
    storage: Storage,
    clock: Clock,
    receivers: Channels | None = None,
) -> House:
    """All flows over these hands; `receivers` instead of those that the settings name."""
    policy, routes = settings.policy, settings.routes
    sentences = tuple(mistake.sentence for mistake in mistakes)
    shelves = TableShelves(storage.subscriptions, storage.looks, clock)
    looks, outbox = TableLooks(storage.looks), TableOutbox(storage.outbox)
    messages, views = QueuedMessages(storage.queues, storage.blobs), BlobViews(storage.blobs)
    bills, bursts = TableBills(storage.subscriptions), TableBursts(storage.subscriptions)
    relay = Relay(shelves, outbox, messages, policy.tell.group_window)
    collect = Collect(sources.accounts, Signatures(sources.usage), Daily(sources.subscriptions))
    judge, audit = Judge(RULES, policy, routes), BlobAudit(storage.blobs)
    register = WitnessedRegister(TableRegister(storage.subscriptions), audit)
    silences, book = TableSilences(storage.looks), TableRetireBook(storage.subscriptions, storage.looks)
    deliveries = TableDeliveries(storage.outbox)
    conclude = Conclude(judge, shelves, views, relay, silences)
    tickets = TableTickets(storage.outbox)
    channels = WiredChannels(settings, clock, tickets, looks) if receivers is None else receivers
    costs = Costs(sources.costs, bills, shelves, looks, messages, settings.cost_scopes, settings.only_subscriptions)
    due = functools.partial(next_due, settings.watch_schedule)
    refusing = Refusing(outbox, tickets, settings.desk_names)
    fleet = FleetJudge(
        policy,
        routes,
        shelves,
        looks,
        bills,
        views,
        relay,
        due,
        costs.planned,
        silences,
        outbox,
        refusing,
        book,
        sentences,
    )
    close = Close(looks, fleet, relay, costs, settings.desk_names)
    fallback = Fallback(outbox, messages, routes, settings.fallback, settings.desk_names)
    deliver = Deliver(channels, outbox, messages, clock, fallback)
    undelivered, dismissing = Undelivered(outbox, messages), Dismissing(silences, messages)
    news = TicketNews(channels, outbox, shelves, looks, dismissing, undelivered)
    known = Known(judge, shelves, looks, views, silences, settings.only_subscriptions)
    cases = Cases(known, register, book, audit, looks, policy, settings.zone)
    fresh, deleting = Fresh(collect, sources.subscriptions, shelves, policy), policy.retire.mode.deletes
    eraser = (sources.eraser if deleting else None) or PretendingEraser()
    retire = Retire(
        cases,
        Proving(outbox, settings.proofs, deliveries),
        Erasing(cases, fresh, Snapshot(audit), eraser, messages, clock),
        Following(cases, sources.accounts, bills),
        messages,
        clock,
    )
    return House(
        settings=settings,
        mistakes=mistakes,
        watch=Watch(
            sources.inventory,
            shelves,
            looks,
            messages,
            close,
            sources.meter,
            sources.reach,
            settings.only_subscriptions,
            settings.named_subscriptions,
        ),
        look_at=LookAt(
            collect=collect,
            conclude=conclude,
            shelves=shelves,
            looks=looks,
            messages=messages,
            close=close,
            meter=sources.meter,
        ),
        close=close,
        relay=relay,
        deliver=deliver,
        serving=Serving(deliver, news, messages, clock),
        tickets=tickets,
        refusing=refusing,
        trying=Trying(channels, outbox, deliver, routes),
        undelivered=undelivered,
        health=Health(looks, outbox, routes, sentences, book, policy.retire.on),
        events=Events(bursts, register, messages),
        refresh=RefreshOne(collect, conclude, bursts, shelves, looks, messages, settings.only_subscriptions, due),
        retire=retire,
        retirements=Retirements(cases, messages),
        costs=costs,
        known=known,
        deliveries=deliveries,
        silences=silences,
        silencing=Silencing(
            silences, shelves, looks, messages, timedelta(days=settings.silence_days), settings.only_subscriptions
        ),
        answer=Answer(register, looks, messages, settings.only_subscriptions, settings.max_years_ahead),
        register=register,
        messages=messages,
        shelves=shelves,
        looks=looks,
        outbox=outbox,
        views=views,
        bills=bills,
    )


def azure_session(settings: Settings, clock: Clock) -> Session:
    """One session for all readers."""
    credential = make_credential(client_id=settings.client_id, authority=settings.cloud.authority)
    return Session(azure_endpoints(settings), credential, clock)


def azure_endpoints(settings: Settings) -> Endpoints:
    """Where Azure is."""
    cloud = settings.cloud
    return Endpoints(
        resource_manager=cloud.resource_manager,
        resource_manager_audience=cloud.resource_manager_audience,
        metrics=cloud.metrics,
        metrics_audience=cloud.metrics_audience,
        timestamp=cloud.timestamp,
        signing=cloud.signing,
    )


def azure_sources(settings: Settings, clock: Clock, session: Session | None = None) -> Sources:
    """The real readers."""
    from shared.cloud.costs import CostManagement
    from shared.cloud.reach import PublicReach
    from shared.cloud.subscriptions import ArmSubscriptions

    session = session or azure_session(settings, clock)
    deletes = settings.policy.retire.mode.deletes
    inventory = GraphInventory(
        session, subscriptions=settings.watch_subscriptions, management_groups=settings.watch_management_groups
    )
    return Sources(
        inventory=inventory,
        accounts=ArmAccounts(session),
        usage=MonitorUsage(session),
        subscriptions=ArmSubscriptions(session),
        costs=CostManagement(session),
        reach=PublicReach(session),
        meter=session.calls,
        eraser=azure_eraser(settings, clock) if deletes else None,
    )


def azure_eraser(settings: Settings, clock: Clock) -> Eraser:
    """With the deleter's own identity, where one is set (on one's own machine it is whoever is signed in)."""
    from shared.cloud.eraser import ArmEraser, transport_of_one

    client_id = settings.deleter_client_id or settings.client_id
    credential = make_credential(client_id=client_id, authority=settings.cloud.authority)
    return ArmEraser(Session(azure_endpoints(settings), credential, clock, transport=transport_of_one()), clock)


def azure_storage(settings: Settings) -> Storage:
    """The host's own storage account: by identity, or by a connection string where no endpoint is given.

    Raises ValueError where it is not set.
    """
    # Heavy; the command line's read-only look never needs them.
    from shared.store.azure_blobs import AzureBlobs, blob_service, blob_service_by_key
    from shared.store.azure_queues import AzureQueues, queue_service, queue_service_by_key
    from shared.store.azure_tables import AzureRows, table_service, table_service_by_key

    endpoints = [settings.storage_endpoint(service) for service in ("table", "queue", "blob")]
    clients: tuple[Closable, ...]
    if all(endpoints):
        credential = make_credential(client_id=settings.client_id, authority=settings.cloud.authority)
        table, queue, blob = endpoints
        tables, queues = table_service(table, credential), queue_service(queue, credential)
        blobs = blob_service(blob, credential)
        clients = (tables, queues, blobs, credential)
    elif (connection := settings.storage.get_secret_value()) and not any(endpoints):
        tables, queues = table_service_by_key(connection), queue_service_by_key(connection)
        blobs = blob_service_by_key(connection)
        clients = (tables, queues, blobs)
    else:
        raise ValueError(NO_STORAGE)
    return Storage(
        AzureRows(tables, "Subscriptions"),
        AzureRows(tables, "Looks"),
        AzureRows(tables, "Outbox"),
        AzureQueues(queues),
        AzureBlobs(blobs),
        clients,
    )


def storage_errors() -> tuple[type[Exception], ...]:
    """What reading and writing raise where nobody is signed in, a role is missing or nothing answers."""
    from shared.store.azure_clients import UNREACHABLE

    return UNREACHABLE


def in_memory_storage() -> Storage:
    """Nothing is kept."""
    from shared.store.in_memory import InMemoryBlobs, InMemoryQueues, InMemoryRows

    return Storage(InMemoryRows(), InMemoryRows(), InMemoryRows(), InMemoryQueues(), InMemoryBlobs())
