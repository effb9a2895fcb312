"""When a timer is due next, kept in a blob, so that an occurrence missed by one host is made up for by another."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob.aio import BlobClient

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    blob: BlobClient

    async def next(self) -> datetime | None:
        try:
            download = await self.blob.download_blob()
            return datetime.fromisoformat(json.loads(await download.readall())["Next"])
        except ResourceNotFoundError:
            return None
        except (AzureError, ValueError, KeyError):
            logger.exception("The schedule status %s could not be read", self.blob.blob_name)
            return None

    async def record(self, last: datetime, following: datetime) -> None:
        status = {"Last": last.isoformat(), "Next": following.isoformat(), "LastUpdated": last.isoformat()}
        try:
            await self.blob.upload_blob(json.dumps(status).encode(), overwrite=True)
        except AzureError:
            logger.exception("The schedule status %s could not be written", self.blob.blob_name)
