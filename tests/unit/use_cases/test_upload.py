"""The whole way of an upload, as the business sees it."""

import dataclasses
import json
from datetime import timedelta

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
from chalicelib.amazon.ingestions import ProcessingStatus
from chalicelib.storage import keys
from chalicelib.tracking.states import BatchState, UploadState
from chalicelib.use_cases.submit import submit_batch
from tests.unit.use_cases.world import INBOX, TRIES, World, row

GOOD = [row(f"A{n}") for n in range(7)]


def test_an_upload_whose_rows_are_all_accepted_is_completed(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    assert upload.upload_state is UploadState.AWAITING_RESULTS
    assert (upload.pending, upload.batches) == (7, 3)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted) == (UploadState.COMPLETED, 7)
    assert world.notified == ["COMPLETED"]
    assert world.outcome_rows(upload.upload_id, "failed.csv") == []


def test_the_exact_stored_bytes_are_sent(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    stored = [world.data.read(keys.batch_body(upload.upload_id, number)) for number in (1, 2, 3)]
    assert [body for _, body in world.amazon.sent] == stored
    assert [len(json.loads(body)["catalogItems"]) for body in stored] == [3, 3, 1]


def test_each_row_that_amazon_refuses_is_named_with_its_reason(world: World) -> None:
    rows = [row("A1"), row("BAD1"), row("A2"), row("A3"), row("BAD2"), row("A4")]
    upload = world.run(world.drop(*rows).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted, upload.failed) == (UploadState.COMPLETED_WITH_ERRORS, 4, 2)
    failed = world.outcome_rows(upload.upload_id, "failed.csv")
    assert [(line["row"], line["sku"], line["code"], line["field"]) for line in failed] == [
        ("2", "BAD1", "90220", "item_name"),
        ("5", "BAD2", "90220", "item_name"),
    ]
    assert world.summary(upload.upload_id)["failed_reasons"] == {"90220": 2}


def test_a_row_that_was_sent_to_several_stores_has_one_outcome_that_names_them(world: World) -> None:
    fields = {name: {"column": name} for name in row("A1") if name != "store_id"}
    mapping = {"fields": fields, "store_ids": {"constant": ["s1", "s2"]}}
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=json.dumps(mapping).encode())
    upload = world.run(world.drop(row("A1"), row("BAD1")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.rows_read, upload.items, upload.accepted, upload.failed) == (2, 4, 1, 1)
    assert [batch.items for batch in world.all_batches(upload.upload_id)] == [2, 2]
    [line] = world.outcome_rows(upload.upload_id, "failed.csv")
    assert (line["sku"], line["store_id"]) == ("BAD1", "s1, s2")


def test_each_rejected_row_is_named_and_holds_back_no_other(world: World) -> None:
    rows = [*GOOD, row("A9", store_id=""), "{broken"]
    world.limits = type(world.limits)(max_batch_items=3, max_rejected_ratio=0.5)
    upload = world.run(world.drop(*rows).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.rows_read, upload.accepted, upload.rejected) == (9, 7, 2)
    assert {line["row"] for line in world.outcome_rows(upload.upload_id, "rejected.csv")} == {"8", "9"}


def test_too_many_rejected_rows_send_nothing(world: World) -> None:
    upload = world.run(world.drop(row("A1"), "{broken").upload_id)
    assert (upload.upload_state, upload.rejected, upload.not_sent) == (UploadState.INVALID, 1, 1)
    assert world.amazon.sent == []
    assert upload.reason
    assert list(world.data.keys(f"uploads/{upload.upload_id}/batches/")) == []
    assert not world.data.exists(keys.outcome_file(upload.upload_id, "not_sent.csv"))
    assert world.notified == ["INVALID"]


def test_a_file_that_cannot_be_read_is_invalid_and_stays_untouched(world: World) -> None:
    upload = world.drop("")
    before = world.inbox.read("inbox/pos/prices.jsonl")
    upload = world.run(upload.upload_id)
    assert (upload.upload_state, upload.rows_read) == (UploadState.INVALID, 0)
    assert world.inbox.read("inbox/pos/prices.jsonl") == before


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


def test_a_message_that_comes_before_the_answer_is_parked_and_counts(world: World) -> None:
    world.amazon.before_answer = world.message
    upload = world.run(world.drop(*GOOD).upload_id)
    assert (upload.upload_state, upload.accepted) == (UploadState.COMPLETED, 7)


def test_a_message_that_comes_twice_counts_once(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    for _ in range(2):
        world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.accepted, world.notified) == (7, ["COMPLETED"])


@pytest.mark.parametrize(
    ("status", "state"), [(ProcessingStatus.FATAL, "FATAL"), (ProcessingStatus.CANCELLED, "CANCELLED")]
)
def test_an_ingestion_that_broke_off_fails_its_rows(world: World, status: ProcessingStatus, state: str) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.message("ing-1", status)
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, world.check(upload.upload_id).state) == (state, "FAILED")
    assert world.outcome_rows(upload.upload_id, "failed.csv")[0]["code"] == f"ingestion_{state.lower()}"


