"""The reading of calls and policies that the applied tests judge by."""

from tests.terraform.calls import Call, actions_by_role, refusals
from tests.terraform.needs import allows, needed, unused

READ = {"Sid": "Read", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": "arn:aws:s3:::bucket/inbox/*"}
ROLE = "store-catalog-test-start_upload"


def a_call(action: str, resource: str = "arn:aws:s3:::bucket/inbox/a.json", *, allowed: bool = True) -> Call:
    return Call(ROLE, action, resource, allowed)


def test_a_refusal_is_a_sentence_with_role_action_and_resource() -> None:
    assert refusals([a_call("s3:GetObject"), a_call("s3:PutObject", "x", allowed=False)]) == [
        f"{ROLE} was refused s3:PutObject on x"
    ]
    assert actions_by_role([a_call("s3:GetObject"), a_call("s3:PutObject", allowed=False)]) == {ROLE: {"s3:GetObject"}}


def test_a_policy_allows_by_action_and_resource() -> None:
    assert allows([READ], a_call("s3:GetObject"))
    assert not allows([READ], a_call("s3:GetObject", "arn:aws:s3:::bucket/mappings/a.json"))
    assert not allows([READ], a_call("s3:PutObject"))


def test_an_action_that_no_call_used_is_named_with_its_statement() -> None:
    assert unused(ROLE, [READ], [a_call("s3:GetObject")]) == ["Read: s3:GetObjectVersion"]
    assert unused(ROLE, [READ], [a_call("s3:GetObject"), a_call("s3:GetObjectVersion")]) == []


def test_a_resource_that_no_call_used_is_named_with_its_statement() -> None:
    wide = {**READ, "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::bucket/inbox/*", "arn:aws:s3:::bucket/x/*"]}
    assert unused(ROLE, [wide], [a_call("s3:GetObject")]) == ["Read: arn:aws:s3:::bucket/x/*"]


def test_a_call_of_another_role_is_no_use() -> None:
    assert unused("store-catalog-test-reconcile", [READ], [a_call("s3:GetObject"), a_call("s3:GetObjectVersion")])


def test_an_action_is_needed_if_a_call_would_be_refused_without_it() -> None:
    assert needed(ROLE, "s3:GetObject", [READ], [a_call("s3:GetObject")])
    assert not needed(ROLE, "s3:GetObjectVersion", [READ], [a_call("s3:GetObject")])
