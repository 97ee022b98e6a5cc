"""The pacer's item in a table that holds conditions as DynamoDB does, as slowly as a test wants it."""

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError


class PacerTable:
    """Understands the expressions of the pacer by their grammar, not by their wording.

    `before` is called when a request has been sent and `after` when it has been done: that is where a simulation lets
    time pass, and other callers do their own updates.
    """

    def __init__(self, *, before: Callable[[], None] = lambda: None, after: Callable[[], None] = lambda: None) -> None:
        self.tat: int | None = None
        self.calls = 0
        self._before = before
        self._after = after

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._before()
        self.calls += 1
        values = {name: int(value["N"]) for name, value in request["ExpressionAttributeValues"].items()}
        old = self.tat
        held = self._holds(request["ConditionExpression"], values)
        if held:
            self.tat = self._evaluate(request["UpdateExpression"], values)
        self._after()
        item = {} if old is None else {"tat": {"N": str(old)}}
        if not held:
            raise ClientError(
                {"Error": {"Code": "ConditionalCheckFailedException", "Message": "no"}}
                | ({"Item": item} if item else {}),  # type: ignore[arg-type]
                "UpdateItem",
            )
        return {"Attributes": item} if item else {}

    def _holds(self, condition: str, values: dict[str, int]) -> bool:
        return any(
            all(self._comparison(part, values) for part in alternative.split(" AND "))
            for alternative in condition.split(" OR ")
        )

    def _comparison(self, text: str, values: dict[str, int]) -> bool:
        if text == "attribute_not_exists(tat)":
            return self.tat is None
        left, sign, right = text.split(" ")
        assert left == "tat"
        if self.tat is None:
            return False
        return {"<": self.tat < values[right], "<=": self.tat <= values[right], ">=": self.tat >= values[right]}[sign]

    def _evaluate(self, change: str, values: dict[str, int]) -> int:
        match = re.fullmatch(r"SET tat = (?:(tat) \+ )?(:\w+)", change)
        assert match
        return values[match[2]] + ((self.tat or 0) if match[1] else 0)
