"""What Cost Management means when it refuses: it says so in words, under codes that tell little."""

from azure.core.exceptions import HttpResponseError

_GROUPING = ("grouping", "resourceid", "not supported", "notsupported", "unsupported")
_KIND_OF_SCOPE = ("notsupported", "unsupported")
_NO_FORECAST = (
    *("history", "historical", "insufficient", "not enough", "training", "unavailable"),
    "forecastonthepast",  # The month has ended meanwhile.
)


def grouping_refused(error: HttpResponseError, scope: str) -> bool:
    """Narrower scopes may tell which resource was charged. Below a subscription there are none worth asking."""
    if scope.startswith("/subscriptions/"):
        return False
    match error.status_code:
        case 400:
            return _any_of(_GROUPING, _told(error))
        case 404:  # It is the code of a scope that does not exist, too, with words that may be anything.
            return _any_of(_KIND_OF_SCOPE, _code(error))
        case _:
            return False


def forecast_unavailable(error: HttpResponseError) -> bool:
    """There is too little history to go by, or nothing of the month is left to be foreseen."""
    return error.status_code in {400, 424} and _any_of(_NO_FORECAST, _told(error))


def _told(error: HttpResponseError) -> str:
    return f"{_code(error)} {error.error.message}".lower() if error.error else ""


def _code(error: HttpResponseError) -> str:
    return str(error.error.code).lower() if error.error else ""


def _any_of(words: tuple[str, ...], told: str) -> bool:
    return any(word in told for word in words)
