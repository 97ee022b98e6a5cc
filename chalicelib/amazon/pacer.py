"""Turns: no more calls a second than Amazon allows, over all functions and operations.

One item of the table holds `tat`, the moment of the next free turn, in microseconds since 1970. A caller reserves that
turn by moving `tat` on by one interval, in one conditional update, and sleeps until the turn comes. Two turns are never
closer than one interval, so no second has more of them than allowed, however the callers' own clocks differ. A caller
that dies after its reservation costs a lost turn and nothing else; so does an update that botocore had to send twice.
Turns are not arrivals: a rare 429 stays possible, and `push_back` answers it.
"""

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PACER_KEY = "PACER"
"""Both keys of the pacer's item."""

JOIN_THE_QUEUE = "SET tat = tat + :interval"
IF_IT_IS_SHORT = "tat >= :now AND tat <= :limit"
START_A_QUEUE = "SET tat = :next"
IF_THERE_IS_NONE = "attribute_not_exists(tat) OR tat < :now"
IF_IT_ENDS_SOONER = "attribute_not_exists(tat) OR tat < :next"

_MICROSECONDS = 1_000_000
_TABLE_IS_BUSY = frozenset(
    {"ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "InternalServerError"}
)
"""boto3 raises each of these as a class of that name, none of which a state machine would take for a `ClientError`."""


class Wait(Exception):
    """No turn within the caller's patience, or the table is busy. The state machine tries again by this name."""


class _Updated(NamedTuple):
    done: bool
    """Whether the condition held."""
    tat: int | None
    """What `tat` was before."""


class Pacer:
    """Hands out turns for calls. One object serves all threads.

    Args:
        dynamodb_client: boto3's client.
        table_name: the table that has the pacer's item.
        calls_per_second: Amazon's limit.
        patience_seconds: how far ahead a turn may be reserved.
        now, sleep: the clock, in seconds since 1970; tests hand in their own.
    """

    def __init__(
        self,
        dynamodb_client: "DynamoDBClient",
        table_name: str,
        *,
        calls_per_second: float = 10.0,
        patience_seconds: float = 20.0,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if not calls_per_second > 0:
            raise ValueError(f"calls_per_second is {calls_per_second}: give a number above 0")
        self._dynamodb = dynamodb_client
        self._table_name = table_name
        # Rounded up: with 3 calls a second, three intervals must not be shorter than a second.
        self._interval = math.ceil(_MICROSECONDS / calls_per_second)
        self._patience = round(patience_seconds * _MICROSECONDS)
        self._clock = now
        self._sleep = sleep

    def take_turn(self) -> None:
        """Reserve a turn and sleep until it comes.

        Raises:
            Wait: no turn is free within the patience, or the table is busy or gave no answer.
            botocore.exceptions.ClientError: nothing that waiting would mend, such as a permission that is missing.
        """
        turn = self._reserve()
        while (left := turn - self._now()) > 0:
            self._sleep(left / _MICROSECONDS)

    def push_back(self, seconds: float) -> None:
        """After a 429: give out no turn for so many seconds from now. Turns that are reserved already stay.

        Raises: as `take_turn`.
        """
        until = self._now() + round(seconds * _MICROSECONDS)
        self._update(START_A_QUEUE, IF_IT_ENDS_SOONER, {":next": until})

    def _reserve(self) -> int:
        """The moment of our turn. Who loses a race tries the other update: the winner may have changed which holds."""
        began = self._now()
        while (now := self._now()) - began <= self._patience:
            limit = now + self._patience
            joined = self._update(
                JOIN_THE_QUEUE, IF_IT_IS_SHORT, {":interval": self._interval, ":now": now, ":limit": limit}
            )
            if joined.done and joined.tat is not None:
                return joined.tat
            if joined.tat is not None and joined.tat > limit:
                break
            now = self._now()
            if self._update(START_A_QUEUE, IF_THERE_IS_NONE, {":next": now + self._interval, ":now": now}).done:
                return now
        raise Wait(
            f"No turn for a call within {self._patience / _MICROSECONDS:g} seconds: others have reserved them. "
            "Nothing was sent; it is tried again."
        )

    def _update(self, change: str, condition: str, values: dict[str, int]) -> _Updated:
        try:
            before = self._dynamodb.update_item(
                TableName=self._table_name,
                Key={"pk": {"S": PACER_KEY}, "sk": {"S": PACER_KEY}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues={name: {"N": str(value)} for name, value in values.items()},
                ReturnValues="UPDATED_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ).get("Attributes", {})
        except ClientError as error:
            if _passes(error):
                raise _no_answer(error) from error
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            item: dict[str, dict[str, str]] = error.response.get("Item", {})  # type: ignore[assignment]
            return _Updated(False, int(item["tat"]["N"]) if "tat" in item else None)
        except (HTTPClientError, NoConnection) as error:
            raise _no_answer(error) from error
        return _Updated(True, int(before["tat"]["N"]) if "tat" in before else None)

    def _now(self) -> int:
        return round(self._clock() * _MICROSECONDS)


def _passes(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"]["Code"] in _TABLE_IS_BUSY or status >= 500


def _no_answer(error: Exception) -> Wait:
    return Wait(f"DynamoDB has given out no turn for a call: {error}. Nothing was sent; it is tried again.")