def test_an_upload_that_failed_has_the_reason_that_its_batches_share(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    for ingestion_id in list(world.amazon.ingestions):
        world.message(ingestion_id, ProcessingStatus.FATAL)
    upload = world.check(upload.upload_id)
    assert (upload.reason_code, upload.state) == ("ingestion_fatal", "FAILED")
    assert upload.reason == world.all_batches(upload.upload_id)[0].reason
    summary = json.loads(world.data.read(keys.outcome_file(upload.upload_id, "summary.json")))
    assert (summary["reason_code"], summary["reason"]) == (upload.reason_code, upload.reason)


def test_a_reason_that_differs_in_words_alone_is_told_of_the_first_batch(world: World) -> None:
    world.amazon.reports = {"ing-1": b"<html>", "ing-2": b"<html>", "ing-3": b"<html>"}
    upload = world.run(world.drop(*GOOD).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert upload.reason_code == "report_unreadable"
    assert upload.reason.startswith("Batch 1: Amazon's report")
    assert "reports/ing-1.json" in upload.reason


def test_an_upload_whose_batches_failed_for_different_reasons_says_where_they_are(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    for ingestion_id, status in zip(
        list(world.amazon.ingestions),
        (ProcessingStatus.FATAL, ProcessingStatus.CANCELLED, ProcessingStatus.FATAL),
        strict=True,
    ):
        world.message(ingestion_id, status)
    upload = world.check(upload.upload_id)
    assert upload.reason_code == "batches_failed"
    assert "/batches" in upload.reason


def test_an_upload_of_which_amazon_accepts_no_row_says_where_its_reasons_are(world: World) -> None:
    upload = world.run(world.drop(row("BAD1"), row("BAD2")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.state, upload.reason_code) == ("FAILED", "nothing_accepted")
    assert "failed.csv" in upload.reason


def test_an_upload_with_an_accepted_row_has_no_reason(world: World) -> None:
    upload = world.run(world.drop(row("BAD1"), row("A2")).upload_id)
    world.messages()
    upload = world.check(upload.upload_id)
    assert (upload.state, upload.reason_code, upload.reason) == ("COMPLETED_WITH_ERRORS", None, None)


def test_a_message_of_work_under_way_changes_nothing(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.message("ing-1", ProcessingStatus.INPROGRESS)
    assert world.check(upload.upload_id).upload_state is UploadState.AWAITING_RESULTS


def test_a_report_that_cannot_be_read_is_named_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.amazon.reports["ing-1"] = b"<html>"
    upload = world.run(world.drop(row("A1")).upload_id)
    world.messages()
    [line] = [vars(record) for record in caplog.records if record.message == "report unreadable"]
    assert (line["upload_id"], line["batch"], line["ingestion_id"], line["report_key"]) == (
        upload.upload_id,
        1,
        "ing-1",
        "reports/ing-1.json",
    )


def test_a_report_that_cannot_be_read_is_kept_and_its_rows_fail(world: World) -> None:
    world.amazon.reports["ing-1"] = b"<html>"
    upload = world.run(world.drop(row("A1")).upload_id)
    world.messages()
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, world.check(upload.upload_id).state) == ("UNREADABLE", "FAILED")
    assert world.data.read(batch.report_key) == b"<html>"
    assert batch.report_link == world.amazon.link("ing-1")


def test_an_expired_link_is_replaced_by_a_fresh_one(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.amazon.expired.add(world.amazon.link("ing-1"))
    world.messages()
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_an_expired_link_of_an_unknown_ingestion_is_left_to_polling(world: World) -> None:
    world.amazon.ingestions["other"] = []
    world.amazon.expired.add(world.amazon.link("other"))
    world.message("other")
    assert world.batches.ingestion("other") is None


def test_a_bare_link_is_matched_by_its_name(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world_completion(world, "https://bucket.example/ing-1.json?X-Amz-Signature=1")
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_a_bare_link_is_matched_by_the_reports_header(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    report = json.loads(world.amazon.report("ing-1"))
    world.amazon.reports["some-name"] = json.dumps({**report, "header": {"ingestionId": "ing-1"}}).encode()
    world_completion(world, "https://bucket.example/some-name.json?X-Amz-Signature=1")
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_a_bare_link_that_names_nothing_is_kept_under_its_name(world: World) -> None:
    upload = world.run(world.drop(row("A1")).upload_id)
    world.amazon.reports["some-name"] = b"[]"
    world_completion(world, "https://bucket.example/some-name.json?X-Amz-Signature=1")
    assert world.check(upload.upload_id).upload_state is UploadState.AWAITING_RESULTS
    [key] = world.data.keys("reports/")
    assert world.data.read(key) == b"[]"
    assert world.batches.ingestion("some-name")


def world_completion(world: World, link: str) -> None:
    from chalicelib.amazon.messages import Completion
    from chalicelib.use_cases.result import take_completion

    take_completion(world.result, Completion(None, None, link))


def test_archive_names_every_store(world: World) -> None:
    world.known_store_ids = ("s1", "s2")
    upload = world.run(world.drop('"SKU-1"', '"SKU-2"', key="inbox/archive/a.jsonl").upload_id)
    world.messages()
    assert world.amazon.sent == [("archive", b'{"itemSkus":["SKU-1","SKU-2"],"allApplicableStores":["s1","s2"]}')]
    assert world.check(upload.upload_id).upload_state is UploadState.COMPLETED


def test_archive_without_known_stores_says_which_setting_is_missing(world: World) -> None:
    upload = world.run(world.drop('"SKU-1"', key="inbox/archive/a.jsonl").upload_id)
    assert upload.upload_state is UploadState.FAILED
    assert "KNOWN_STORE_IDS" in upload.reason


def test_an_operation_that_there_is_not_is_named(world: World) -> None:
    upload = world.run(world.drop(row("A1"), operation="delete").upload_id)
    assert upload.upload_state is UploadState.INVALID
    assert "'delete'" in upload.reason


def test_a_mapping_that_is_asked_for_and_missing_makes_the_upload_invalid(world: World) -> None:
    upload = world.run(world.drop(row("A1"), mapping="nothing").upload_id)
    assert upload.upload_state is UploadState.INVALID
    assert "mappings/nothing.json, .yaml or .yml" in upload.reason


@pytest.mark.parametrize("given", ["till", "till.yaml", "mappings/till", "mappings/till.yaml"])
def test_a_mapping_may_be_asked_for_by_its_name_its_file_or_its_key(world: World, given: str) -> None:
    fields = "\n".join(f"  {name}: {{column: {name.upper()}}}" for name in row("A1"))
    world.s3.put_object(Bucket=INBOX, Key="mappings/till.yaml", Body=f"fields:\n{fields}\n".encode())
    upload = world.run(world.drop({name.upper(): value for name, value in row("A1").items()}, mapping=given).upload_id)
    assert (upload.mapping_key, upload.upload_state) == ("mappings/till.yaml", UploadState.AWAITING_RESULTS)


def test_of_two_mappings_of_a_name_the_json_is_used_unless_the_other_is_asked_for(world: World) -> None:
    for ending in ("json", "yaml"):
        world.s3.put_object(Bucket=INBOX, Key=f"mappings/till.{ending}", Body=b"{}")
    used = [world.run(world.drop(row("A1"), mapping=name).upload_id).mapping_key for name in ("till", "till.yaml")]
    assert used == ["mappings/till.json", "mappings/till.yaml"]


def test_a_mapping_with_a_mistake_is_named_by_its_key(world: World) -> None:
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.yml", Body=b"- wrong")
    assert "The mapping mappings/pos.yml can't be used: " in world.run(world.drop(row("A1")).upload_id).reason


@pytest.mark.parametrize("text", ["Artikel;Preis\n1;2\n", '{"products": []}'])
def test_a_file_that_only_a_mapping_makes_readable_says_which_one_is_missing(world: World, text: str) -> None:
    upload = world.run(world.drop(text, key="inbox/pos/prices.txt").upload_id)
    assert upload.upload_state is UploadState.INVALID
    assert upload.reason.endswith("there is no mappings/pos.json, .yaml or .yml in the inbox bucket.")


def test_a_sources_mapping_is_used_and_pinned_to_its_version(world: World) -> None:
    mapping = {"fields": {name: {"column": name.upper()} for name in row("A1")}}
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=json.dumps(mapping).encode())
    upload = world.drop({name.upper(): value for name, value in row("A1").items()})
    world.prepare(upload.upload_id)
    first = world.data.read(keys.batch_body(upload.upload_id, 1))
    world.s3.put_object(Bucket=INBOX, Key="mappings/pos.json", Body=b"{}")
    world.prepare(upload.upload_id)
    assert world.data.read(keys.batch_body(upload.upload_id, 1)) == first
    assert json.loads(first)["catalogItems"] == [row("A1")]


def test_preparing_again_writes_the_same_bytes_and_leaves_nothing_over(world: World) -> None:
    upload = world.drop(*GOOD)
    world.prepare(upload.upload_id)
    prefix = keys.upload_prefix(upload.upload_id)
    before = {key: world.data.read(key) for key in world.data.keys(prefix)}
    world.data.write(keys.batch_body(upload.upload_id, 4), b"left over by a run that was killed")
    world.prepare(upload.upload_id)
    assert {key: world.data.read(key) for key in world.data.keys(prefix)} == before


def test_the_second_upload_of_a_source_waits_for_the_first(world: World) -> None:
    from chalicelib.amazon.pacer import Wait

    first, second = world.drop(row("A1")), world.drop(row("A2"))
    with pytest.raises(Wait, match="pos"):
        world.preflight(second.upload_id)
    world.run(first.upload_id)
    world.preflight(second.upload_id)


def test_closing_waits_for_a_call_under_way_then_gives_it_up_as_unknown(world: World) -> None:
    upload = world.drop(*GOOD)
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))
    world.end_submission(upload.upload_id)
    assert [batch.state for batch in world.all_batches(upload.upload_id)] == ["UNKNOWN", "NOT_SENT", "NOT_SENT"]
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.failed, upload.not_sent) == (UploadState.FAILED, 3, 4)


def test_an_answer_that_comes_after_the_batch_was_given_up_leads_to_a_late_report(world: World) -> None:
    upload = world.drop(row("A1"))
    world.preflight(upload.upload_id)
    world.prepare(upload.upload_id)
    world.record(upload.upload_id)
    attempt = world.batches.begin_attempt(world.batches.get(upload.upload_id, 1))
    world.end_submission(upload.upload_id)
    world.amazon.ingestions["ing-9"] = ["A1"]
    world.batches.set_submitted(attempt, "ing-9", http_status=201, request_id=None, first_poll_in=timedelta(0))
    world.message("ing-9")
    [batch] = world.all_batches(upload.upload_id)
    assert (batch.state, batch.late_report) == ("UNKNOWN", "reports/ing-9.json")
    assert world.check(upload.upload_id).failed == 1


def test_a_fault_of_ours_while_submitting_leaves_no_row_without_an_outcome(world: World) -> None:
    upload = world.drop(*GOOD)
    world.amazon.before_answer = lambda ingestion_id: (_ for _ in ()).throw(RuntimeError("a fault of ours"))
    upload = world.run(upload.upload_id)
    world.check(upload.upload_id)
    assert upload.upload_state is UploadState.FAILED
    assert (upload.failed, upload.not_sent) == (3, 4)


def test_counts_are_recorded_even_if_recording_was_never_reached(world: World) -> None:
    upload = world.drop(*GOOD)
    world.prepare(upload.upload_id)
    world.end_submission(upload.upload_id)
    upload = world.check(upload.upload_id)
    assert (upload.rows_read, upload.not_sent, upload.upload_state) == (7, 7, UploadState.FAILED)


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


def test_links_that_end_in_the_same_name_do_not_overwrite_each_others_reports(world: World) -> None:
    def early(ingestion_id: str) -> None:
        world.amazon.reports["report"] = json.dumps(
            {**json.loads(world.amazon.report(ingestion_id)), "header": {"ingestionId": ingestion_id}}
        ).encode()
        world_completion(world, f"https://bucket.example/{ingestion_id}-x/report.json?X-Amz-Signature=1")

    world.amazon.before_answer = early
    upload = world.run(world.drop(row("BAD1"), row("BAD2"), row("BAD3"), row("A1"), row("A2"), row("A3")).upload_id)
    upload = world.check(upload.upload_id)
    assert (upload.upload_state, upload.accepted, upload.failed) == (UploadState.COMPLETED_WITH_ERRORS, 3, 3)


def test_a_report_that_names_another_ingestion_of_ours_closes_nothing_as_accepted(world: World) -> None:
    upload = world.run(world.drop(*GOOD).upload_id)
    report = json.loads(world.amazon.report("ing-1"))
    world.amazon.reports["ing-1"] = json.dumps({**report, "header": {"ingestionId": "ing-2"}}).encode()
    world.message("ing-1")
    assert world.all_batches(upload.upload_id)[0].batch_state is BatchState.UNREADABLE


def test_a_second_ingestion_that_is_cancelled_leaves_its_batch_to_the_first(world: World) -> None:
    world.amazon.script = [CatalogApiOutcomeUnknown("no answer")]
    upload = world.run(world.drop(row("A1")).upload_id)
    [batch] = world.all_batches(upload.upload_id)
    attempt = world.batches.attempts(upload.upload_id, 1)[0]
    world.batches.set_submitted(attempt, "ing-1", http_status=201, request_id=None, first_poll_in=timedelta(0))
    world.message("ing-1", ProcessingStatus.CANCELLED)
    assert world.check(upload.upload_id).pending == 1
    world.message(batch.ingestion_id)
    assert world.check(upload.upload_id).accepted == 1


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
