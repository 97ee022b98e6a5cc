"""What a run of the benchmarks measured, the targets it is held to, and how both are shown."""

from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

FORMATS = {"json": "JSON array", "jsonl": "JSON Lines", "pos": "CSV with mapping"}


@dataclass(frozen=True)
class Reading:
    """One catalog read in the three ways. Each value is what `benchmarks.reading` printed."""

    format: str
    rows: int
    prepare: dict[str, Any]
    floor: dict[str, Any]
    naive: dict[str, Any]

    @property
    def to_floor(self) -> float:
        """How many times as long as the floor."""
        return _rate(self.floor) / _rate(self.prepare)

    @property
    def faster_than_naive(self) -> float:
        """How many times as fast as what one would write first, row by row."""
        return _rate(self.prepare) / _rate(self.naive)


@dataclass(frozen=True)
class Target:
    """A promise as a ratio, and whether this run kept it."""

    what: str
    wanted: str
    measured: str
    kept: bool


def _rate(found: dict[str, Any]) -> float:
    return float(found["rows"] / found["seconds"])


def reading_targets(readings: list[Reading]) -> list[Target]:
    """Speed of JSON Lines at the largest size, and memory of every format, largest to smallest."""
    largest = max(reading.rows for reading in readings)
    smallest = min(reading.rows for reading in readings)
    targets = []
    for reading in readings:
        if reading.rows != largest:
            continue
        if reading.format == "jsonl":
            targets += [
                _at_most(f"prepare of JSON Lines, {largest:,} rows, to the floor", reading.to_floor, 3),
                _at_least("the same to what one would write first", reading.faster_than_naive, 15),
            ]
        (small,) = (each for each in readings if (each.format, each.rows) == (reading.format, smallest))
        ratio = reading.prepare["peak_memory_mb"] / small.prepare["peak_memory_mb"]
        targets.append(_at_most(f"memory, {FORMATS[reading.format]}, {largest:,} to {smallest:,} rows", ratio, 1.2))
    return targets


def pacer_targets(found: dict[str, Any], calls_per_second: int) -> list[Target]:
    """The pacer is kept busy, and gives no second too many turns."""
    share = found["rate"] / calls_per_second
    most = found["most_turns_in_a_second"]
    return [
        Target("pacer, 50 callers, share of the allowed rate", ">= 97 %", f"{share:.1%}", share >= 0.97),
        Target("pacer, most turns in any second", f"<= {calls_per_second}", str(most), most <= calls_per_second),
    ]


def import_targets(bare: float, handlers: dict[str, float]) -> list[Target]:
    """The slowest handler's import to that of the libraries alone."""
    slowest = max(handlers, key=lambda name: handlers[name])
    return [_at_most(f"import of the slowest handler ({slowest}) to the bare libraries", handlers[slowest] / bare, 1.5)]


def _at_most(what: str, measured: float, limit: float) -> Target:
    return Target(what, f"<= {limit:g} times", f"{measured:.2f} times", measured <= limit)


def _at_least(what: str, measured: float, limit: float) -> Target:
    return Target(what, f">= {limit:g} times as fast", f"{measured:.1f} times", measured >= limit)


def show_readings(readings: list[Reading], naive_rows: int, console: Console) -> None:
    """The table of reading. Rates are rows a second of processor time."""
    table = Table(
        title=f"Reading (first = json.load, jsonschema, json.dumps; measured on {naive_rows:,} rows and scaled)",
        title_justify="left",
    )
    table.add_column("file")
    for name in ("rows", "prepare\nrows/s", "floor\nrows/s", "first\nrows/s", "time to\nfloor", "faster than\nfirst"):
        table.add_column(name, justify="right")
    for name in ("prepare\npeak MiB", "floor\npeak MiB"):
        table.add_column(name, justify="right")
    for reading in readings:
        table.add_row(
            FORMATS[reading.format],
            f"{reading.rows:,}",
            *(f"{_rate(way):,.0f}" for way in (reading.prepare, reading.floor, reading.naive)),
            f"{reading.to_floor:.2f}",
            f"{reading.faster_than_naive:.0f}",
            *(f"{way['peak_memory_mb']:.0f}" for way in (reading.prepare, reading.floor)),
        )
    console.print(table)


def show_reports(found: dict[str, Any], console: Console) -> None:
    """The table of reading Amazon's report of 10,000 items."""
    table = Table(title="Reading a report of 10,000 items (ms, best of 7)", title_justify="left")
    table.add_column("report")
    for name in ("bytes", "json.loads", "read_report", "read and join", "read to\njson.loads"):
        table.add_column(name, justify="right")
    for name, each in found.items():
        times = (each["json_loads_ms"], each["read_ms"], each["read_and_join_ms"])
        ratio = f"{each['read_ms'] / each['json_loads_ms']:.1f}"
        table.add_row(name, f"{each['bytes']:,}", *(f"{time:.1f}" for time in times), ratio)
    console.print(table)


def show_imports(bare: float, handlers: dict[str, float], console: Console) -> None:
    """The table of import times."""
    table = Table(title="Import (ms of processor time, best of 5 processes)", title_justify="left")
    table.add_column("what")
    table.add_column("ms", justify="right")
    table.add_column("to bare", justify="right")
    for name, time in {"boto3 + pynamodb alone": bare, **handlers}.items():
        table.add_row(name, f"{time:.0f}", f"{time / bare:.2f}")
    console.print(table)


def show_targets(targets: list[Target], console: Console) -> None:
    """The table of targets."""
    table = Table(title="Targets", title_justify="left")
    for name in ("what", "wanted", "measured", ""):
        table.add_column(name)
    for target in targets:
        table.add_row(target.what, target.wanted, target.measured, "kept" if target.kept else "[bold red]missed[/]")
    console.print(table)
