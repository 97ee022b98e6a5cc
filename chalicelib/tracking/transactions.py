"""Conditional writes: how they are retried, and what their refusal means."""

import random
import time
from collections.abc import Callable
from typing import Any

from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.transactions import TransactWrite

from chalicelib.tracking.models import Upload

ATTEMPTS = 12
FIRST_DELAY_SECONDS = 0.05
LONGEST_DELAY_SECONDS = 2.0
_CONFLICTS = frozenset({"TransactionConflict", "TransactionConflictException"})
_REFUSALS = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})


class ConditionFailed(Exception):
    """A conditional write was refused: the item is not as the writer supposed."""


def transact(fill: Callable[[TransactWrite], None], *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Write one transaction; retry it, with full jitter, on `TransactionConflict` only.

    Args:
        fill: adds the writes to the transaction; called once per try.

    Raises:
        ConditionFailed: a condition does not hold.
        pynamodb.exceptions.TransactWriteError: anything else.
    """

    def write() -> None:
        with TransactWrite(connection=Upload._get_connection().connection) as transaction:
            fill(transaction)

    retry_conflicts(write, sleep=sleep)


def retry_conflicts(write: Callable[[], Any], *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Call `write`, again while the item is part of somebody else's transaction.

    Raises:
        ConditionFailed: the write's condition does not hold.
    """
    for tried in range(1, ATTEMPTS + 1):
        try:
            write()
            return
        except PynamoDBException as error:
            codes = _codes(error)
            if codes & _REFUSALS:
                raise ConditionFailed(", ".join(sorted(codes))) from error
            if not codes & _CONFLICTS or tried == ATTEMPTS:
                raise
            sleep(random.uniform(0, min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**tried)))  # noqa: S311


def _codes(error: PynamoDBException) -> set[str]:
    if isinstance(error, TransactWriteError):
        return {reason.code for reason in error.cancellation_reasons if reason} or {error.cause_response_code or ""}
    return {error.cause_response_code or ""}
