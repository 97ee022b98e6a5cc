import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import CancellationReason, TransactWriteError, UpdateError, VerboseClientError

from chalicelib.tracking.transactions import ATTEMPTS, ConditionFailed, retry_conflicts


def cancelled(*codes: str | None) -> TransactWriteError:
    reasons = [CancellationReason(code=code) if code else None for code in codes]
    response = {"Error": {"Code": "TransactionCanceledException", "Message": "cancelled"}}
    return TransactWriteError(
        "cancelled", cause=VerboseClientError(response, "TransactWriteItems", cancellation_reasons=reasons)
    )


def refused(code: str) -> UpdateError:
    return UpdateError("refused", cause=ClientError({"Error": {"Code": code, "Message": code}}, "UpdateItem"))


class Write:
    """Raises the given errors one after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.mark.parametrize("error", [cancelled(None, "TransactionConflict"), refused("TransactionConflictException")])
def test_a_conflict_is_retried_after_a_pause_with_jitter(error: Exception) -> None:
    pauses: list[float] = []
    write = Write(error, error)
    retry_conflicts(write, sleep=pauses.append)
    assert write.calls == 3
    assert len(pauses) == 2
    assert all(0 <= pause <= 2 for pause in pauses)


@pytest.mark.parametrize(
    "error", [cancelled("ConditionalCheckFailed", "TransactionConflict"), refused("ConditionalCheckFailedException")]
)
def test_a_condition_that_does_not_hold_is_not_retried(error: Exception) -> None:
    write = Write(error)
    with pytest.raises(ConditionFailed):
        retry_conflicts(write, sleep=lambda _: None)
    assert write.calls == 1


@pytest.mark.parametrize("error", [cancelled("ValidationError"), cancelled(), refused("AccessDeniedException")])
def test_any_other_error_passes_through_at_once(error: Exception) -> None:
    write = Write(error)
    with pytest.raises(type(error)):
        retry_conflicts(write, sleep=lambda _: None)
    assert write.calls == 1


def test_conflicts_without_end_are_given_up() -> None:
    write = Write(*[cancelled("TransactionConflict")] * (ATTEMPTS + 1))
    with pytest.raises(TransactWriteError):
        retry_conflicts(write, sleep=lambda _: None)
    assert write.calls == ATTEMPTS
