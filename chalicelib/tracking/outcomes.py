"""Outcomes of rows, and the accounting law that holds them together."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of a row, from the best to the worst: a row takes the worst outcome of its items."""

    SKIPPED = "skipped"
    """The mapping leaves it out."""
    ACCEPTED = "accepted"
    """Amazon's report confirms it."""
    PENDING = "pending"
    """Nothing is final yet."""
    NOT_SENT = "not_sent"
    """Good, but the upload was stopped before its batch left."""
    FAILED = "failed"
    """Sent, and not confirmed as accepted."""
    REJECTED = "rejected"
    """Wrong; never sent."""


class AccountingLawBroken(Exception):
    """The outcomes do not add up to the rows read. It is a fault of ours, never of the file."""


def check_law(rows_read: int, counts: Mapping[Outcome, int], *, final: bool) -> None:
    """Check `rows_read = sum over all outcomes`, no count below 0, and `pending = 0` for what is final.

    Raises:
        AccountingLawBroken: it does not hold; the text gives all the numbers.
    """
    total = sum(counts.values())
    numbers = ", ".join(f"{outcome.value}={counts.get(outcome, 0)}" for outcome in Outcome)
    if total != rows_read or any(count < 0 for count in counts.values()):
        raise AccountingLawBroken(f"rows_read={rows_read} is not the sum of {numbers}")
    if final and counts.get(Outcome.PENDING, 0):
        raise AccountingLawBroken(f"an upload that has ended has pending rows: rows_read={rows_read}, {numbers}")


@dataclass(frozen=True)
class Reason:
    """Why a row did not make it: a stable code, the field and its value where there is one, and a sentence."""

    code: str
    message: str
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class RowOutcome:
    """One row's outcome, as the outcome parts, `rejected.jsonl` and the status API give it."""

    row: int
    outcome: Outcome
    reasons: tuple[Reason, ...] = field(default=())
    sku: str | None = None
    store_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON: `{"row", "outcome", "sku", "store_id", "reasons": [{"code", "message", "field", "value"}]}`."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "RowOutcome":
        """Read what `to_json` wrote."""
        return cls(
            row=value["row"],
            outcome=Outcome(value["outcome"]),
            reasons=tuple(Reason(**reason) for reason in value["reasons"]),
            sku=value["sku"],
            store_id=value["store_id"],
        )
