"""The emulator of AWS (ministack): start, reach, stop.

It runs in a virtual environment of its own, so that a package missing from the Lambda zip is missing here, too.
"""

import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.config import Config

PROJECT = Path(__file__).resolve().parent.parent
EMULATOR_PYTHON = PROJECT / ".venv-emulator" / "bin" / "python"
LAUNCHER = PROJECT / "local" / "ministack_launcher.py"
UNPACKED_ZIPS = PROJECT / ".build" / "unpacked"
"""Where all emulators of the project unpack the functions' zips: unpacking and compiling takes seconds."""
KEPT_UNPACKED = 24 * 3600.0
"""Seconds after its last use until an unpacked zip is removed."""
ACCOUNT = "000000000000"
"""The emulator's default account. A 12-digit access key is that account's root, whose rights are not checked."""
REGION = "us-east-1"
START_LIMIT = 60.0
"""Seconds until the emulator has to be healthy."""
STOP_LIMIT = 3.0
"""Seconds that it has to end by itself."""


_started: dict[int, subprocess.Popen[bytes]] = {}
"""Emulators that this process has started, by process id: kept, so that they are waited for when they have ended."""


class EmulatorError(Exception):
    """The emulator cannot be started; the text says why and what to do."""


@dataclass(frozen=True)
class Credentials:
    """Keys of the root, of an IAM user, or of a session."""

    access_key: str
    secret_key: str
    session_token: str | None = None

    def environment(self) -> dict[str, str]:
        """As the environment variables that the SDKs and the command line read."""
        values = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        return {**values, "AWS_SESSION_TOKEN": self.session_token} if self.session_token else values


ROOT = Credentials(ACCOUNT, "test")


@dataclass(frozen=True)
class Emulator:
    """A running emulator. `home` is the folder with its log, its state file and its functions' files."""

    pid: int
    port: int
    home: str

    @property
    def endpoint(self) -> str:
        """What `AWS_ENDPOINT_URL` is set to."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What the emulator writes, the functions' own output included."""
        return Path(self.home) / "emulator.log"

    def client(self, service: str, credentials: Credentials = ROOT) -> Any:
        """A client of one service. Making one takes a quarter of a second, so each is made once."""
        return _client(self.endpoint, service, credentials)

    def environment(self, credentials: Credentials = ROOT) -> dict[str, str]:
        """The variables that point the AWS command line, Terraform and the SDKs to this emulator."""
        return {"AWS_ENDPOINT_URL": self.endpoint, "AWS_DEFAULT_REGION": REGION, **credentials.environment()}

    def user(self, name: str, policy: Mapping[str, Any]) -> Credentials:
        """Create an IAM user with this one policy; unlike the root's, its rights are checked."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="given", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def is_running(self) -> bool:
        """Whether the process is still the emulator: a process id may have been given to another one since."""
        if (process := _started.get(self.pid)) is not None:
            return process.poll() is None
        found = subprocess.run(
            ["ps", "-ww", "-o", "command=", "-p", str(self.pid)], capture_output=True, text=True, check=False
        )
        return LAUNCHER.name in found.stdout

    def stop(self) -> None:
        """End the emulator and its functions, and remove what they left. Does nothing if it has ended."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self.is_running():
                os.killpg(self.pid, sign)
                _wait_until(lambda: not self.is_running(), STOP_LIMIT)
        shutil.rmtree(_scratch(Path(self.home)), ignore_errors=True)
        _state_file(Path(self.home)).unlink(missing_ok=True)

    @classmethod
    def found_in(cls, home: Path) -> Self | None:
        """The emulator that runs in this home, if there is one. A state file whose process has ended is removed."""
        try:
            emulator = cls(**json.loads(_state_file(home).read_text()))
        except (OSError, ValueError, TypeError):
            return None
        if not emulator.is_running():
            emulator.stop()
            return None
        return emulator


def start(home: Path, *, auth: bool = True, port: int | None = None, stay: bool = False, **settings: str) -> Emulator:
    """Start an emulator on a free port and wait until it is healthy.

    Args:
        home: folder for its log and files. One emulator runs in a home; one that still does is stopped.
        auth: verify signatures and enforce policies.
        port: a fixed port instead of a free one.
        stay: let it run on when this process ends.
        settings: environment variables of ministack, e.g. `SFN_WAIT_SCALE="0.1"`.

    Raises:
        EmulatorError: it is not installed, or it did not become healthy in time.
    """
    if not EMULATOR_PYTHON.exists():
        raise EmulatorError(f"{EMULATOR_PYTHON.parent.parent.name} is missing: run `make setup`")
    if (left := Emulator.found_in(home)) is not None:
        left.stop()
    _scratch(home).mkdir(parents=True, exist_ok=True)
    _remove_unused(UNPACKED_ZIPS)
    for _ in range(1 if port else 3):  # a free port can be taken by another process before the emulator has it
        emulator = _start_on(port or _free_port(), home, auth=auth, stay=stay, settings=settings)
        if emulator.is_running() and _is_healthy(emulator):
            return emulator
        emulator.stop()
    raise EmulatorError(f"the emulator did not start; the end of {emulator.log}:\n{_tail(emulator.log)}")


@contextmanager
def running(home: Path, *, auth: bool = True, port: int | None = None, **settings: str) -> Iterator[Emulator]:
    """An emulator for the length of a `with` block; arguments as for `start`."""
    emulator = start(home, auth=auth, port=port, stay=False, **settings)
    try:
        yield emulator
    finally:
        emulator.stop()


@functools.cache
def _client(endpoint: str, service: str, credentials: Credentials) -> Any:
    session: Any = boto3.Session(
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.session_token,
        region_name=REGION,
    )
    config = Config(retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=50, read_timeout=120)
    return session.client(service, endpoint_url=endpoint, config=config)


def _start_on(port: int, home: Path, *, auth: bool, stay: bool, settings: Mapping[str, str]) -> Emulator:
    emulator = Emulator(_spawn(home, port, auth=auth, stay=stay, settings=settings), port, str(home))
    _state_file(home).write_text(json.dumps(asdict(emulator)))
    _wait_until(lambda: _is_healthy(emulator) or not emulator.is_running(), START_LIMIT, every=0.1)
    return emulator


def _spawn(home: Path, port: int, *, auth: bool, stay: bool, settings: Mapping[str, str]) -> int:
    # A clean environment: nothing of the caller's AWS configuration or proxies may reach the functions.
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TMPDIR": str(_scratch(home)),
        "UNPACKED_ZIPS": str(UNPACKED_ZIPS),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": str(auth).lower(),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        **settings,
    }
    command = [str(EMULATOR_PYTHON), "-P", str(LAUNCHER), *(["--stay"] if stay else [])]
    with (home / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    _started[process.pid] = process
    return process.pid


def _is_healthy(emulator: Emulator) -> bool:
    try:
        with urllib.request.urlopen(f"{emulator.endpoint}/_ministack/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _wait_until(condition: Any, limit: float, every: float = 0.05) -> bool:
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _remove_unused(unpacked_zips: Path) -> None:
    unpacked_zips.mkdir(parents=True, exist_ok=True)
    for unpacked in unpacked_zips.iterdir():
        if time.time() - unpacked.stat().st_mtime > KEPT_UNPACKED:
            shutil.rmtree(unpacked, ignore_errors=True)


def _scratch(home: Path) -> Path:
    return home / "functions"


def _state_file(home: Path) -> Path:
    return home / "emulator.json"


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
