"""What all tests share: how they are spread over two processes, and how patient property tests are."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

TESTS = Path(__file__).parent
settings.register_profile("patient", deadline=None)  # a busy machine is no fault of the code
settings.register_profile("ci", deadline=None, derandomize=True)  # a change is judged by the same examples each time
settings.load_profile("ci" if os.environ.get("CI") else "patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The end-to-end tests share one emulator, so they stay in one process, and go first: they take longest."""
    for item in items:
        end_to_end = item.path.is_relative_to(TESTS / "e2e")
        item.add_marker(pytest.mark.xdist_group("emulator" if end_to_end else str(item.path)))
    items.sort(key=lambda item: not item.path.is_relative_to(TESTS / "e2e"))
