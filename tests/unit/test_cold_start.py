"""Importing the app is quick, and leaves the process as it should be."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_garbage_is_collected_again_once_the_app_is_imported() -> None:
    code = "import gc, app; print(gc.isenabled(), gc.get_freeze_count() > 10_000)"
    environment = {"AWS_DEFAULT_REGION": "eu-west-1", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.split() == ["True", "True"]
