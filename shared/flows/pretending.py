"""Pretending: an eraser that only says what it would delete. Wiring puts it in wherever nothing may be deleted."""

import logging

from shared.domain.account import SigningAccount
from shared.ports.retiring import Erased, Fate

log = logging.getLogger(__name__)


class PretendingEraser:
    """Has no hand on Azure at all."""

    async def erase(self, account: SigningAccount) -> Erased:
        """Writes a line."""
        log.info("%s would be deleted now; it is only pretended", account.name)
        return Erased(Fate.PRETENDED, "it would have been deleted now")
