"""The local AWS as a whole: emulator, Amazon's side, and the app; started, remembered, found again."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local import emulator as emulators
from local.amazon import simulator as simulators
from local.amazon.simulator import Simulator
from local.deployment import Deployment, build_package, deploy
from local.emulator import PROJECT, Credentials, Emulator

HOME = PROJECT / ".local"
"""Where the local AWS of `make up` is at home."""
KEPT_FOR = 24 * 3600.0
"""Seconds until the folder of a run that was broken off is removed."""
CONFIRMATION_LIMIT = 60.0
"""Seconds until the app has to have confirmed the subscription to Amazon's topic."""

Say = Callable[[str], None]


class NotConfirmed(Exception):
    """The app has not confirmed the subscription to Amazon's topic."""


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS."""

    emulator: Emulator
    simulator: Simulator
    deployment: Deployment


def start(
    home: Path,
    say: Say,
    *,
    stay: bool = False,
    port: int | None = None,
    settings: Mapping[str, Any] | None = None,
    work_seconds: int = 1,
    slow_seconds: int = 20,
    **emulator_settings: str,
) -> LocalAws:
    """Start everything and wait until the app has confirmed its subscription.

    Args:
        say: told of each step, in words.
        settings: Terraform variables that differ from their defaults, e.g. `{"var.max_batch_items": 100}`.
        work_seconds, slow_seconds: see `local.amazon.simulator.install`.
        emulator_settings: see `local.emulator.start`.

    Raises:
        NotConfirmed: the app does not work.
    """
    say("packaging the app")
    package = build_package()
    say("starting the emulator")
    emulator = emulators.start(home, port=port, stay=stay, **emulator_settings)
    try:
        say("installing Amazon's side")
        simulator = simulators.install(emulator, work_seconds=work_seconds, slow_seconds=slow_seconds)
        say("deploying the app")
        deployment = deploy(emulator, simulator, package, settings=settings)
        say("telling Amazon the role and the queue")
        simulator.register(deployment.catalog_api_role_arn, deployment.queue_arn)
        _wait_for_confirmation(simulator, deployment)
        _remember(home, deployment)
    except BaseException:
        emulator.stop()
        raise
    return LocalAws(emulator, simulator, deployment)


@contextmanager
def running(name: str, say: Say, **keywords: Any) -> Iterator[LocalAws]:
    """A local AWS for the length of a `with` block, beside any other; arguments as for `start`.

    Its folder is `.local/<name>-<process id>`. If the block raises, it is kept for its log, for a day.
    """
    for left in HOME.glob(f"{name}-*"):
        if time.time() - left.stat().st_mtime > KEPT_FOR:
            shutil.rmtree(left, ignore_errors=True)
    home = HOME / f"{name}-{os.getpid()}"
    aws = start(home, say, **keywords)
    try:
        yield aws
    finally:
        aws.emulator.stop()
    shutil.rmtree(home, ignore_errors=True)


def found_in(home: Path) -> LocalAws | None:
    """The local AWS that runs in this home, if there is one."""
    emulator = Emulator.found_in(home)
    if emulator is None or not _memory(home).exists():
        return None
    remembered = json.loads(_memory(home).read_text())
    retailer = Credentials(**remembered.pop("retailer"))
    deployment = Deployment(emulator=emulator, retailer=retailer, **remembered)
    return LocalAws(emulator, simulators.find(emulator), deployment)


def stop(home: Path) -> bool:
    """Stop the local AWS that runs in this home; whether there was one."""
    emulator = Emulator.found_in(home)
    if emulator is not None:
        emulator.stop()
    _memory(home).unlink(missing_ok=True)
    return emulator is not None


def _wait_for_confirmation(simulator: Simulator, deployment: Deployment) -> None:
    deadline = time.monotonic() + CONFIRMATION_LIMIT
    while not simulator.is_confirmed(deployment.catalog_api_role_arn):
        if time.monotonic() > deadline:
            raise NotConfirmed(
                f"the app has not confirmed its subscription within {CONFIRMATION_LIMIT:.0f} seconds:"
                f" see {simulator.emulator.log}"
            )
        time.sleep(0.2)


def _remember(home: Path, deployment: Deployment) -> None:
    remembered = {name: value for name, value in asdict(deployment).items() if name != "emulator"}
    descriptor = os.open(_memory(home), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it has the retailer's keys
    with os.fdopen(descriptor, "w") as file:
        json.dump(remembered, file)


def _memory(home: Path) -> Path:
    return home / "deployment.json"
