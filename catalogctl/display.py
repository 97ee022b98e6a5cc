"""What a person sees: progress on a terminal, then counts, the first rejected rows, and the warnings."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from catalogctl.check import Finding, Gatherer
from chalicelib.catalog.item_schema import known_fields
from chalicelib.catalog.prepared import Prepared
from chalicelib.catalog.suggestions import suggestion

WARNINGS = {
    "unknown_field": "a field that the Catalog API did not have when this was written, or a misspelt one",
    "unfilled_field": "a part of the mapping that finds nothing in any row: a wrong or an empty column or expression",
    "long_name": "item_name is longer than 100 characters, which one of Amazon's pages gives as the limit",
    "non_ascii": "letters beyond plain ASCII, which tills and receipts may not show; a mapping's to_ascii mends them",
}


@dataclass(frozen=True)
class Written:
    """The files that were asked for: the rejected rows' CSV, and the folder of the batches."""

    rejected_csv: str | None = None
    batches: str | None = None


@contextmanager
def show_progress(name: str, total: int | None, gatherer: Gatherer) -> Iterator[Callable[[int], object]]:
    """A progress bar on standard error if that is a terminal, else nothing. Yields what to call with counts of bytes.

    `total`: the file's size in bytes, None if it is not known (standard input).
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    start = time.monotonic()
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rows]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with progress:
        task = progress.add_task(printable(name), total=total, rows="")

        def advance(count: int) -> None:
            rate = gatherer.rows / max(time.monotonic() - start, 0.001)
            progress.update(task, advance=count, rows=f"{gatherer.rows:,} rows, {rate:,.0f}/s")

        yield advance


def show_finding(name: str, finding: Finding, written: Written, console: Console) -> None:
    """Print the counts, the reasons, the first rejected rows and the warnings; for an INVALID file, why it is that; and
    which files were written.
    """
    prepared = finding.prepared
    console.print(_counts(name, finding))
    if prepared.reasons:
        console.print(_codes("Rejected rows by reason", "rows", prepared.reasons))
    if prepared.warnings:
        console.print(_codes("Warnings (these rows are sent)", "rows", prepared.warnings, WARNINGS))
        for line in _details(finding):
            console.print(Text(printable(line)))
    if finding.first_rejected:
        _show_rows(finding, written, console)
    if prepared.invalid:
        message = f"INVALID ({prepared.invalid.code}): {prepared.invalid.message}"
        console.print(Text(printable(message), style="bold red"))
        console.print(Text("Nothing of this file would be sent."))
    elif prepared.rejected:
        console.print(Text(f"{_rows(prepared.good)} would be sent, {prepared.rejected:,} would not.", style="yellow"))
    else:
        console.print(Text(f"No row is rejected; {_rows(prepared.good)} would be sent.", style="green"))
    for line in _files(prepared, written):
        console.print(Text(printable(line)))


def _files(prepared: Prepared, written: Written) -> Iterator[str]:
    if written.rejected_csv:
        what = f"every fault of {_rows(prepared.rejected)}" if prepared.rejected else "no row, since none is rejected"
        yield f"{written.rejected_csv} has {what}."
    if written.batches and prepared.invalid:
        yield f"The batches were removed from {written.batches} again."
    elif written.batches:
        yield f"{written.batches} has {prepared.batches:,} batch{'' if prepared.batches == 1 else 'es'}."


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _counts(name: str, finding: Finding) -> Table:
    prepared = finding.prepared
    table = Table(title=Text(printable(name)), title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    for label, value in (
        ("format", prepared.format or "unknown"),
        ("rows read", f"{prepared.rows_read:,}"),
        ("good", f"{prepared.good:,}"),
        ("rejected", f"{prepared.rejected:,}"),
        ("skipped", f"{prepared.skipped:,}"),
        ("items", f"{prepared.items:,}"),
        ("batches", f"{prepared.batches:,}"),
        ("bytes", f"{prepared.bytes:,}"),
        ("rows a second", f"{prepared.rows_read / max(finding.seconds, 0.001):,.0f}"),
        ("peak memory", f"{finding.peak_memory_mb:,.0f} MiB"),
    ):
        table.add_row(label, value)
    return table


def _codes(title: str, unit: str, counts: Mapping[str, int], explained: Mapping[str, str] | None = None) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("code")
    table.add_column(unit, justify="right")
    if explained is not None:
        table.add_column("what it means")
    for code, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        table.add_row(str(code), f"{count:,}", *([explained.get(code, "")] if explained is not None else []))
    return table


def _details(finding: Finding) -> Iterator[str]:
    """A line for each warning: its first row, and its fields."""
    for code, detail in finding.prepared.warning_details.items():
        fields = detail.get("fields", ())
        if isinstance(fields, Mapping):
            named = [f"{name} ({_rows(count)}{_did_you_mean(name)})" for name, count in fields.items()]
        else:
            named = [name + _instead(finding, name) for name in fields]
        yield f"{code}, first in row {detail['first_row']:,}{': ' if named else ''}{', '.join(named)}"


def _did_you_mean(name: str) -> str:
    close = suggestion(name, known_fields())
    return f"; did you mean {close}?" if close else ""


def _instead(finding: Finding, part: str) -> str:
    """What an unfilled part of the mapping should be, if that can be told."""
    column = finding.columns.get(part, "")
    if "." not in column or not (finding.prepared.format or "").startswith("json"):
        return ""
    return f" (a part of an object needs expression: {column})"


def _show_rows(finding: Finding, written: Written, console: Console) -> None:
    table = Table(title="The first rejected rows", title_justify="left")
    table.add_column("row", justify="right")
    table.add_column("SKU", overflow="fold")
    table.add_column("store", overflow="fold")
    table.add_column("why, and how to mend it", overflow="fold", ratio=1)
    for row in finding.first_rejected:
        why = Text("\n".join(printable(fault.message) for fault in row.faults))
        table.add_row(f"{row.row:,}", Text(printable(row.sku or "")), Text(printable(row.store_id or "")), why)
    console.print(table)
    left = finding.prepared.rejected - len(finding.first_rejected)
    if left > 0:
        where = written.rejected_csv or "--rejected OUT.csv"
        console.print(
            Text(printable(f"... and {left:,} more; {where} {'has' if written.rejected_csv else 'lists'} them all."))
        )


def printable(text: str) -> str:
    """Text of a file without the control characters that could steer a terminal."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)
