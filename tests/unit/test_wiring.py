"""The handlers, from the event that AWS sends to the use case and back, over moto."""

import json
from typing import Any

import boto3
import pytest

from chalicelib import wiring as wired
from chalicelib.amazon.pacer import Wait
from chalicelib.settings import Settings
from chalicelib.tracking.states import UploadState
from tests.unit.conftest import REGION, TABLE, TurnedClock
from tests.unit.test_settings import REQUIRED
from tests.unit.use_cases.test_message import TOPIC, envelope
from tests.unit.use_cases.world import DATA, INBOX, FakeAmazon, FakePacer, row

KEY = "inbox/pos/price list+1.jsonl"


@pytest.fixture
def work(table: str, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch) -> wired.Wiring:
    """The real wiring, but for Amazon and its pacer."""
    s3 = boto3.client("s3")
    for bucket in (INBOX, DATA):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=INBOX, VersioningConfiguration={"Status": "Enabled"})
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="workflow", AssumeRolePolicyDocument=json.dumps({"Statement": []}))["Role"]["Arn"]
    definition = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    machine = boto3.client("stepfunctions").create_state_machine(name="upload", definition=definition, roleArn=role)
    dead_letters = boto3.client("sqs").create_queue(QueueName="dead-letters")["QueueUrl"]
    environ = {
        **REQUIRED,
        "INBOX_BUCKET": INBOX,
        "DATA_BUCKET": DATA,
        "TABLE_NAME": TABLE,
        "STATE_MACHINE_ARN": machine["stateMachineArn"],
        "DEAD_LETTER_QUEUE_URL": dead_letters,
        "RESULT_TOPIC_ARN": TOPIC,
        "VERIFY_SNS_SIGNATURES": "false",
        "NOTIFICATION_TOPIC_ARN": boto3.client("sns").create_topic(Name="ended")["TopicArn"],
    }
    built = wired.Wiring(Settings.from_environment(environ))
    amazon = FakeAmazon()
    monkeypatch.setitem(vars(built), "catalog_api", amazon)
    monkeypatch.setitem(vars(built), "pacer", FakePacer())
    monkeypatch.setattr(wired, "wiring", lambda: built)
    return built


def dropped(*keys_and_versions: tuple[str, str | None]) -> dict[str, Any]:
    return {
        "Records": [
            {"s3": {"object": {"key": key, **({"versionId": version} if version else {})}}}
            for key, version in keys_and_versions
        ]
    }


def put(*rows: dict[str, str]) -> str:
    body = "\n".join(map(json.dumps, rows)).encode()
    version: str = boto3.client("s3").put_object(Bucket=INBOX, Key=KEY, Body=body)["VersionId"]
    return version


def test_an_event_of_s3_has_its_key_decoded_once(work: wired.Wiring) -> None:
    wired.catalog_dropped(dropped(("inbox/pos/price+list%2B1.jsonl", put(row("A1")))))
    [upload] = list(work.uploads.open())
    assert upload.key == KEY


def test_an_event_without_a_version_is_of_the_one_that_s3_calls_null(work: wired.Wiring) -> None:
    s3 = boto3.client("s3")
    s3.delete_bucket(Bucket=INBOX)
    s3.create_bucket(Bucket=INBOX)
    s3.put_object(Bucket=INBOX, Key="inbox/first.jsonl", Body=json.dumps(row("A1")).encode())
    s3.put_bucket_versioning(Bucket=INBOX, VersioningConfiguration={"Status": "Enabled"})
    wired.catalog_dropped(dropped(("inbox/first.jsonl", None)))
    [upload] = list(work.uploads.open())
    assert upload.version_id == "null"
    assert wired.prepare_catalog({"upload_id": upload.upload_id})["batch_count"] == 1


def test_an_event_of_what_is_no_catalog_file_or_gone_is_passed_over(work: wired.Wiring) -> None:
    wired.catalog_dropped({"Event": "s3:TestEvent"})
    wired.catalog_dropped(dropped(("inbox/", "1"), ("inbox/gone.json", "1")))
    assert list(work.uploads.open()) == []


def test_invoking_start_gives_the_upload_that_the_event_gives(work: wired.Wiring) -> None:
    version = put(row("A1"))
    wired.catalog_dropped(dropped(("inbox/pos/price+list%2B1.jsonl", version)))
    [upload] = list(work.uploads.open())
    assert wired.start_upload({"key": KEY, "version_id": version}) == {
        "upload_id": upload.upload_id,
        "state": "RECEIVED",
    }


def test_the_steps_carry_an_upload_to_its_end(work: wired.Wiring) -> None:
    put(row("A1"), row("A2"))
    upload_id = wired.start_upload({"key": KEY})["upload_id"]
    step = {"upload_id": upload_id}
    assert wired.preflight(step) == {}
    prepared = wired.prepare_catalog(step)
    assert prepared == {"batch_count": 1, "batch_list": f"uploads/{upload_id}/batches.json"}
    assert wired.record_upload(step) == {}
    assert wired.submit_batch({**step, "batch": 1}) == {}
    assert wired.close_submission({**step, "prepared": prepared}) == {}
    message = {"ingestionId": "ing-1", "processingStatus": "CANCELLED"}
    answer = wired.ingestion_message({"Records": [{"messageId": "m", "body": envelope(json.dumps(message))}]})
    assert answer == {"batchItemFailures": []}
    assert work.uploads.get(upload_id).upload_state is UploadState.FAILED


