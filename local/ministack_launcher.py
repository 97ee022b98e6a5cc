"""Starts ministack, run by its own interpreter: `.venv-emulator/bin/python -P local/ministack_launcher.py [--stay]`.

Two things of ministack 1.5.33 are mended on the way. A Python function that raises is answered with the error type
`Runtime.HandlerError`, whatever it raised, so that no `Retry` of a state machine that names an exception ever matches;
AWS gives the name of the exception's class. And the function's process is ended after every exception; AWS keeps it,
and a retry storm would start a new process for each try.

Without `--stay` the emulator ends when the process that started it does.
"""

import os
import signal
import sys
import threading
import time
from typing import Any

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

_REPORTS_TEXT_ONLY = 'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})'
_REPORTS_CLASS_TOO = (
    'json.dumps({"status": "ok", "raised": {"errorMessage": str(e), "errorType": type(e).__name__,'
    ' "stackTrace": traceback.format_exc().splitlines()}})'
)

_raised = threading.local()


def mend_error_types() -> None:
    """Make functions that raise report the class of their exception, and keep their process."""
    if lambda_runtime._PYTHON_WORKER_SCRIPT.count(_REPORTS_TEXT_ONLY) != 1:
        sys.exit("ministack has changed how a function reports an exception: see local/ministack_launcher.py")
    lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(
        _REPORTS_TEXT_ONLY, _REPORTS_CLASS_TOO
    )
    invoke, execute = lambda_runtime.Worker.invoke, lambda_svc._execute_function_warm

    def invoke_and_remember(self: Any, *args: Any, **keywords: Any) -> Any:
        response = invoke(self, *args, **keywords)
        _raised.error = response.get("raised")
        return response

    def execute_and_tell(*args: Any) -> Any:
        _raised.error = None
        result = execute(*args)
        if _raised.error is not None:
            trace = "\n".join(_raised.error["stackTrace"])
            return {"body": _raised.error, "error": True, "log": f"{result.get('log', '')}\n{trace}".lstrip()}
        return result

    lambda_runtime.Worker.invoke = invoke_and_remember
    lambda_svc._execute_function_warm = execute_and_tell


def end_with(parent: int) -> None:
    """End this process once its parent is gone, so that a killed test run leaves no emulator behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    mend_error_types()
    if "--stay" in sys.argv:
        sys.argv.remove("--stay")
    else:
        end_with(os.getppid())
    app.main()
