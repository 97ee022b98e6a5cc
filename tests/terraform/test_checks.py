"""Checks of the Terraform code that need no account: layout, validity, `terraform test`, checkov, tflint."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terraform.workspace import PROJECT, ROOT, TerraformFailed, Workspace

pytestmark = [pytest.mark.terraform, pytest.mark.slow]

CHECKOV = PROJECT / ".venv-checkov" / "bin" / "checkov"
TESTED_MODULES = sorted(path.parent.name for path in (ROOT / "modules").glob("*/tests"))
EXAMPLE = {
    "environment": "test",
    "region": "us-east-1",
    "result_topic_arn": "arn:aws:sns:us-east-1:111122223333:catalog-results",
    "catalog_api_url": "https://abc123.execute-api.us-east-1.amazonaws.com",
    "catalog_api_region": "us-east-1",
}
NO_ACCOUNT = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}


def test_every_file_is_laid_out_as_terraform_does_it() -> None:
    if not shutil.which("terraform"):
        pytest.skip("Terraform is not installed")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", str(ROOT)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_root_is_valid(workspace: Workspace) -> None:
    assert "configuration is valid" in workspace.run("validate")


def test_the_roots_own_tests_pass(workspace: Workspace) -> None:
    assert " 0 failed" in workspace.run("test")


@pytest.mark.parametrize("module", TESTED_MODULES)
def test_a_modules_own_tests_pass(workspace: Workspace, module: str) -> None:
    folder = workspace.folder / "modules" / module
    workspace.run("init", "-input=false", folder=folder)
    assert " 0 failed" in workspace.run("test", folder=folder)


def checkov(*arguments: str) -> dict[str, int]:
    """Run checkov and give back its counts; a check that fails fails the test, with what it says."""
    if not CHECKOV.exists():
        pytest.skip("checkov is not installed: `make check-terraform` installs it in .venv-checkov")
    command = [str(CHECKOV), *arguments, "--config-file", str(ROOT / ".checkov.yaml"), "--output", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    failed = [f"{each['check_id']} {each['resource']}" for each in report["results"]["failed_checks"]]
    assert failed == []
    counts = {name: report["summary"][name] for name in ("passed", "failed", "skipped")}
    print(f"checkov {arguments[0]}: {counts}")
    return counts


def test_checkov_has_nothing_against_the_files(workspace: Workspace) -> None:
    assert checkov("--directory", str(workspace.folder), "--framework", "terraform")["passed"] > 100


def test_checkov_has_nothing_against_the_plan(workspace: Workspace, tmp_path: Path) -> None:
    planned = Workspace(workspace.folder, NO_ACCOUNT)
    planned.set_variables(**EXAMPLE)
    try:
        planned.run("plan", "-input=false", f"-out={tmp_path}/plan")
    except TerraformFailed as error:
        if "credential" not in str(error).lower() and "InvalidClientTokenId" not in str(error):
            raise
        pytest.skip("this provider plans with an account only; the files were checked")
    finally:
        (workspace.folder / "terraform.tfvars.json").unlink()
    (tmp_path / "plan.json").write_text(planned.run("show", "-json", f"{tmp_path}/plan"))
    enriched = ("--repo-root-for-plan-enrichment", str(workspace.folder))
    counts = checkov("--file", str(tmp_path / "plan.json"), "--framework", "terraform_plan", *enriched)
    assert counts["passed"] > 300


def test_tflint_has_nothing_against_the_files() -> None:
    if not shutil.which("tflint"):
        pytest.skip("tflint is not installed; it comes as a binary from its releases page, not from a package registry")
    done = subprocess.run(["tflint", "--recursive", f"--chdir={ROOT}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
