import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tracking.outcomes import AccountingLawBroken, Outcome, Reason, RowOutcome, check_law
from chalicelib.tracking.states import BatchState, UploadState, final_state

COUNTS = st.dictionaries(st.sampled_from([o for o in Outcome if o is not Outcome.PENDING]), st.integers(0, 50))


@given(COUNTS)
def test_an_upload_is_completed_exactly_when_every_row_was_accepted_or_skipped(counts: dict[Outcome, int]) -> None:
    rows = sum(counts.values())
    good = counts.get(Outcome.ACCEPTED, 0) + counts.get(Outcome.SKIPPED, 0)
    assert (final_state(counts, file_is_wrong=False) is UploadState.COMPLETED) == (rows > 0 and good == rows)


@given(COUNTS)
def test_a_wrong_file_is_invalid_whatever_was_read_of_it(counts: dict[Outcome, int]) -> None:
    assert final_state(counts, file_is_wrong=True) is UploadState.INVALID


@given(COUNTS)
def test_an_upload_fails_when_nothing_was_accepted_and_something_should_have_been(counts: dict[Outcome, int]) -> None:
    expected = not counts.get(Outcome.ACCEPTED) and (
        sum(counts.values()) != counts.get(Outcome.SKIPPED, 0) or not sum(counts.values())
    )
    assert (final_state(counts, file_is_wrong=False) is UploadState.FAILED) == expected


@given(COUNTS)
def test_an_upload_ends_in_a_state_that_is_final(counts: dict[Outcome, int]) -> None:
    assert final_state(counts, file_is_wrong=False).is_final


def test_no_state_can_be_left_once_it_is_final() -> None:
    for state in UploadState:
        assert not any(before.is_final for before in state.predecessors)
    for state in BatchState:
        if state is not BatchState.PREPARED:
            assert not state.predecessor.is_final


@given(COUNTS, st.integers(-3, 3))
def test_the_law_holds_only_if_the_outcomes_add_up(counts: dict[Outcome, int], off_by: int) -> None:
    rows = sum(counts.values()) + off_by
    if off_by:
        with pytest.raises(AccountingLawBroken, match="is not the sum of"):
            check_law(rows, counts, final=False)
    else:
        check_law(rows, counts, final=True)


def test_the_law_forbids_pending_rows_in_what_has_ended() -> None:
    check_law(1, {Outcome.PENDING: 1}, final=False)
    with pytest.raises(AccountingLawBroken, match="pending"):
        check_law(1, {Outcome.PENDING: 1}, final=True)


def test_the_law_forbids_a_count_below_zero() -> None:
    with pytest.raises(AccountingLawBroken):
        check_law(0, {Outcome.PENDING: -1, Outcome.ACCEPTED: 1}, final=False)


def test_a_row_outcome_survives_json() -> None:
    outcome = RowOutcome(3, Outcome.FAILED, (Reason("code", "why", "item_sku", "x"),), "sku", "store")
    assert RowOutcome.from_json(outcome.to_json()) == outcome
