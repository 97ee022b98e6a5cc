"""`python -m benchmarks` (or `make bench`): measure, print the tables, and say which targets are kept.

docs/performance.md explains each ratio. Under five minutes on two cores, the first run's generating of files included.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import imports, pacing, results
from benchmarks.files import catalog
from benchmarks.processes import measure
from local.deployment import build_package

NAIVE_ROWS = 4_000
PACER_SECONDS = "20"
PARTS = ("reading", "reports", "pacer", "imports", "zip")
MAX_ZIP_MB = 45
WIDTH = 118


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and hold to the targets.")
    parser.add_argument("--rows", default="100000,1000000", help="sizes of the catalogs (100000,1000000)")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, comma-separated ({','.join(PARTS)})")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every measurement to this file, too")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a target is missed")
    given = parser.parse_args()
    sizes, parts = sorted(map(int, given.rows.split(","))), given.only.split(",")
    console, start = Console(width=WIDTH), time.monotonic()
    targets: list[results.Target] = []
    measured: dict[str, Any] = {}
    if "reading" in parts:
        readings = [_read(kind, rows) for kind in results.FORMATS for rows in sizes]
        results.show_readings(readings, NAIVE_ROWS, console)
        targets += results.reading_targets(readings)
        measured["reading"] = [asdict(reading) for reading in readings]
    if "reports" in parts:
        measured["reports"] = measure("benchmarks.reports")
        results.show_reports(measured["reports"], console)
    if "pacer" in parts:
        measured["pacer"] = measure("benchmarks.pacing", PACER_SECONDS)
        targets += results.pacer_targets(measured["pacer"], pacing.CALLS_PER_SECOND)
    if "imports" in parts:
        handlers = imports.milliseconds()
        bare = handlers.pop(imports.BARE)
        results.show_imports(bare, handlers, console)
        targets += results.import_targets(bare, handlers)
        measured["imports"] = {"bare": bare, **handlers}
    if "zip" in parts:
        targets.append(_weigh_zip())
    if targets:
        results.show_targets(targets, console)
    console.print(f"{time.monotonic() - start:.0f} seconds")
    if given.json:
        given.json.write_text(json.dumps(measured, indent=2) + "\n")
    return int(given.strict and not all(target.kept for target in targets))


def _read(kind: str, rows: int) -> results.Reading:
    path = str(catalog(kind, rows))
    print(f"reading {Path(path).name} ...", file=sys.stderr)
    return results.Reading(
        format=kind,
        rows=rows,
        prepare=measure("benchmarks.reading", "prepare", kind, path),
        floor=measure("benchmarks.reading", "floor", kind, path),
        naive=_read_naively(kind),
    )


@cache
def _read_naively(kind: str) -> dict[str, Any]:
    return measure("benchmarks.reading", "naive", kind, str(catalog(kind, NAIVE_ROWS)))


def _weigh_zip() -> results.Target:
    print("packaging the app ...", file=sys.stderr)
    size = (build_package() / "deployment.zip").stat().st_size / 10**6
    return results.Target("deployment.zip", f"<= {MAX_ZIP_MB} MB", f"{size:.1f} MB", size <= MAX_ZIP_MB)


if __name__ == "__main__":
    sys.exit(main())
