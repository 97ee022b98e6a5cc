"""The root applied to the emulator, with policies checked: catalogs go through, and the policies are what is needed."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import UploadState
from local.retailer import UploadView
from tests.e2e.catalogs import as_array, items
from tests.terraform.calls import policies_by_role, refusals
from tests.terraform.deployed import Deployed, Refused
from tests.terraform.drive import end_of
from tests.terraform.needs import NOT_FOUND, UNRECORDED, allowed_actions, needed, recordable, unused

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <function Popen:pytest.PytestUnraisableExceptionWarning"),
]

ENDS = {
    "demo": UploadState.COMPLETED_WITH_ERRORS,
    "early": UploadState.COMPLETED,
    "lost": UploadState.COMPLETED,
    "expired": UploadState.COMPLETED,
    "abandoned": UploadState.COMPLETED,
    "mapped": UploadState.COMPLETED,
    "cart": UploadState.COMPLETED,
    "copied": UploadState.COMPLETED,
    "archive": UploadState.COMPLETED,
    "refused": UploadState.FAILED,
    "closed": UploadState.FAILED,
    "reconciled": UploadState.FAILED,
    "broken": UploadState.INVALID,
}


def test_every_upload_ends_as_it_should_and_the_accounting_law_holds(ended: dict[str, UploadView]) -> None:
    assert {source: upload.state for source, upload in ended.items()} == ENDS
    for upload in ended.values():
        upload.check_law()
    assert ended["demo"].rows_read == 1200
    assert ended["demo"].outcomes[Outcome.REJECTED] == 2
    assert ended["demo"].outcomes[Outcome.FAILED] == 12


def test_an_unreadable_message_is_in_the_dead_letter_queue_with_its_reason(
    first: Deployed, ended: dict[str, UploadView]
) -> None:
    sqs = first.emulator.client("sqs")
    (message,) = sqs.receive_message(
        QueueUrl=first.outputs["dead_letter_queue_url"], MessageAttributeNames=["All"], WaitTimeSeconds=5
    )["Messages"]
    assert message["Body"] == "not an envelope"
    assert message["MessageAttributes"]["reason"]["StringValue"]


def test_no_role_was_refused_anything(first: Deployed, ended: dict[str, UploadView]) -> None:
    assert refusals(first.calls()) == []


def test_no_policy_allows_what_nothing_uses(first: Deployed, ended: dict[str, UploadView]) -> None:
    policies = policies_by_role(first.workspace.state())
    calls = first.calls()
    assert {role: rest for role, statements in policies.items() if (rest := unused(role, statements, calls))} == {}


def test_every_action_is_missed_by_a_recorded_call_if_it_is_taken_out(
    first: Deployed, ended: dict[str, UploadView]
) -> None:
    policies = policies_by_role(first.workspace.state())
    calls = first.calls()
    tried = [
        (role, action)
        for role, statements in policies.items()
        for action in set().union(*(recordable(role, statement) for statement in statements))
    ]
    print(f"{len(tried)} actions of {len(policies)} roles")
    assert [each for each in tried if not needed(*each, policies[each[0]], calls)] == []


def test_what_is_said_to_go_unrecorded_is_allowed(first: Deployed, ended: dict[str, UploadView]) -> None:
    policies = policies_by_role(first.workspace.state())
    for function, exempt in UNRECORDED.items():
        statements = policies[f"store-catalog-local-{function}"]
        known = allowed_actions(statements) | {statement["Sid"] for statement in statements}
        assert set(exempt) - known <= NOT_FOUND.keys(), function


def test_a_second_plan_is_empty(first: Deployed, ended: dict[str, UploadView]) -> None:
    assert first.workspace.changes() == ""


def test_two_environments_in_one_account_both_process_a_catalog(first: Deployed, second: Deployed) -> None:
    for deployed in (first, second):
        upload_id = deployed.retailer.drop("inbox/both/file.json", as_array(items(3, f"both-{deployed.name}")))
        upload = end_of(deployed, upload_id)
        assert upload.state is UploadState.COMPLETED
        upload.check_law()
    assert first.workspace.changes() == ""
    assert second.workspace.changes() == ""


def test_an_action_that_is_taken_out_of_a_policy_is_named(second: Deployed) -> None:
    iam, role = second.emulator.client("iam"), second.function_name("submit_batch")
    policy = iam.get_role_policy(RoleName=role, PolicyName="permissions")["PolicyDocument"]
    for statement in policy["Statement"]:
        if statement["Sid"] == "RecordAttempts":
            statement["Action"] = [action for action in statement["Action"] if action != "dynamodb:ConditionCheckItem"]
    iam.put_role_policy(RoleName=role, PolicyName="permissions", PolicyDocument=json.dumps(policy))
    upload_id = second.retailer.drop("inbox/refused/file.json", as_array(items(3, "refused")))
    with pytest.raises(Refused, match=f"{role} was refused dynamodb:ConditionCheckItem on arn:aws:dynamodb:.*second"):
        end_of(second, upload_id)


def test_everything_can_be_destroyed(first: Deployed, second: Deployed) -> None:
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda deployed: deployed.workspace.destroy(), (first, second)))
    for deployed in (first, second):
        assert deployed.workspace.state().get("values") is None
