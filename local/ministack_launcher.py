"""Starts ministack, run by its own interpreter: `.venv-emulator/bin/python -P local/ministack_launcher.py [--stay]`.

What is mended of ministack 1.5.33 on the way:
- A Python function that raises is answered with the error type `Runtime.HandlerError`, whatever it raised, so that no
  `Retry` of a state machine that names an exception ever matches. AWS gives the name of the exception's class, and
  `Runtime.ExitError` for a process that has died.
- The function's process is ended after every exception. AWS keeps it, and a retry storm would start a new one per try.
- Every process of a function unpacks the zip for itself: 65 MB and 3,000 files, to be compiled anew. Here they share
  one folder, which makes a cold start several times faster. It is kept for the next run: `UNPACKED_ZIPS` says where.

Without `--stay` the emulator ends when the process that started it does.
"""

import hashlib
import os
import shutil
import signal
import sys
import threading
import time
import types
import zipfile
from pathlib import Path
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
_unpacking = threading.Lock()


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
        if result.get("error") and not _is_functions_own(result["body"]):
            result["body"]["errorType"] = "Runtime.ExitError"
        return result

    lambda_runtime.Worker.invoke = invoke_and_remember
    lambda_svc._execute_function_warm = execute_and_tell


def _is_functions_own(error: dict[str, Any]) -> bool:
    """Whether an error that no exception of the handler has made is the function's: too slow, or it can't be imported.

    The others are the emulator's words for a process that has died, also for what goes wrong when it ends its siblings.
    """
    return error.get("errorType") == "Sandbox.Timedout" or error.get("errorMessage", "").startswith(
        "Worker init failed"
    )


class SharedZip(zipfile.ZipFile):
    """A zip that is unpacked once, however often it is asked for, and by whichever emulator of this project."""

    def extractall(self, path: Any = None, *_: Any, **__: Any) -> None:
        """Put a link to the unpacked zip where the empty folder `path` is."""
        digest = hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()
        unpacked = Path(os.environ["UNPACKED_ZIPS"]) / digest[:32]
        with _unpacking:
            if not unpacked.exists():
                self._unpack(unpacked)
        os.utime(unpacked)
        os.rmdir(path)
        os.symlink(unpacked, path)

    def _unpack(self, unpacked: Path) -> None:
        part = f"{unpacked}.{os.getpid()}"
        super().extractall(part)
        try:
            os.rename(part, unpacked)
        except OSError:  # another emulator was faster
            shutil.rmtree(part, ignore_errors=True)


def share_unpacked_zips() -> None:
    """Make the processes of all functions of a zip share its files."""
    names = {name: getattr(zipfile, name) for name in ("BadZipFile", "LargeZipFile")}
    lambda_runtime.zipfile = types.SimpleNamespace(ZipFile=SharedZip, LargeFileError=zipfile.LargeZipFile, **names)


def end_with(parent: int) -> None:
    """End this process once its parent is gone, so that a killed test run leaves no emulator behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    mend_error_types()
    share_unpacked_zips()
    if "--stay" in sys.argv:
        sys.argv.remove("--stay")
    else:
        end_with(os.getppid())
    app.main()
