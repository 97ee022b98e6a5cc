"""Import time, which a cold start pays: `python -m benchmarks.imports MODULE,MODULE` prints the milliseconds."""

import json
import subprocess
import sys
import time

TRIES = 5
BARE = "boto3,pynamodb.models"
"""The libraries that every handler needs: what importing costs at the least."""


def milliseconds(modules: str) -> float:
    """The best of some fresh processes; compiled files are there after the first, as they are in Lambda's zip."""
    command = [sys.executable, "-m", "benchmarks.imports", modules]
    found = [subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout for _ in range(TRIES)]
    return min(json.loads(output)["milliseconds"] for output in found)


def main() -> None:
    start = time.perf_counter()
    for module in sys.argv[1].split(","):
        __import__(module)
    print(json.dumps({"milliseconds": (time.perf_counter() - start) * 1000}))


if __name__ == "__main__":
    main()
