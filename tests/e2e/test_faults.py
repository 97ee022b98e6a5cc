"""Functions that are starved, killed or broken in the middle of an upload: it ends, and the law holds."""

import os
import signal
import subprocess
import time
from random import Random

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState
from local.amazon.service.scenarios import Scenario
from local.aws import LocalAws
from local.retailer import LOOK_AGAIN_AFTER, Retailer, UploadView
from local.values import function_name
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, item, items
from tests.e2e.functions import Functions
from tests.e2e.queues import Queues
from tests.e2e.waiting import wait_for

LIMIT = 240.0
KILLS = 6


def history(local_aws: LocalAws, upload_id: str) -> str:
    """All events of an upload's execution, as text."""
    arn = f"{local_aws.deployment.state_machine_arn.replace(':stateMachine:', ':execution:')}:{upload_id}"
    return str(local_aws.emulator.client("stepfunctions").get_execution_history(executionArn=arn)["events"])


def workers(local_aws: LocalAws, name: str) -> list[int]:
    """Process ids of a function's processes in this emulator."""
    mark = f"{local_aws.emulator.home}/functions/ministack-lambda-{function_name(name)}-"
    listed = subprocess.run(["ps", "-eww", "-o", "pid=,command="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if mark in line]


def call_under_way(accounts: Accounts, upload_id: str) -> bool:
    """Whether a call of Amazon has begun and not ended."""
    return any("ended_at" not in attempt for attempt in accounts.attempts(upload_id))


def wait_with_reconcile(retailer: Retailer, functions: Functions, upload_id: str) -> UploadView:
    """Wait for an upload that needs the schedule to end."""

    def ended() -> UploadView | None:
        functions.reconcile()
        upload = retailer.find(upload_id)
        return upload if upload and upload.state.is_final else None

    return wait_for(ended, LIMIT, every=10 * LOOK_AGAIN_AFTER)


def test_a_function_that_aws_throttles_is_called_again(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    with functions.starved("record_upload"):
        upload_id = retailer.drop("inbox/starved/catalog.json", as_array(items(3, "starved")))
        wait_for(lambda: retailer.find(upload_id))
        wait_for(lambda: "TooManyRequestsException" in history(local_aws, upload_id))
    upload = retailer.wait(upload_id)
    accounts.check(upload)
    assert (upload.state, upload.outcomes[Outcome.ACCEPTED]) == (UploadState.COMPLETED, 3)


def test_a_process_that_is_killed_during_the_call_of_amazon_loses_no_row(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    rows = [item(f"killed-{number}", Scenario.EARLY_MESSAGE) for number in range(3)]  # its call takes four seconds
    upload_id = retailer.drop("inbox/killed/catalog.json", as_array(rows))
    wait_for(lambda: call_under_way(accounts, upload_id))
    for process in workers(local_aws, "submit_batch"):
        os.kill(process, signal.SIGKILL)
    upload = wait_with_reconcile(retailer, functions, upload_id)
    accounts.check(upload)
    assert len(accounts.attempts(upload_id)) == 2, "the killed attempt stays on record"
    assert (upload.state, upload.outcomes[Outcome.ACCEPTED]) == (UploadState.COMPLETED, 3)


def test_results_come_by_polling_when_messages_do_not_get_through_and_count_once_when_they_do(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    with functions.starved("ingestion_message"):
        upload_id = retailer.drop("inbox/polled/catalog.json", as_array(items(3, "polled")))
        upload = wait_with_reconcile(retailer, functions, upload_id)
        accounts.check(upload)
        assert (upload.state, upload.outcomes[Outcome.ACCEPTED]) == (UploadState.COMPLETED, 3)
    queues = Queues(local_aws)
    wait_for(queues.is_empty)
    assert retailer.find(upload_id) == upload


def test_processes_killed_at_random_lose_no_row_and_count_none_twice(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    random = Random(7)
    stores = ("store-1", "store-2", Scenario.DUPLICATE_MESSAGE)
    uploads = {
        store: retailer.drop(f"inbox/chaos-{store}/catalog.json", as_array(items(120, f"chaos-{store}", store)))
        for store in stores
    }
    for _ in range(KILLS):
        name = random.choice(("prepare_catalog", "record_upload", "submit_batch", "ingestion_message"))
        time.sleep(0.3 + random.random())  # a moment at random is what is wanted here
        for process in workers(local_aws, name)[:1]:
            os.kill(process, signal.SIGKILL)
    for store, upload_id in uploads.items():
        upload = wait_with_reconcile(retailer, functions, upload_id)
        accounts.check(upload)
        assert upload.rows_read == 120
        skus = [row["item_sku"] for row in items(120, f"chaos-{store}", store)]
        at_amazon = sum(local_aws.simulator.item(store, sku) is not None for sku in skus)
        assert at_amazon >= upload.outcomes[Outcome.ACCEPTED], "what counts as accepted is there"


def test_an_execution_that_is_stopped_is_found_and_its_upload_ends(
    retailer: Retailer, local_aws: LocalAws, functions: Functions, accounts: Accounts
) -> None:
    rows = [item(f"stopped-{number}", Scenario.EARLY_MESSAGE) for number in range(3)]
    upload_id = retailer.drop("inbox/stopped/catalog.json", as_array(rows))
    wait_for(lambda: call_under_way(accounts, upload_id))
    arn = f"{local_aws.deployment.state_machine_arn.replace(':stateMachine:', ':execution:')}:{upload_id}"
    local_aws.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    upload = wait_with_reconcile(retailer, functions, upload_id)
    accounts.check(upload)
    assert upload.outcomes[Outcome.ACCEPTED] == 3, "what Amazon took is accepted, whoever stopped the execution"


def test_a_function_that_is_set_up_wrongly_fails_the_upload_with_the_reason(
    retailer: Retailer, functions: Functions, accounts: Accounts
) -> None:
    with functions.with_setting("prepare_catalog", MAX_BATCH_ITEMS="many"):
        upload = retailer.wait(retailer.drop("inbox/misconfigured/catalog.json", as_array(items(3, "misconfigured"))))
    accounts.check(upload)
    assert upload.state is UploadState.FAILED
    assert upload.reason is not None
    assert "MAX_BATCH_ITEMS" in upload.reason.message
