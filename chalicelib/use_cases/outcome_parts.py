"""Outcome parts: per batch, the rows that were not accepted, with reasons, as JSON lines in S3."""

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.tracking.models import Batch
from chalicelib.tracking.outcomes import Outcome, Reason, RowOutcome

Item = tuple[int, str, str | None]
"""Row number, SKU and store of an item."""


@dataclass(frozen=True)
class Part:
    """Where a batch's part is (None: every row was accepted), and its rows by outcome."""

    key: str | None
    counts: Mapping[Outcome, int]


def read_items(data: Objects, batch: Batch) -> list[Item]:
    """The items of a batch, in the order in which they were sent."""
    rows = orjson.loads(data.read(keys.batch_rows(batch.upload_id, int(batch.number))))
    return [(row, sku, store_id) for row, sku, store_id in rows]


def write_part(data: Objects, batch: Batch, outcomes: Sequence[RowOutcome]) -> Part:
    """Write the rows of a batch that were not accepted under a key of their own; the others were accepted."""
    counts: dict[Outcome, int] = {}
    for outcome in outcomes:
        counts[outcome.outcome] = counts.get(outcome.outcome, 0) + 1
    accepted = int(batch.rows) - len(outcomes)
    if accepted:
        counts[Outcome.ACCEPTED] = accepted
    if not outcomes:
        return Part(None, counts)
    key = keys.outcome_part(batch.upload_id, int(batch.number), uuid.uuid4().hex)
    data.write(key, b"".join(_lines(outcomes)), "application/x-ndjson")
    return Part(key, counts)


def all_rows(items: Iterable[Item], outcome: Outcome, reason: Reason) -> list[RowOutcome]:
    """One outcome for every row of a batch."""
    return list(row_outcomes(items, outcome, lambda _: (reason,)))


def row_outcomes(
    items: Iterable[Item], outcome: Outcome, reasons: Callable[[int], tuple[Reason, ...]]
) -> Iterator[RowOutcome]:
    """An outcome for every row for which `reasons` has any. A row that was sent to several stores names them all."""
    for row, group in itertools.groupby(items, key=lambda item: item[0]):
        found = reasons(row)
        if found:
            sent = list(group)
            stores = ", ".join(store_id for _, _, store_id in sent if store_id)
            yield RowOutcome(row, outcome, found, sent[0][1], stores or None)


def _lines(outcomes: Iterable[RowOutcome]) -> Iterator[bytes]:
    for outcome in outcomes:
        yield orjson.dumps(outcome.to_json(), option=orjson.OPT_APPEND_NEWLINE)
