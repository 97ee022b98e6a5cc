"""Packaging the real app, and telling a current package from an old one."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import packager
from packager import PackageError
from packager.build import install_wheels, run_chalice
from packager.target import Target
from tests.unit.packager.conftest import PROJECT, PYTHON

FUNCTIONS = {
    "start_upload",
    "catalog_dropped",
    "preflight",
    "prepare_catalog",
    "record_upload",
    "submit_batch",
    "close_submission",
    "ingestion_message",
    "reconcile",
    "api_handler",
}


def test_every_function_has_its_own_role_name_and_the_target_platform(document: dict[str, Any]) -> None:
    functions = document["resource"]["aws_lambda_function"]
    assert functions.keys() == FUNCTIONS
    for name, function in functions.items():
        assert function["function_name"] == f"store-catalog-${{var.environment}}-{name}"
        assert function["role"] == f'${{local.function_role_arns["{name}"]}}'
        assert (function["runtime"], function["architectures"]) == (f"python{PYTHON}", ["x86_64"])
        assert function["tracing_config"] == {"mode": "Active"}


def test_no_terraform_pins_null_provider_or_policies_come_from_chalice(document: dict[str, Any]) -> None:
    assert document.keys() == {"resource", "locals", "data"}
    assert "null" not in json.dumps(document["data"])
    assert not [kind for kind in document["resource"] if kind.startswith("aws_iam")]


def test_the_inbox_calls_one_function_for_every_object_under_inbox(document: dict[str, Any]) -> None:
    (notification,) = document["resource"]["aws_s3_bucket_notification"].values()
    (target,) = notification["lambda_function"]
    assert target["filter_prefix"] == "inbox/"
    assert "filter_suffix" not in target
    assert target["lambda_function_arn"] == "${aws_lambda_function.catalog_dropped.arn}"


def test_the_status_api_asks_for_signed_requests_everywhere(document: dict[str, Any]) -> None:
    api = json.loads(document["locals"]["chalice_api_swagger"])
    operations = [(path, method) for path, item in api["paths"].items() for method in item if method != "options"]
    assert operations
    for path, method in operations:
        assert api["paths"][path][method]["security"] == [{"sigv4": []}], (path, method)


def test_every_setting_reaches_every_function(document: dict[str, Any]) -> None:
    settings = json.loads((PROJECT / ".chalice" / "config.json").read_text())["environment_variables"]
    for function in document["resource"]["aws_lambda_function"].values():
        assert function["environment"]["variables"] == settings


def test_the_zip_holds_the_app_and_the_wheels_of_lambda_and_fits(packaged: Path) -> None:
    with zipfile.ZipFile(packaged / "deployment.zip") as archive:
        names = set(archive.namelist())
        assert sum(entry.file_size for entry in archive.infolist()) < 200_000_000
    assert (packaged / "deployment.zip").stat().st_size < 45_000_000
    assert {"app.py", "chalice/app.py", "chalicelib/settings.py", "orjson/__init__.py", "botocore/session.py"} <= names
    assert not [name for name in names if re.match(r"(pip|setuptools|pytest|moto|vendor|terraform|tests)/", name)]
    extensions = {name for name in names if name.endswith(".so")}
    assert [name for name in extensions if "x86_64-linux-gnu" in name or ".abi3." in name]
    assert not [name for name in extensions if re.search(rf"darwin|aarch64|cpython-3(?!{PYTHON[2:]})", name)]


def test_the_zip_is_the_same_for_another_environment_in_another_folder(packaged: Path, tmp_path: Path) -> None:
    packager.package(PROJECT, tmp_path, environment="prod", architecture="x86_64", python=PYTHON)
    for name in ("deployment.zip", "chalice.tf.json", "package.json"):
        assert (tmp_path / name).read_bytes() == (packaged / name).read_bytes(), name


def test_every_module_comes_with_bytecode_that_names_files_as_they_are_in_lambda(packaged: Path) -> None:
    with zipfile.ZipFile(packaged / "deployment.zip") as archive:
        names = set(archive.namelist())
        for module in ("app", "chalicelib/wiring", "chalice/app", "botocore/session", "requests/sessions"):
            folder, _, name = module.rpartition("/")
            compiled = f"{folder}/__pycache__/{name}.{sys.implementation.cache_tag}.pyc".removeprefix("/")
            assert compiled in names
            assert f"/var/task/{module}.py".encode() in archive.read(compiled)
    assert json.loads((packaged / "package.json").read_text())["compiled"] is True


def test_a_package_without_bytecode_is_made_all_the_same_and_says_what_it_costs(
    small_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(PROJECT / "app.py", small_project)
    shutil.rmtree(small_project / "chalicelib")
    shutil.copytree(PROJECT / "chalicelib", small_project / "chalicelib")
    shutil.copy(PROJECT / ".chalice" / "config.json", small_project / ".chalice")
    monkeypatch.setattr("packager.build.find_compiler", lambda _: None)
    output = tmp_path / "package"
    packager.package(small_project, output, environment="dev", architecture="x86_64", python=PYTHON)
    assert "every cold start will compile what it imports" in capsys.readouterr().err
    with zipfile.ZipFile(output / "deployment.zip") as archive:
        assert not [name for name in archive.namelist() if name.endswith(".pyc")]
    packager.check(small_project, output)


def test_a_current_package_is_left_alone(packaged: Path) -> None:
    before = (packaged / "deployment.zip").stat().st_mtime_ns
    packager.package(PROJECT, packaged, environment="dev", architecture="x86_64", python=PYTHON)
    assert (packaged / "deployment.zip").stat().st_mtime_ns == before


@pytest.fixture
def small_project(tmp_path: Path) -> Path:
    """A project with sources, and nothing that has to be run to ask whether a package is current."""
    project = tmp_path / "project"
    (project / "chalicelib").mkdir(parents=True)
    (project / ".chalice").mkdir()
    (project / ".chalice" / "config.json").write_text('{"app_name": "store-catalog"}')
    for name in ("app.py", "requirements.txt", "chalicelib/x.py"):
        (project / name).write_text("# " + name)
    return project


def test_a_package_that_is_not_there_is_refused_with_the_command(small_project: Path, tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"there is no package .* run `make package`"):
        packager.check(small_project, tmp_path)


def test_a_package_is_current_until_a_source_changes(packaged: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for name in ("app.py", "requirements.txt"):
        shutil.copy(PROJECT / name, project)
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(PROJECT / name, project / name)
    packager.check(project, packaged)
    (project / "chalicelib" / "settings.py").write_text("")
    with pytest.raises(PackageError, match="older than the sources: run `make package ARCHITECTURE=x86_64 PYTHON_VER"):
        packager.check(project, packaged)


def test_a_package_that_was_changed_by_hand_is_refused(packaged: Path, tmp_path: Path) -> None:
    shutil.copytree(packaged, tmp_path / "copy")
    (tmp_path / "copy" / "chalice.tf.json").write_text("{}")
    with pytest.raises(PackageError, match="changed by hand"):
        packager.check(PROJECT, tmp_path / "copy")


def test_the_command_line_checks_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "packager", "--check", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "run `make package`" in done.stderr


def test_settings_of_one_stage_alone_are_refused(small_project: Path, tmp_path: Path) -> None:
    (small_project / ".chalice" / "config.json").write_text('{"app_name": "store-catalog", "stages": {"dev": {}}}')
    with pytest.raises(PackageError, match="Terraform variables"):
        run_chalice(small_project, tmp_path, "dev")


def test_an_app_that_cannot_be_loaded_fails_with_what_chalice_said(small_project: Path, tmp_path: Path) -> None:
    (small_project / "app.py").write_text("import nowhere_to_be_found")
    with pytest.raises(PackageError, match=r"(?s)chalice package failed.*nowhere_to_be_found"):
        run_chalice(small_project, tmp_path / "scratch", "dev")


def test_a_library_without_a_wheel_for_lambda_is_named(small_project: Path, tmp_path: Path) -> None:
    (small_project / "requirements.txt").write_text("--no-index\nno-such-library-anywhere==1.0\n")
    with pytest.raises(PackageError, match=r"(?s)not every wheel is there for arm64.*no-such-library-anywhere"):
        install_wheels(small_project, Target("arm64", "3.13"), None, cache=tmp_path / "wheels")
