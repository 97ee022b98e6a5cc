"""Making a package, and checking that there is one and that it is not older than the sources."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from packager.archive import build_archive
from packager.bytecode import compile_folder, find_compiler
from packager.chalice_output import repair
from packager.inputs import fingerprint, wheels_fingerprint
from packager.target import Target

TERRAFORM_FILE = "chalice.tf.json"
ZIP_FILE = "deployment.zip"
RECORD_FILE = "package.json"


class PackageError(Exception):
    """A package can't be made, or there is no current one; the text says what to do."""


def package(project: Path, output: Path, *, environment: str, architecture: str, python: str) -> None:
    """Write `chalice.tf.json`, `deployment.zip` and `package.json` (its record) to `output`.

    Nothing is done if what is there was made from the same sources for the same target. Without an interpreter of the
    target's Python the zip has no bytecode, which costs time at every cold start; a warning says so.

    Args:
        project: folder with `app.py`, `chalicelib/`, `.chalice/` and `requirements.txt`.
        output: folder to write to; made if it is not there.
        environment: Chalice's stage while it packages. The package is the same for every environment.
        architecture: `arm64` or `x86_64`.
        python: Lambda's Python, e.g. `3.13`.

    Raises:
        PackageError: Chalice or pip failed, or the settings have a stage of their own.
        packager.chalice_output.ChaliceOutputChanged: Chalice wrote something else than it used to.
        packager.archive.ArchiveTooLarge: the zip is over its limit.
        packager.bytecode.CompilationFailed: the target's Python is here, and compiles nothing.
        packager.target.UnknownTarget: no such architecture or Python.
    """
    target = Target(architecture, python)
    inputs = fingerprint(project, target)
    compiler = find_compiler(python)
    if compiler is None:
        _warn_of_slow_starts(python)
    if _read_record(output) == _record(output, inputs, target, compiled=bool(compiler)):
        return
    output.mkdir(parents=True, exist_ok=True)
    wheels = install_wheels(project, target, compiler, cache=project / ".build" / "wheels")
    config = _read_config(project)
    with tempfile.TemporaryDirectory(prefix="packager-") as scratch:
        written = run_chalice(project, Path(scratch), environment)
        document = repair(
            json.loads((written / TERRAFORM_FILE).read_text()),
            app=config["app_name"],
            stage=environment,
            runtime=target.runtime,
            architecture=architecture,
            held_back=held_back_variables(config),
        )
        app = Path(scratch) / "unpacked"
        with zipfile.ZipFile(written / ZIP_FILE) as chalice_zip:
            chalice_zip.extractall(app)
        if compiler:
            compile_folder(app, compiler)
        archive = Path(scratch) / "new.zip"
        build_archive(app, wheels, archive)
        shutil.move(archive, output / ZIP_FILE)
    (output / TERRAFORM_FILE).write_text(json.dumps(document, indent=2) + "\n")
    record = _record(output, inputs, target, compiled=bool(compiler))
    (output / RECORD_FILE).write_text(json.dumps(record, indent=2) + "\n")


def check(project: Path, output: Path) -> None:
    """Hold the package in `output` to be current.

    Raises:
        PackageError: there is none, it is not whole, or it is older than the sources.
    """
    record = _read_record(output)
    if record is None:
        raise PackageError(f"there is no package in {output}: run `make package`")
    target = Target(record.get("architecture", ""), record.get("python", ""))
    again = f"make package ARCHITECTURE={target.architecture} PYTHON_VERSION={target.python}"
    if record.get("inputs") != fingerprint(project, target):
        raise PackageError(f"the package in {output} is older than the sources: run `{again}`")
    if record != _record(output, record["inputs"], target, compiled=record.get("compiled", False)):
        raise PackageError(f"the package in {output} has been changed by hand, or is not whole: run `{again}`")


def run_chalice(project: Path, scratch: Path, stage: str) -> Path:
    """Run `chalice package` on a copy of the app and return the folder that it wrote to.

    The copy's requirements are empty: Chalice would build wheels for the Python that it runs on.
    """
    config = _read_config(project)
    if "stages" in config:
        raise PackageError(
            ".chalice/config.json has a stage of its own: settings that differ per environment are Terraform variables,"
            " so that one package serves every environment"
        )
    copy = scratch / "app"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(project / "chalicelib", copy / "chalicelib", ignore=ignored)
    shutil.copy(project / "app.py", copy)
    (copy / ".chalice").mkdir()
    variables = config.get("environment_variables", {})
    given = {name: value for name, value in variables.items() if name not in held_back_variables(config)}
    (copy / ".chalice" / "config.json").write_text(json.dumps(config | {"environment_variables": given}))
    (copy / "requirements.txt").touch()
    written = scratch / "written"
    # PYTHONPATH could make Chalice load the app from elsewhere than the copy; a region is needed, and used for nothing.
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "AWS_PROFILE")}
    environ |= {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [
        sys.executable,
        "-c",
        "import sys; from chalice.cli import main; sys.exit(main())",
        "package",
        "--pkg-format",
        "terraform",
    ]
    _run([*command, "--stage", stage, str(written)], "chalice package failed", cwd=copy, env=environ)
    return written


def held_back_variables(config: dict[str, Any]) -> dict[str, str]:
    """The environment variables that a library reads when it is imported: `restore_variables` says why."""
    variables: dict[str, str] = config.get("environment_variables", {})
    return {name: value for name, value in variables.items() if name.startswith("POWERTOOLS_")}


def install_wheels(project: Path, target: Target, compiler: str | None, cache: Path) -> Path:
    """Install the pinned wheels for the target's platform and return their folder; kept until the pins change."""
    folder = cache / f"{wheels_fingerprint(project, target)[:16]}{'-compiled' if compiler else ''}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
        command += ["--only-binary=:all:", "--implementation=cp", f"--python-version={target.python}"]
        command += [f"--platform={platform}" for platform in target.wheel_platforms()]
        command += [f"--target={scratch}/wheels", f"--requirement={project / 'requirements.txt'}"]
        _run(command, f"not every wheel is there for {target.architecture} with Python {target.python}")
        if compiler:
            compile_folder(Path(scratch) / "wheels", compiler)
        try:
            os.replace(f"{scratch}/wheels", folder)
        except OSError:
            # Another process that packages at the same time was quicker; both have installed the same pins.
            if not folder.is_dir():
                raise
    return folder


def _run(command: list[str], failure: str, **options: Any) -> None:
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise PackageError(f"{failure}:\n{done.stdout.strip()}")


def _warn_of_slow_starts(python: str) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    print(
        f"packager: there is no python{python} here to compile with, so every cold start will compile what it imports, "
        f"which takes a second or more. Install Python {python}, or package for the one that is here "
        f"(PYTHON_VERSION={ours}).",
        file=sys.stderr,
    )


def _record(output: Path, inputs: str, target: Target, *, compiled: bool) -> dict[str, Any]:
    files = {name: output / name for name in (TERRAFORM_FILE, ZIP_FILE)}
    hashes = {name: sha256(path.read_bytes()).hexdigest() for name, path in files.items() if path.is_file()}
    made = {"inputs": inputs, "architecture": target.architecture, "python": target.python, "compiled": compiled}
    return {**made, "files": hashes}


def _read_record(output: Path) -> dict[str, Any] | None:
    path = output / RECORD_FILE
    return json.loads(path.read_text()) if path.is_file() else None


def _read_config(project: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((project / ".chalice" / "config.json").read_text())
    return config
