"""Where the options of a command say that Countersign runs."""

import argparse
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.cli.remote import Remote


def at(options: argparse.Namespace) -> AbstractAsyncContextManager["Remote"]:
    """Where the options say that it runs; what asks over HTTP is imported only then."""
    from shared.cli.remote import remote

    return remote(options.url, options.audience)
