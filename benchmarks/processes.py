"""Each measurement has a process of its own, so that neither memory nor imports of another one count."""

import json
import os
import subprocess
import sys
from typing import Any


def measure(module: str, *arguments: str) -> dict[str, Any]:
    """Run `python -m module arguments` and read the JSON object that it prints."""
    command = [sys.executable, "-m", module, *arguments]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})
    return dict(json.loads(found.stdout))
