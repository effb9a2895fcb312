"""Rows in Azure Tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from azure.core.async_paging import AsyncItemPaged
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.data.tables import TableEntity, TableErrorCode
from azure.data.tables.aio import TableServiceClient

from shared.ports.errors import Conflict
from shared.store import limits
from shared.store.azure_clients import client_options, spelled_out
from shared.store.azure_entities import Step, row_of, step_of
from shared.store.rows import Delete, Operation, Row

PAGE_ROWS = 1000  # The most that Azure answers with at once.

_CONFLICTS = (
    TableErrorCode.ENTITY_ALREADY_EXISTS,
    TableErrorCode.UPDATE_CONDITION_NOT_SATISFIED,
    TableErrorCode.CONDITION_NOT_MET,
    TableErrorCode.RESOURCE_NOT_FOUND,
    TableErrorCode.ENTITY_NOT_FOUND,
)


def table_service(endpoint: str, credential: AsyncTokenCredential, **options: Any) -> TableServiceClient:
    """A client of all tables behind an endpoint; who asks for it closes it."""
    return TableServiceClient(endpoint, credential=credential, **client_options() | options)


def table_service_by_key(connection_string: str, **options: Any) -> TableServiceClient:
    """The same by a connection string. Raises ValueError where it is none."""
    return TableServiceClient.from_connection_string(spelled_out(connection_string), **client_options() | options)


class AzureRows:
    """`Rows` in one table, made on the first write when it is missing; until then it reads as empty.

    A write that the SDK repeated (`client_options`) may raise Conflict for what this very call has written.
    """

    def __init__(self, service: TableServiceClient, table: str) -> None:
        limits.check_table_name(table)
        self._service = service
        self._table = service.get_table_client(table)

    async def query(self, partition: str, first: str = "", last: str = "", limit: int = 0) -> Sequence[Row]:
        """As `Rows.query`."""
        limits.check_key(partition)
        found: list[Row] = []
        try:
            async for entity in self._entities(partition, first, last, limit):
                found.append(row_of(entity))
                if len(found) == limit:
                    break
        except ResourceNotFoundError as error:
            if not _table_is_missing(error):
                raise
        return found

    async def get(self, partition: str, key: str) -> Row | None:
        """As `Rows.get`."""
        limits.check_key(partition)
        limits.check_key(key)
        try:
            return row_of(await self._table.get_entity(partition, key))
        except ResourceNotFoundError:
            return None

    async def transact(self, partition: str, operations: Sequence[Operation]) -> Sequence[str]:
        """As `Rows.transact`."""
        limits.check_transaction(partition, operations)
        if not operations:
            return []
        try:
            answers = await self._send([step_of(partition, operation) for operation in operations])
        except HttpResponseError as error:
            if _code(error) in _CONFLICTS:
                raise Conflict(f"{_code(error)} in {self._table.table_name}, {partition!r}") from error
            raise
        pairs = zip(operations, answers, strict=True)
        return ["" if isinstance(operation, Delete) else answer["etag"] for operation, answer in pairs]

    def _entities(self, partition: str, first: str, last: str, limit: int) -> AsyncItemPaged[TableEntity]:
        wanted = ["PartitionKey eq @partition", *["RowKey ge @first"] * bool(first), *["RowKey lt @last"] * bool(last)]
        return self._table.query_entities(
            " and ".join(wanted),
            parameters={"partition": partition, "first": first, "last": last},
            results_per_page=min(limit or PAGE_ROWS, PAGE_ROWS),
        )

    async def _send(self, steps: Sequence[Step]) -> Sequence[Mapping[str, Any]]:
        try:
            return await self._table.submit_transaction(steps)
        except HttpResponseError as error:
            if not _table_is_missing(error):
                raise
        await self._service.create_table_if_not_exists(self._table.table_name)
        return await self._table.submit_transaction(steps)


def _code(error: HttpResponseError) -> str:
    """The service's own word for what is wrong, "" when the answer did not come from it."""
    code = getattr(error, "error_code", None)  # Of a transaction a plain text, otherwise a TableErrorCode.
    return str(code.value if isinstance(code, TableErrorCode) else code or "")


def _table_is_missing(error: HttpResponseError) -> bool:
    return _code(error) == TableErrorCode.TABLE_NOT_FOUND
