"""What is mended of the emulator on its way, and that none is left behind."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws import LocalAws
from local.emulator import PROJECT, Emulator
from local.values import arn, function_role
from tests.e2e.waiting import wait_for

CODE = """
import os, signal

class OfThisFunction(Exception): pass

def handler(event, context):
    if event == "raise":
        raise OfThisFunction("with a text")
    if event == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()
"""


@pytest.fixture(scope="module")
def call(local_aws: LocalAws) -> Iterator[Any]:
    """Calls a function of its own."""
    client, name = local_aws.emulator.client("lambda"), "e2e-raises"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("raising.py", CODE)
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="raising.handler",
        Role=arn("iam", f"role/{function_role('start_upload')}"),
        Code={"ZipFile": buffer.getvalue()},
    )
    yield lambda event: json.loads(client.invoke(FunctionName=name, Payload=json.dumps(event))["Payload"].read())
    client.delete_function(FunctionName=name)


def test_an_exception_is_reported_with_its_class_and_the_process_lives_on(call: Any) -> None:
    process = call("tell")
    error = call("raise")
    assert (error["errorType"], error["errorMessage"]) == ("OfThisFunction", "with a text")
    assert call("tell") == process


def test_a_process_that_died_is_reported_as_aws_does(call: Any) -> None:
    assert call("die")["errorType"] == "Runtime.ExitError"
    assert isinstance(call("tell"), int)


def test_an_emulator_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from local import emulator
print(emulator.start(Path({str(tmp_path)!r})).pid, flush=True)
input()
"""
    command, pipe = [sys.executable, "-c", program], subprocess.PIPE
    with subprocess.Popen(command, cwd=PROJECT, text=True, stdin=pipe, stdout=pipe) as starter:
        assert starter.stdout is not None
        emulator = Emulator(int(starter.stdout.readline()), 0, str(tmp_path))
        assert emulator.is_running()
        os.kill(starter.pid, signal.SIGKILL)
    wait_for(lambda: not emulator.is_running(), limit=10)
    assert Emulator.found_in(tmp_path) is None


def test_an_emulator_that_still_runs_in_its_home_is_stopped_before_another_starts(tmp_path: Path) -> None:
    program = f"""
from pathlib import Path
from local import emulator
first = emulator.start(Path({str(tmp_path)!r}))
second = emulator.start(Path({str(tmp_path)!r}))
assert not first.is_running() and second.is_running()
second.stop()
assert not second.is_running()
"""
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)
