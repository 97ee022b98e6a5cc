"""The app's Lambda functions as a test handles them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.emulator import PROJECT, Emulator
from local.values import function_name

SCHEDULED = {
    "version": "0",
    "id": "e2e",
    "account": "000000000000",
    "region": "us-east-1",
    "time": "2026-01-01T00:00:00Z",
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "detail": {},
    "resources": [],
}


class FunctionFailed(Exception):
    """A function has raised; the text is what it raised."""


class Functions:
    """Calls functions, and makes them fail."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._lambda = emulator.client("lambda")

    def call(self, name: str, event: dict[str, Any]) -> Any:
        """Call a function and wait for its answer.

        Raises:
            FunctionFailed: it raises.
        """
        answer = self._lambda.invoke(FunctionName=function_name(name), Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise FunctionFailed(f"{payload.get('errorType')}: {payload.get('errorMessage')}")
        return payload

    def reconcile(self) -> None:
        """What the schedule does every few minutes."""
        self.call("reconcile", SCHEDULED)

    def reconcile_later(self, minutes: int) -> None:
        """What the schedule will do in so many minutes: the function's code and settings, its clock put forward."""
        program = f"""
import datetime
from chalicelib.tracking import clock
now = clock.utc_now
clock.utc_now = lambda: now() + datetime.timedelta(minutes={minutes})
from chalicelib import wiring
wiring.reconcile({{}})
"""
        environment = {**self._emulator.environment(), **self._settings("reconcile")}
        subprocess.run([sys.executable, "-c", program], cwd=PROJECT, env=environment, check=True)

    @contextmanager
    def starved(self, name: str) -> Iterator[None]:
        """Within the block no call of the function gets through: each is answered with TooManyRequestsException."""
        self._lambda.put_function_concurrency(FunctionName=function_name(name), ReservedConcurrentExecutions=0)
        try:
            yield
        finally:
            self._lambda.delete_function_concurrency(FunctionName=function_name(name))

    @contextmanager
    def with_setting(self, name: str, **settings: str) -> Iterator[None]:
        """Within the block the function has other environment variables."""
        found = self._settings(name)
        self._set(name, {**found, **settings})
        try:
            yield
        finally:
            self._set(name, found)

    def _settings(self, name: str) -> dict[str, str]:
        configuration = self._lambda.get_function_configuration(FunctionName=function_name(name))
        return dict(configuration["Environment"]["Variables"])

    def _set(self, name: str, variables: dict[str, str]) -> None:
        self._lambda.update_function_configuration(
            FunctionName=function_name(name), Environment={"Variables": variables}
        )
