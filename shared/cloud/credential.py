"""Who we are to Azure: whatever azure-identity finds, from a managed identity to `az login`."""

from azure.core.credentials import AzureKeyCredential
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.identity.aio import DefaultAzureCredential

from shared.ports.errors import DeliveryError


def make_credential(*, client_id: str = "", authority: str = "") -> AsyncTokenCredential:
    """`client_id` chooses a user-assigned identity; `authority` is the sign-in host of a sovereign cloud."""
    chosen = {"managed_identity_client_id": client_id, "authority": authority}
    return DefaultAzureCredential(**{name: value for name, value in chosen.items() if value})


def key_credential(key: str) -> AzureKeyCredential:
    """Whoever knows the key."""
    return AzureKeyCredential(key)


async def token_for(audience: str) -> tuple[str, str]:
    """One token of whoever is signed in here, or why there is none, in a line."""
    async with make_credential() as credential:
        try:
            return (await credential.get_token(f"{audience.rstrip('/')}/.default")).token, ""
        except (AzureError, ValueError) as error:
            return "", next(iter(str(error).splitlines()), type(error).__name__)


class IdentityTokens:
    """`Tokens` of the identity that Countersign runs as."""

    def __init__(self, credential: AsyncTokenCredential) -> None:
        self._credential = credential

    async def token(self, scope: str) -> str:
        """Azure's own library keeps it until it is due. What it says of each way it tried is not for messages."""
        try:
            return (await self._credential.get_token(scope)).token
        except (AzureError, ValueError) as error:
            raise DeliveryError("Countersign's identity got no token to send with.", permanent=False) from error
