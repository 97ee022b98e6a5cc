"""The documentation against what it documents."""

import re
from pathlib import Path

import pytest

from chalicelib.amazon.reports import NOT_IN_REPORT

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
TARGETS = re.findall(r"^([a-z0-9-]+):.*## (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_make_target_is_documented_and_no_other() -> None:
    documented = re.findall(r"^\| `([a-z0-9-]+)` \|", (ROOT / "docs/targets.md").read_text(), re.MULTILINE)
    assert sorted(documented) == sorted(name for name, _ in TARGETS)


def test_every_target_without_a_file_is_phony() -> None:
    phony = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(phony) == sorted([*(name for name, _ in TARGETS), "terraform-ready"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_is_there(page: Path) -> None:
    named = set(re.findall(r"`make ([a-z0-9-]+)", page.read_text()))
    assert named <= {name for name, _ in TARGETS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_output_that_a_page_asks_terraform_for_is_one(page: Path) -> None:
    outputs = set(re.findall(r'^output "(\w+)"', (ROOT / "terraform/outputs.tf").read_text(), re.MULTILINE))
    text = page.read_text()
    assert set(re.findall(r"terraform output (?:-raw )?(\w+)", text)) <= outputs
    for placeholders in re.findall(r"^\| (`<\w+>`.*) \| outputs: ", text, re.MULTILINE):
        assert set(re.findall(r"`<(\w+)>`", placeholders)) <= outputs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), link


def test_every_reason_that_a_row_or_an_upload_may_end_with_is_explained_to_the_catalog_manager() -> None:
    sources = " ".join(path.read_text() for path in (ROOT / "chalicelib/use_cases").glob("*.py"))
    codes = set(re.findall(r"(?:Reason|_unread)\(\s*\"([a-z_]+)\"", sources)) | {NOT_IN_REPORT}
    page = (ROOT / "docs/outcomes.md").read_text()
    assert len(codes) > 8
    assert {code for code in codes if f"| `{code}` |" not in page} == set()


def test_every_folder_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for folder in (
        "chalicelib",
        "terraform",
        "packager",
        "catalogctl",
        "local",
        "tests",
        "samples",
        "benchmarks",
        "docs",
    ):
        assert f"`{folder}/`" in readme, folder


def test_nothing_that_is_tracked_names_a_machine_or_a_registry() -> None:
    import subprocess

    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    patterns = re.compile(r"/root/|/work/|files\.pythonhosted|pypi\.org/simple|registry\.npmjs|--index-url|\.\./shared")
    for name in filter(None, tracked.split("\0")):
        if name in (".ci/run", "tests/contract/test_documentation.py") or not (ROOT / name).is_file():
            continue
        text = (ROOT / name).read_bytes().decode(errors="ignore")
        assert not patterns.search(text), f"{name}: {patterns.search(text)}"
