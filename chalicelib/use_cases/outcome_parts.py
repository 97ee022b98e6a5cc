"""Closing batches with their outcome parts: the rows that were not accepted, with reasons, as JSON lines in S3."""

import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import orjson

from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.telemetry import logger
from chalicelib.tracking.batches import Batches, Closing
from chalicelib.tracking.models import Batch
from chalicelib.tracking.outcomes import Outcome, Reason, RowOutcome
from chalicelib.tracking.states import BatchState

Item = tuple[int, str, str | None]
"""Row number, SKU and store of an item."""


class RowsGone(Exception):
    """Which rows a batch has can't be told any more; how many, the table still knows."""


def read_items(data: Objects, batch: Batch) -> list[Item]:
    """The items of a batch, in the order in which they were sent.

    Raises:
        RowsGone: their list is not there, or is not the one that was recorded.
    """
    try:
        rows = orjson.loads(data.read(keys.batch_rows(batch.upload_id, int(batch.number))))
    except NoSuchObject as error:
        raise RowsGone(str(error)) from error
    items = [(row, sku, store_id) for row, sku, store_id in rows]
    if len({row for row, _, _ in items}) != batch.rows:
        raise RowsGone(f"the list of the rows of batch {batch.number} is not the one that was recorded")
    return items


def close_batch(
    batches: Batches,
    data: Objects,
    batch: Batch,
    state: BatchState,
    outcomes: Sequence[RowOutcome],
    reason: Reason | None = None,
) -> bool:
    """Write the rows of a batch that were not accepted under a key of their own, and close it; the others were.

    Returns:
        Whether this call closed it; if another one did before, its part counts and this one is of no account.
    """
    counts = Counter(outcome.outcome for outcome in outcomes)
    counts[Outcome.ACCEPTED] += int(batch.rows) - len(outcomes)
    key = None
    if outcomes:
        key = keys.outcome_part(batch.upload_id, int(batch.number), uuid.uuid4().hex)
        data.write(key, b"".join(_lines(outcomes)), "application/x-ndjson")
    return batches.close(batch, Closing(state=state, counts=counts, outcome_part=key, reason=reason))


def close_whole_batch(
    batches: Batches, data: Objects, batch: Batch, state: BatchState, outcome: Outcome, reason: Reason
) -> bool:
    """Close a batch whose rows all have one outcome, for one reason. Returns as `close_batch` does."""
    try:
        return close_batch(batches, data, batch, state, all_rows(read_items(data, batch), outcome, reason), reason)
    except RowsGone as error:
        details = {"upload_id": batch.upload_id, "batch": int(batch.number), "why": str(error)}
        logger.error("rows of a batch are counted, but can't be listed", extra=details)
        counts = {outcome: int(batch.rows)}
        return batches.close(batch, Closing(state=state, counts=counts, outcome_part=None, reason=reason))


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
