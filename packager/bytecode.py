"""Compiles what goes into the zip: Lambda can't keep what it compiles, so every cold start would do it again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WHERE_LAMBDA_UNPACKS = "/var/task"


class CompilationFailed(Exception):
    """The interpreter compiles nothing."""


def find_compiler(python: str) -> str | None:
    """An interpreter of that version (`3.13`), whose bytecode Lambda can read; None if this machine has none."""
    for command in (sys.executable, shutil.which(f"python{python}")):
        if command and _version_of(command) == python:
            return command
    return None


def compile_folder(folder: Path, compiler: str) -> None:
    """Put bytecode beside every module below `folder`, the same for the same sources.

    It holds no time of its source, which a zip changes, and tracebacks name files as they are in Lambda. A module that
    does not compile (a template, or for another Python) stays as it is.

    Raises:
        CompilationFailed: none does.
    """
    options = ["-q", "-q", "--invalidation-mode=unchecked-hash", "-s", str(folder), "-p", WHERE_LAMBDA_UNPACKS]
    environ = {**os.environ, "PYTHONHASHSEED": "0"}  # the order of sets in bytecode
    subprocess.run([compiler, "-m", "compileall", *options, str(folder)], check=False, env=environ)
    if not any(folder.rglob("*.pyc")):
        raise CompilationFailed(f"{compiler} -m compileall makes no bytecode: see what it says of any module")


def _version_of(command: str) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([command, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode().strip() if done.returncode == 0 else None
