"""What the schedule does for batches without a result. Last, since a deadline of seconds would end any other's, too."""

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState
from local.amazon.service.scenarios import Scenario
from local.retailer import Retailer
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, item
from tests.e2e.functions import Functions


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
