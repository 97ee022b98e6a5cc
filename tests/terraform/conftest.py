"""What the tests of the Terraform code need: Terraform, a provider, the package, and the emulator.

They take minutes: `make test` leaves them to `make check-terraform` and `make e2e-terraform`, by TERRAFORM_TESTS.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import emulator as emulators
from local.amazon import simulator as simulators
from local.amazon.simulator import Simulator
from local.deployment import build_package
from local.emulator import Emulator
from tests.terraform.deployed import Deployed, deploy
from tests.terraform.drive import UploadView, drive
from tests.terraform.workspace import PROJECT, TerraformFailed, Workspace

collect_ignore = [] if "TERRAFORM_TESTS" in os.environ else ["test_applied.py", "test_checks.py"]

RECORDER = Path(__file__).parent / "recorder"


@pytest.fixture(scope="session")
def package() -> Path:
    """The app, packaged for this machine."""
    return build_package()


@pytest.fixture(scope="session")
def workspace(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The root, initialized and not applied. Where that can't be done, the test is skipped and says why."""
    if not shutil.which("terraform"):
        pytest.skip("Terraform is not installed")
    try:
        return Workspace.copy(tmp_path_factory.mktemp("terraform") / "root", package)
    except TerraformFailed as error:
        if "provider" not in str(error):
            raise
        pytest.skip(
            "the provider hashicorp/aws can't be had: no registry in reach, and no mirror in TF_CLI_CONFIG_FILE"
        )


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """The emulator's folder. What may be asked for after a failure is copied from it to `.local/terraform*`."""
    folder = PROJECT / ".local" / f"terraform-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def recorded(home: Path) -> Path:
    """Where the emulator writes down every call."""
    path = home / "calls.jsonl"
    path.touch()
    return path


@pytest.fixture(scope="session")
def emulator(workspace: Workspace, home: Path, recorded: Path, request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """An emulator that checks policies and writes down what it checks."""
    settings = {"PYTHONPATH": str(RECORDER), "RECORDED_CALLS": str(recorded), "SFN_WAIT_SCALE": "0.2"}
    with emulators.running(home, auth=True, **settings) as running:
        yield running
        if request.session.testsfailed:
            shutil.copy(running.log, PROJECT / ".local" / "terraform.log")
            shutil.copy(recorded, PROJECT / ".local" / "terraform-calls.jsonl")


@pytest.fixture(scope="session")
def simulator(emulator: Emulator) -> Simulator:
    """Amazon's side."""
    return simulators.install(emulator)


@pytest.fixture(scope="session")
def first(
    emulator: Emulator, simulator: Simulator, package: Path, recorded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """The environment `local`."""
    return deploy(tmp_path_factory.mktemp("first") / "root", package, "local", emulator, simulator, recorded)


@pytest.fixture(scope="session")
def second(first: Deployed, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Another environment in the same account."""
    folder = tmp_path_factory.mktemp("second") / "root"
    return deploy(folder, package, "second", first.emulator, first.simulator, first.recorded)


@pytest.fixture(scope="session")
def ended(first: Deployed) -> dict[str, UploadView]:
    """How the uploads of the environment `local` have ended, after everything was done once."""
    return drive(first)
