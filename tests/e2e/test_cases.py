"""Every scenario of the simulator, every format, and every kind of bad file ends as it should."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from local.retailer import LOOK_AGAIN_AFTER, Retailer, UploadView
from tests.e2e.accounting import Accounts
from tests.e2e.cases import CASES, Case
from tests.e2e.functions import Functions
from tests.e2e.waiting import wait_for

AT_ONCE = 4
LIMIT = 120.0
"""Seconds in which an upload has to end."""


@pytest.fixture(scope="module")
def uploads(
    request: pytest.FixtureRequest, retailer: Retailer, functions: Functions
) -> Iterator[Mapping[str, "Future[UploadView]"]]:
    """The uploads of all cases that are going to be tested, some at once: each has a source of its own."""
    items = [item for item in request.session.items if item.path == request.path and isinstance(item, pytest.Function)]
    names = [str(item.callspec.params["name"]) for item in items]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(_run, name, CASES[name], retailer, functions) for name in names}
        pool.shutdown(cancel_futures=True)


def _run(name: str, case: Case, retailer: Retailer, functions: Functions) -> UploadView:
    upload_id = retailer.drop(f"inbox/{name}/{case.name}", case.body)
    if not case.reconciled:
        return retailer.wait(upload_id, LIMIT)

    def reconciled() -> UploadView | None:
        upload = retailer.find(upload_id)
        if upload and not upload.state.is_final:
            functions.reconcile()
        return upload if upload and upload.state.is_final else None

    return wait_for(reconciled, LIMIT, every=LOOK_AGAIN_AFTER)


@pytest.mark.parametrize("name", CASES)
def test_case(
    name: str,
    uploads: Mapping[str, "Future[UploadView]"],
    accounts: Accounts,
) -> None:
    case, upload = CASES[name], uploads[name].result()
    batches = accounts.batches(upload.upload_id)
    told = " ".join([upload.reason.message if upload.reason else "", *(batch.get("reason", "") for batch in batches)])
    assert upload.state is case.state, told
    accounts.check(upload)
    assert {outcome: count for outcome, count in upload.outcomes.items() if count} == {
        outcome: count for outcome, count in case.outcomes.items() if count
    }
    assert tuple(batch["state"] for batch in batches if batch["state"] != "NOT_SENT") == case.batches
    if case.reason is not None:
        assert case.reason in told
    if case.attempts is not None:
        assert len(accounts.attempts(upload.upload_id)) == case.attempts
