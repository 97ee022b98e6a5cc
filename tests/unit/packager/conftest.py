"""The real app, packaged once for all tests of a session."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import packager

PROJECT = Path(__file__).parents[3]
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the package of the real app, for Lambda's x86_64 and the Python that runs the tests."""
    output = tmp_path_factory.mktemp("package")
    packager.package(PROJECT, output, environment="dev", architecture="x86_64", python=PYTHON)
    return output


@pytest.fixture(scope="session")
def document(packaged: Path) -> dict[str, Any]:
    """The repaired Terraform of the real app."""
    read: dict[str, Any] = json.loads((packaged / "chalice.tf.json").read_text())
    return read