def test_a_result_that_is_quicker_than_its_answer_is_taken_when_the_answer_is_recorded(work: wired.Wiring) -> None:
    put(row("A1"))
    step = {"upload_id": wired.start_upload({"key": KEY})["upload_id"]}
    for take_step in (wired.prepare_catalog, wired.record_upload):
        take_step(step)
    message = {"ingestionId": "ing-1", "processingStatus": "FATAL"}
    wired.ingestion_message({"Records": [{"messageId": "m", "body": envelope(json.dumps(message))}]})
    wired.submit_batch({**step, "batch": 1})
    assert work.batches.get(step["upload_id"], 1).state == "FATAL"


def test_a_batch_that_waits_long_is_asked_for(work: wired.Wiring) -> None:
    put(row("A1"))
    step = {"upload_id": wired.start_upload({"key": KEY})["upload_id"]}
    for take_step in (wired.prepare_catalog, wired.record_upload):
        take_step(step)
    wired.submit_batch({**step, "batch": 1})
    assert work.ask_status("ing-1").status == "DONE"


def test_what_the_state_machine_caught_becomes_the_uploads_reason(work: wired.Wiring) -> None:
    put(row("A1"))
    upload_id = wired.start_upload({"key": KEY})["upload_id"]
    cause = json.dumps({"errorType": "RoleNotAllowed", "errorMessage": "The role is not allow-listed."})
    wired.close_submission({"upload_id": upload_id, "error": {"Error": "RoleNotAllowed", "Cause": cause}})
    upload = work.uploads.get(upload_id)
    assert (upload.state, upload.reason_code, upload.reason) == (
        "FAILED",
        "RoleNotAllowed",
        "The role is not allow-listed.",
    )


@pytest.mark.parametrize(("cause", "reason"), [("no JSON", "no JSON"), ("", "history"), ("[]", "[]"), ("{}", "{}")])
def test_a_cause_that_is_no_error_of_a_function_is_told_as_it_is(work: wired.Wiring, cause: str, reason: str) -> None:
    put(row("A1"))
    upload_id = wired.start_upload({"key": KEY})["upload_id"]
    wired.close_submission({"upload_id": upload_id, "error": {"Error": "States.Runtime", "Cause": cause}})
    assert reason in work.uploads.get(upload_id).reason


def test_only_the_message_that_may_be_read_later_is_delivered_again(work: wired.Wiring) -> None:
    def no_turn(_: str) -> None:
        raise Wait("no turn")

    work.message.result.batches.ingestion = no_turn  # type: ignore[method-assign, assignment]
    later = envelope(json.dumps({"ingestionId": "ing-1", "processingStatus": "FATAL"}))
    records = [{"messageId": "bad", "body": "no JSON"}, {"messageId": "later", "body": later}]
    assert wired.ingestion_message({"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "later"}]}


def test_a_message_that_fails_is_counted_since_lambda_takes_the_call_for_a_good_one(
    work: wired.Wiring, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: str) -> None:
        raise KeyError("a fault of ours")

    work.message.result.batches.ingestion = broken  # type: ignore[method-assign, assignment]
    body = envelope(json.dumps({"ingestionId": "ing-1", "processingStatus": "FATAL"}))
    wired.ingestion_message({"Records": [{"messageId": "m", "body": body}]})
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "MessagesFailed" in line]
    assert [line["MessagesFailed"] for line in written] == [[1.0]]


def test_reconcile_starts_what_was_claimed_and_never_started(work: wired.Wiring) -> None:
    put(row("A1"))
    upload_id = wired.start_upload({"key": KEY})["upload_id"]
    machine = work.settings.state_machine_arn
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{upload_id}"
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    wired.reconcile({})
    assert "The upload was stopped." in work.uploads.get(upload_id).reason


def test_the_clients_are_built_from_the_settings(table: str) -> None:
    built = wired.Wiring(Settings.from_environment({**REQUIRED, "SNS_CERTIFICATE_URL_PREFIX": "http://127.0.0.1/"}))
    assert built.catalog_api is built.submit.catalog_api
    assert built.pacer is built.submit.pacer
    assert built.message.http_allowed
    assert built.start.state_machine_arn == REQUIRED["STATE_MACHINE_ARN"]
    assert built.finish is built.close.finish
    assert built.message.sns_of_region("eu-west-1").meta.region_name == "eu-west-1"


def test_the_wiring_of_a_process_is_built_once_from_its_environment(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    wired.wiring.cache_clear()
    assert wired.wiring() is wired.wiring()
    assert wired.wiring().settings.catalog_api_region == REGION
    wired.wiring.cache_clear()


def test_metrics_are_written_when_a_handler_ends(work: wired.Wiring, capsys: pytest.CaptureFixture[str]) -> None:
    wired.ingestion_message({"Records": [{"messageId": "bad", "body": "no JSON"}]})
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "MessagesUnreadable" in line]
    assert any("_aws" in line for line in written)


def test_what_would_be_cut_off_by_the_time_out_is_left_in_the_queue(
    work: wired.Wiring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wired, "MESSAGE_SECONDS", -1.0)
    answer = wired.ingestion_message({"Records": [{"messageId": "later", "body": "no JSON"}]})
    assert answer == {"batchItemFailures": [{"itemIdentifier": "later"}]}
