"""The demo: a generated catalog goes through every step on the local AWS, and each row's outcome is shown."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chalicelib.tracking.outcomes import AccountingLawBroken, Outcome
from local import aws
from local.retailer import Retailer, UploadView
from samples.generate import write_catalog

ROWS = 25_000
BAD = 0.02
"""Share of the rows that break a rule. Of the others, Amazon's simulator fails about one in a hundred."""
STORES = ("store-1", "store-2")
KEY = "inbox/demo/catalog.json"
LOOK_AGAIN_AFTER = 0.5
"""Seconds between two looks at the upload: each look costs two calls of the status API, or more."""
LIMIT = 80.0
ROWS_A_SECOND = 2_500
"""The upload has to end within so many seconds, and one more for so many rows."""
SHOWN_ROWS = 5

NEXT = """
The whole demo took {seconds:.0f} seconds. What to try next:
  make up              the same local AWS, left running, with commands to try on it
  docs/simulator.md    what Amazon's side can be made to do: lost messages, refusals, time-outs"""

MEANING = {
    Outcome.ACCEPTED: "Amazon's report confirms it",
    Outcome.REJECTED: "wrong in the file; never sent",
    Outcome.FAILED: "sent, and not confirmed as accepted",
    Outcome.NOT_SENT: "good, but the upload was stopped before its batch left",
    Outcome.SKIPPED: "the mapping leaves it out",
    Outcome.PENDING: "nothing is final yet",
}


def run(*, rows: int = ROWS) -> int:
    """Run the demo. The exit status is 0 if the upload has ended and the accounting law holds."""
    console = Console()
    begun = time.monotonic()
    with aws.running("demo", lambda step: console.print(f"[dim]{step} ...[/dim]")) as local_aws:
        retailer = Retailer(local_aws.deployment)
        console.print(
            f"dropping a catalog of {rows:,} rows into s3://{local_aws.deployment.inbox_bucket}/{KEY}", soft_wrap=True
        )
        upload_id = retailer.drop(KEY, _catalog(rows))
        upload = follow(console, retailer, upload_id, rows)
        if upload is None:
            console.print("[red]No upload has been made of the file: its event was lost, or its function failed.[/red]")
            return 1
        show_outcomes(console, retailer, upload)
        status = verdict(console, upload)
    console.print(NEXT.format(seconds=time.monotonic() - begun), soft_wrap=True)
    return status


def follow(console: Console, retailer: Retailer, upload_id: str, rows: int) -> UploadView | None:
    """Show how the upload gets on until it has ended or its time is up; gives back how it was seen last."""
    deadline = time.monotonic() + LIMIT + rows / ROWS_A_SECOND
    with _progress(console, rows) as show:
        while True:
            upload = retailer.find(upload_id)
            if upload is not None:
                sent = sum(batch["state"] != "PREPARED" for batch in _batches(retailer, upload))
                show(upload, sent)
            if (upload and upload.state.is_final) or time.monotonic() > deadline:
                return upload
            time.sleep(LOOK_AGAIN_AFTER)


def show_outcomes(console: Console, retailer: Retailer, upload: UploadView) -> None:
    """The table of outcomes, and the first rows that did not make it, with their reasons."""
    table = Table(title=f"Upload {upload.upload_id}: {upload.state.value}", title_justify="left")
    table.add_column("outcome")
    table.add_column("rows", justify="right")
    table.add_column("meaning")
    for outcome, meaning in MEANING.items():
        table.add_row(outcome.value, f"{upload.outcomes[outcome]:,}", meaning)
    console.print(table)
    if upload.reason:
        console.print(f"Reason: {upload.reason.message} ({upload.reason.code})", markup=False, soft_wrap=True)
    for outcome in (Outcome.REJECTED, Outcome.FAILED):
        found = retailer.get(f"/uploads/{upload.upload_id}/rows", outcome=outcome.value, limit=str(SHOWN_ROWS))["rows"]
        if found:
            console.print(f"\nThe first {outcome.value} rows:")
        for row in found:
            reasons = "; ".join(reason["message"] for reason in row["reasons"])
            product = f"{row['sku'] or '(no SKU)'} of {row['store_id'] or '(no store)'}"
            console.print(f"  row {row['row']:>5}  {product}: {reasons}", markup=False, soft_wrap=True)


def verdict(console: Console, upload: UploadView) -> int:
    """Check the accounting law and say it with numbers; the exit status. The demo's catalog has good rows to accept."""
    if not upload.state.is_final:
        console.print(f"\n[red]The upload has not ended in time: it is {upload.state.value}.[/red]")
        return 1
    sum_of = " + ".join(f"{upload.outcomes[outcome]:,} {outcome.value}" for outcome in MEANING)
    try:
        upload.check_law()
    except AccountingLawBroken as error:
        console.print(f"\n[red]The accounting law is broken: {error}[/red]")
        return 1
    console.print(
        f"\n[green]The accounting law holds:[/green] {upload.rows_read:,} rows read = {sum_of}", soft_wrap=True
    )
    return 0 if upload.outcomes[Outcome.ACCEPTED] else 1


def _batches(retailer: Retailer, upload: UploadView) -> list[dict[str, Any]]:
    """All batches, page by page."""
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"limit": "100"}
    while len(found) < upload.batches:
        page = retailer.get(f"/uploads/{upload.upload_id}/batches", **query)
        found += page["batches"]
        if not page["next_cursor"]:
            break
        query["cursor"] = page["next_cursor"]
    return found


def _catalog(rows: int) -> bytes:
    stream = io.BytesIO()
    write_catalog(stream, rows=rows, bad=BAD, stores=STORES)
    return stream.getvalue()


@contextmanager
def _progress(console: Console, rows: int) -> Iterator[Any]:
    """Something to show an upload with: bars on a terminal, a line for each change elsewhere."""
    if not console.is_terminal:
        yield _Lines(console, rows)
        return
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        prepared = progress.add_task("rows prepared", total=rows)
        submitted = progress.add_task("batches submitted", total=None)
        results = progress.add_task("results in", total=rows)

        def show(upload: UploadView, sent: int) -> None:
            progress.update(prepared, completed=upload.rows_read)
            progress.update(submitted, completed=sent, total=upload.batches or None)
            progress.update(results, completed=_with_result(upload))

        yield show


class _Lines:
    """Shows an upload in plain lines, one for each change."""

    def __init__(self, console: Console, rows: int) -> None:
        self._console, self._rows, self._last = console, rows, ""

    def __call__(self, upload: UploadView, sent: int) -> None:
        line = (
            f"{upload.state.value}: {upload.rows_read:,} of {self._rows:,} rows prepared,"
            f" {sent} of {upload.batches} batches submitted, {_with_result(upload):,} results in"
        )
        if line != self._last:
            self._console.print(line, soft_wrap=True)
            self._last = line


def _with_result(upload: UploadView) -> int:
    return upload.rows_read - upload.outcomes[Outcome.PENDING]
