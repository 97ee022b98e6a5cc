"""What the schedule finds: lost events, batches without a result. Last: its deadlines would end other uploads, too."""

import json

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState
from local.amazon.service import envelopes
from local.amazon.service.reports import write_report
from local.amazon.service.scenarios import Scenario
from local.amazon.simulator import TOPIC_ARN
from local.aws import LocalAws
from local.retailer import Retailer
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, item, items
from tests.e2e.functions import Functions
from tests.e2e.queues import Queues, failed_event
from tests.e2e.waiting import wait_for


def test_a_batch_without_a_result_is_closed_at_the_deadline(
    retailer: Retailer, functions: Functions, accounts: Accounts
) -> None:
    rows = [item(f"never-{number}", Scenario.NEVER_DONE) for number in range(3)]
    upload_id = retailer.drop("inbox/never/catalog.json", as_array(rows))
    retailer.wait(upload_id, until=UploadState.AWAITING_RESULTS)
    functions.reconcile()
    waiting = retailer.find(upload_id)
    assert waiting is not None
    assert waiting.outcomes[Outcome.PENDING] == 3, "nothing is given up before the deadline"
    with functions.with_setting("reconcile", RESULT_DEADLINE_HOURS="0.000001"):
        functions.reconcile()
    upload = retailer.wait(upload_id)
    accounts.check(upload)
    assert (upload.state, upload.outcomes[Outcome.FAILED]) == (UploadState.FAILED, 3)
    assert [batch["state"] for batch in accounts.batches(upload_id)] == ["NO_RESULT"]
    found = retailer.get(f"/uploads/{upload_id}/rows", outcome="failed")["rows"]
    assert {reason["code"] for row in found for reason in row["reasons"]} == {"no_result"}


def test_a_report_that_comes_after_the_deadline_is_kept_and_changes_no_count(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    rows = [item(f"late-{number}", Scenario.NEVER_DONE) for number in range(3)]
    upload_id = retailer.drop("inbox/late/catalog.json", as_array(rows))
    retailer.wait(upload_id, until=UploadState.AWAITING_RESULTS)
    with functions.with_setting("reconcile", RESULT_DEADLINE_HOURS="0.000001"):
        functions.reconcile()
    upload = retailer.wait(upload_id)
    ingestion_id = accounts.batches(upload_id)[0]["ingestion_id"]
    link = local_aws.simulator.publish_report(ingestion_id, write_report(ingestion_id, rows, None))
    message = json.dumps({"ingestionId": ingestion_id, "processingStatus": "DONE", "reportDownloadLink": link})
    Queues(local_aws).send(local_aws.simulator.sign(envelopes.notification(TOPIC_ARN, message)))
    wait_for(lambda: "late_report" in accounts.batches(upload_id)[0])
    assert retailer.find(upload_id) == upload
    accounts.check(upload)


def test_a_file_whose_event_was_lost_is_found_and_started(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    key = "inbox/unannounced/catalog.json"
    with functions.starved("catalog_dropped"):
        upload_id = retailer.drop(key, as_array(items(2, "unannounced")))
        wait_for(lambda: key in failed_event(local_aws))
    functions.reconcile()
    assert retailer.find(upload_id) is None, "its event may still come"
    functions.reconcile_later(minutes=11)
    upload = retailer.wait(upload_id)
    accounts.check(upload)
    assert upload.state is UploadState.COMPLETED
