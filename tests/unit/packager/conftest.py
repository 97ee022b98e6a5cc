"""The real app, packaged once for all tests of a session."""

import json
from pathlib import Path
from typing import Any

import pytest

import packager

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the package of the real app, for Lambda's x86_64 and Python 3.11."""
    output = tmp_path_factory.mktemp("package")
    packager.package(PROJECT, output, environment="dev", architecture="x86_64", python="3.11")
    return output


@pytest.fixture(scope="session")
def document(packaged: Path) -> dict[str, Any]:
    """The repaired Terraform of the real app."""
    read: dict[str, Any] = json.loads((packaged / "chalice.tf.json").read_text())
    return read
