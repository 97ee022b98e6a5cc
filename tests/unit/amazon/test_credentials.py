"""The allow-listed role is assumed, renewed in time, and explains itself when it cannot be."""

import threading
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError

from chalicelib.amazon.credentials import RoleCredentials
from chalicelib.amazon.errors import CatalogApiUnreachable, RoleNotAssumable
from tests.unit.amazon.http_answers import Answer, AnsweringServer
from tests.unit.amazon.sts import FakeSts

ROLE = "arn:aws:iam::123456789012:role/store-catalog-test-catalog-api"


def credentials_of(sts: FakeSts, **arguments: Any) -> RoleCredentials:
    return RoleCredentials(ROLE, sts, **arguments)  # type: ignore[arg-type]


def sts_error(code: str, message: str = "no", status: int = 403) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"RequestId": "r-1", "HTTPStatusCode": status},
        },  # type: ignore[typeddict-item]
        "AssumeRole",
    )


def test_the_role_is_assumed_at_the_first_use_and_not_before() -> None:
    sts = FakeSts()
    credentials = credentials_of(sts)
    assert sts.asked == []
    frozen = credentials.get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token) == ("ASIA1", "secret-key-1", "session-token-1")
    assert sts.asked == [{"RoleArn": ROLE, "RoleSessionName": "store-catalog", "DurationSeconds": 3600}]


@pytest.mark.parametrize(("external_id", "given"), [("ext-1", {"ExternalId": "ext-1"}), ("", {}), (None, {})])
def test_an_external_id_is_given_if_there_is_one(external_id: str | None, given: dict[str, str]) -> None:
    sts = FakeSts()
    credentials_of(sts, external_id=external_id).get_frozen_credentials()
    assert {key: value for key, value in sts.asked[0].items() if key == "ExternalId"} == given


def test_a_session_is_used_until_shortly_before_its_end() -> None:
    sts = FakeSts()
    credentials = credentials_of(sts)
    assert {credentials.get_frozen_credentials().access_key for _ in range(5)} == {"ASIA1"}


def test_a_session_that_is_about_to_end_is_replaced() -> None:
    sts = FakeSts(lasts=timedelta(minutes=5))
    credentials = credentials_of(sts)
    assert [credentials.get_frozen_credentials().access_key for _ in range(3)] == ["ASIA1", "ASIA2", "ASIA3"]


def test_a_session_that_is_still_good_survives_an_early_renewal_that_fails() -> None:
    sts = FakeSts(lasts=timedelta(minutes=12))
    credentials = credentials_of(sts)
    credentials.get_frozen_credentials()
    sts.error = sts_error("Throttling", status=400)
    assert credentials.get_frozen_credentials().access_key == "ASIA1"


def test_threads_that_start_together_assume_the_role_once() -> None:
    sts = FakeSts()
    credentials = credentials_of(sts)
    threads = [threading.Thread(target=credentials.get_frozen_credentials) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sts.asked) == 1


def test_of_many_callers_who_are_told_that_a_session_is_over_one_renews_it() -> None:
    sts = FakeSts()
    credentials = credentials_of(sts)
    used = credentials.get_frozen_credentials().access_key
    for _ in range(3):
        credentials.renew(used)
        assert credentials.get_frozen_credentials().access_key == "ASIA2"
    assert len(sts.asked) == 2


@pytest.mark.parametrize("seconds", [899, 3601, 43200])
def test_a_session_longer_than_role_chaining_allows_is_refused(seconds: int) -> None:
    with pytest.raises(ValueError, match="900 to 3600"):
        credentials_of(FakeSts(), session_seconds=seconds)


def test_a_session_name_is_as_long_as_sts_wants_it() -> None:
    with pytest.raises(ValueError, match="2 characters"):
        credentials_of(FakeSts(), session_name="x")
    sts = FakeSts()
    credentials_of(sts, session_name="s" * 80).get_frozen_credentials()
    assert len(sts.asked[0]["RoleSessionName"]) == 64


def test_a_refused_role_says_who_has_to_allow_what() -> None:
    text = f"User: arn:aws:sts::1:assumed-role/f/f is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    credentials = credentials_of(FakeSts(error=sts_error("AccessDenied", text)), external_id="ext-1")
    with pytest.raises(RoleNotAssumable) as caught:
        credentials.get_frozen_credentials()
    error = caught.value
    assert (error.text, error.http_status, error.request_id, error.error_type) == (text, 403, "r-1", "AccessDenied")
    assert not error.again
    for part in (ROLE, text, "trust policy", "'ext-1'", "CATALOG_API_EXTERNAL_ID", "sts:AssumeRole"):
        assert part in str(error)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AccessDenied", "expects no external ID"),
        ("ExpiredToken", "own credentials"),
        ("InvalidClientTokenId", "own credentials"),
        ("RegionDisabledException", "Enable the region"),
        ("ValidationError", "CATALOG_API_ROLE_ARN"),
    ],
)
def test_every_refusal_of_sts_has_its_advice(code: str, advice: str) -> None:
    with pytest.raises(RoleNotAssumable, match=advice):
        credentials_of(FakeSts(error=sts_error(code))).get_frozen_credentials()


@pytest.mark.parametrize(
    "error",
    [
        sts_error("Throttling", status=400),
        sts_error("ServiceUnavailable", status=503),
        sts_error("Whatever", status=500),
        ConnectTimeoutError(endpoint_url="https://sts.eu-west-1.amazonaws.com"),
    ],
)
def test_a_busy_or_silent_sts_is_asked_again_by_the_state_machine(error: Exception) -> None:
    with pytest.raises(CatalogApiUnreachable) as caught:
        credentials_of(FakeSts(error=error)).get_frozen_credentials()
    assert caught.value.again
    assert "tried again" in str(caught.value)


def test_a_function_without_credentials_is_told_so() -> None:
    with pytest.raises(RoleNotAssumable, match="Give the function a role"):
        credentials_of(FakeSts(error=NoCredentialsError())).get_frozen_credentials()


def test_a_session_that_is_over_when_it_comes_means_a_wrong_clock() -> None:
    with pytest.raises(RoleNotAssumable, match="clock"):
        credentials_of(FakeSts(lasts=timedelta(hours=-1))).get_frozen_credentials()


def test_a_real_client_of_sts_is_understood(aws: None) -> None:
    frozen = RoleCredentials(ROLE, boto3.client("sts")).get_frozen_credentials()
    assert frozen.access_key
    assert frozen.token


def test_the_local_aws_is_asked_if_there_is_one(server: AnsweringServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers(
        Answer(
            403,
            b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
            b"<RequestId>r-2</RequestId></ErrorResponse>",
        )
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    sts = boto3.client("sts", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(RoleNotAssumable, match=r"not you.*trust policy"):
        RoleCredentials(ROLE, sts).get_frozen_credentials()
    assert b"Action=AssumeRole" in server.requests[0].body
    assert b"DurationSeconds=3600" in server.requests[0].body


def test_sts_is_asked_in_the_region_of_the_function() -> None:
    assert boto3.client("sts", region_name="us-east-1").meta.endpoint_url == "https://sts.us-east-1.amazonaws.com"
