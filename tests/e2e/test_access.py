"""Who is let in, and what an upload says when Amazon does not let us in. Nothing else is under way meanwhile."""

from dataclasses import replace

import requests

from chalicelib.tracking.states import UploadState
from local.aws import LocalAws
from local.retailer import Retailer
from tests.e2e.accounting import Accounts
from tests.e2e.catalogs import as_array, items
from tests.e2e.functions import Functions


def test_the_app_has_confirmed_its_subscription(local_aws: LocalAws) -> None:
    assert local_aws.simulator.is_confirmed(local_aws.deployment.catalog_api_role_arn)


def test_a_role_that_amazon_has_not_allow_listed_is_explained_before_any_row_is_read(
    local_aws: LocalAws, retailer: Retailer, accounts: Accounts
) -> None:
    role = local_aws.deployment.catalog_api_role_arn
    local_aws.simulator.take_off_the_allow_list(role)
    try:
        upload = retailer.wait(retailer.drop("inbox/refused/catalog.json", as_array(items(3, "refused"))))
    finally:
        local_aws.simulator.put_back_on_the_allow_list(role)
    assert (upload.state, upload.rows_read) == (UploadState.FAILED, 0)
    assert upload.reason is not None
    assert upload.reason.code == "RoleNotAllowed"
    assert "allow-listed that role: give its ARN to Amazon" in upload.reason.message
    assert role in upload.reason.message
    accounts.check(upload)


def test_a_role_that_cannot_be_assumed_is_explained(retailer: Retailer, functions: Functions) -> None:
    with functions.with_setting("preflight", CATALOG_API_EXTERNAL_ID="not-the-one-of-the-trust-policy"):
        upload = retailer.wait(retailer.drop("inbox/untrusted/catalog.json", as_array(items(3, "untrusted"))))
    assert upload.state is UploadState.FAILED
    assert upload.reason is not None
    assert upload.reason.code == "RoleNotAssumable"
    assert "external ID" in upload.reason.message


def test_an_unsigned_call_of_the_status_api_is_refused(local_aws: LocalAws) -> None:
    answer = requests.get(f"{local_aws.deployment.api_url}/uploads", timeout=30)
    assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})


def test_a_user_without_rights_is_refused(local_aws: LocalAws) -> None:
    nothing = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
    keys = local_aws.emulator.user("stranger", {"Version": "2012-10-17", "Statement": [nothing]})
    stranger = Retailer(replace(local_aws.deployment, retailer=keys))
    assert stranger.call("GET", "/uploads").status_code == 403
