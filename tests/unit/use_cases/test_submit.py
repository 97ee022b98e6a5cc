"""Submitting: what is tried again, what is final, and what may have reached Amazon."""

import dataclasses

import pytest
from pynamodb.exceptions import TransactWriteError

from chalicelib.amazon.errors import (
    CatalogApiOutcomeUnknown,
    CatalogApiServerError,
    CatalogApiServerErrorFinal,
    CatalogApiThrottled,
    RoleNotAllowed,
    UnknownStore,
)
from chalicelib.tracking.states import BatchState, UploadState
from chalicelib.use_cases.submit import submit_batch
from tests.unit.use_cases.world import TRIES, World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_a_throttled_batch_is_tried_again_and_everybody_is_pushed_back(world: World) -> None:
    world.amazon.script = [CatalogApiThrottled("slow down", http_status=429)] * 2
    upload = world.run(world.drop(row("A1")).upload_id)
    attempts = world.batches.attempts(upload.upload_id, 1)
    assert [attempt.error for attempt in attempts] == ["CatalogApiThrottled", "CatalogApiThrottled", None]
    assert world.pacer.pushed_back == 2.0


def test_a_turn_that_does_not_come_costs_no_attempt(world: World) -> None:
    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.pacer.waits = 3
    world.send(upload.upload_id, 1)
    assert len(world.batches.attempts(upload.upload_id, 1)) == 1


def test_throttling_without_end_leaves_the_batch_not_sent(world: World) -> None:
    world.amazon.script = [CatalogApiThrottled("slow down", http_status=429)] * TRIES
    upload = world.run(world.drop(*GOOD).upload_id)
    assert [batch.state for batch in world.all_batches(upload.upload_id)] == ["NOT_SENT", "SUBMITTED", "SUBMITTED"]
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.not_sent, upload.accepted) == (UploadState.COMPLETED_WITH_ERRORS, 3, 4)
    assert {line["code"] for line in world.outcome_rows(upload.upload_id, "not_sent.csv")} == {"CatalogApiThrottled"}


def test_a_server_error_without_end_is_a_refusal(world: World) -> None:
    world.amazon.script = [CatalogApiServerError("oops", http_status=500)] * TRIES
    upload = world.run(world.drop(row("A1")).upload_id)
    assert (upload.upload_state, upload.failed) == (UploadState.FAILED, 1)
    assert world.all_batches(upload.upload_id)[0].batch_state is BatchState.REFUSED


def test_a_batch_that_may_have_reached_amazon_is_never_not_sent(world: World) -> None:
    script = [CatalogApiOutcomeUnknown("no answer")] + [CatalogApiThrottled("slow", http_status=429)] * TRIES
    world.amazon.script = list(script)
    upload = world.run(world.drop(row("A1")).upload_id)
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, upload.failed) == ("UNKNOWN", 1)
    assert world.outcome_rows(upload.upload_id, "failed.csv")[0]["code"] == "outcome_unknown"


def test_an_unknown_outcome_is_tried_again_and_the_second_ingestion_counts(world: World) -> None:
    world.amazon.script = [CatalogApiOutcomeUnknown("no answer")]
    upload = world.run(world.drop(row("A1")).upload_id)
    world.messages(["ing-1", "ing-2", "ing-1"])
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted) == (UploadState.COMPLETED, 1)


@pytest.mark.parametrize(
    "error", [UnknownStore("no such store", http_status=400), CatalogApiServerErrorFinal("no retry", http_status=500)]
)
def test_a_final_refusal_fails_the_rows_of_that_batch_alone(world: World, error: Exception) -> None:
    world.amazon.script = [error]
    upload = world.run(world.drop(*GOOD).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.failed, upload.accepted) == (UploadState.COMPLETED_WITH_ERRORS, 3, 4)
    assert {line["code"] for line in world.outcome_rows(upload.upload_id, "failed.csv")} == {type(error).__name__}


def test_a_final_refusal_after_a_call_without_an_answer_is_unknown(world: World) -> None:
    world.amazon.script = [CatalogApiOutcomeUnknown("no answer"), UnknownStore("no such store", http_status=400)]
    upload = world.run(world.drop(row("A1")).upload_id)
    assert world.all_batches(upload.upload_id)[0].batch_state is BatchState.UNKNOWN


def test_a_refused_caller_stops_the_upload_and_says_why(world: World) -> None:
    world.amazon.script = [RoleNotAllowed("The role is not allow-listed.", http_status=403)]
    upload = world.run(world.drop(*GOOD).upload_id)
    assert world.amazon.sent == []
    assert {batch.state for batch in world.all_batches(upload.upload_id)} == {"NOT_SENT"}
    assert (upload.upload_state, upload.failed, upload.not_sent) == (UploadState.FAILED, 0, 7)
    assert upload.reason == "The role is not allow-listed."
    messages = {line["message"] for line in world.outcome_rows(upload.upload_id, "not_sent.csv")}
    assert messages == {"Not sent, because the upload was stopped: The role is not allow-listed."}
    assert sum(len(world.batches.attempts(upload.upload_id, number)) for number in (1, 2, 3)) == 1


def test_a_wrong_role_fails_before_anything_is_prepared(world: World) -> None:
    world.amazon.access = RoleNotAllowed("The role is not allow-listed.", http_status=403)
    upload = world.run(world.drop(*GOOD).upload_id)
    assert (upload.upload_state, upload.rows_read) == (UploadState.FAILED, 0)
    assert (upload.reason_code, upload.reason) == ("RoleNotAllowed", "The role is not allow-listed.")
    assert list(world.data.keys(f"uploads/{upload.upload_id}/batches/")) == []


def test_a_call_of_the_same_batch_by_a_function_that_is_still_running_is_waited_for(world: World) -> None:
    from chalicelib.amazon.pacer import Wait

    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    take_turn = world.pacer.take_turn

    def another_function_is_quicker() -> None:
        take_turn()
        world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))

    world.pacer.take_turn = another_function_is_quicker  # type: ignore[method-assign]
    with pytest.raises(Wait, match="under way"):
        submit_batch(world.submit, upload.upload_id, 1)


def test_an_ingestion_id_is_not_lost_to_a_fault_of_the_table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    set_submitted, tries = world.batches.set_submitted, []

    def fails_twice(*arguments: object, **named: object) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise TransactWriteError("the table is busy")
        set_submitted(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(world.batches, "set_submitted", fails_twice)
    submit_batch(dataclasses.replace(world.submit, sleep=lambda _: None), upload.upload_id, 1)
    assert world.all_batches(upload.upload_id)[0].batch_state is BatchState.SUBMITTED


def test_a_table_that_stays_broken_is_told_to_the_state_machine(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)

    def fails(*_: object, **__: object) -> None:
        raise TransactWriteError("the table is broken")

    monkeypatch.setattr(world.batches, "set_submitted", fails)
    with pytest.raises(TransactWriteError):
        submit_batch(dataclasses.replace(world.submit, sleep=lambda _: None), upload.upload_id, 1)
