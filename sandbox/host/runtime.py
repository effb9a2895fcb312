"""Microsoft's own runtime library, driven without protobuf: it indexes the app and calls its functions."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from azure_functions_runtime import handle_event, native_invocation
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.utils.threadpool import start_threadpool_executor

from sandbox.host.functions import Function, function_from

__all__ = ["AppError", "Datum", "Outcome", "index", "invoke"]


class AppError(RuntimeError):
    """The app could not be indexed; in the cloud not one of its functions would exist."""


class BindingInfo(SimpleNamespace):
    """Stands in for the protobuf message. The library compares directions with these numbers."""

    In = 0
    out = 1
    inout = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call came to. `error` is empty when it went well."""

    returned: Any = None
    outputs: Sequence[tuple[str, Any]] = ()
    error: str = ""

    @property
    def succeeded(self) -> bool:
        return not self.error


def index(folder: Path) -> list[Function]:
    """Import function_app.py of `folder` and find its functions. Raises AppError."""
    script = folder / "function_app.py"
    if not script.is_file():
        raise AppError(f"{script} does not exist: {folder} is not a Functions app in the Python v2 model.")
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    handle_event.protos = SimpleNamespace(
        BindingInfo=BindingInfo, RpcFunctionMetadata=SimpleNamespace, RpcRetryOptions=SimpleNamespace
    )
    try:
        handle_event.load_binding_registry()
        metadata = handle_event.index_functions(str(script), str(folder))
    except Exception as error:
        raise AppError(f"{script} could not be imported and indexed, so the app has no functions at all.") from error
    start_threadpool_executor()
    return [function_from(entry) for entry in metadata or []]


async def invoke(
    function: Function, datum: Any, trigger_metadata: Mapping[str, Any], retry: int = 0, invocation_id: str = ""
) -> Outcome:
    """Call the function once. What it raises is logged by the library and comes back as `error`."""
    ok, returned, outputs, error, _ = await native_invocation.invocation_request_native(
        invocation_id or str(uuid4()),
        function.id,
        [(function.trigger.name, datum)],
        dict(trigger_metadata),
        retry_count=retry,
        max_retry_count=function.retry.attempts if function.retry else 0,
    )
    return Outcome(returned, outputs) if ok else Outcome(error=error or "it failed")
