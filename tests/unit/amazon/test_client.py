"""What goes over the wire to the Catalog API, and what is mended on the way."""

import threading
from pathlib import Path

import pytest
import requests
import responses
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from chalicelib.amazon import errors
from chalicelib.amazon.client import (
    Answer,
    CatalogApi,
    Endpoint,
)
from chalicelib.amazon.credentials import RoleCredentials
from chalicelib.amazon.errors import Reached
from chalicelib.amazon.ingestions import IngestionStatus, ProcessingStatus, ingestion_id_of
from tests.unit.amazon import http_answers
from tests.unit.amazon.http_answers import AnsweringServer
from tests.unit.amazon.sts import FakeSts
from tests.unit.amazon.tls_answers import TlsServer

ROLE = "arn:aws:iam::123456789012:role/store-catalog-test-catalog-api"
TAKEN = http_answers.Answer(201, b'{"ingestionId": "ing-1"}', {"x-amzn-RequestId": "req-1"})
TOKEN_EXPIRED = http_answers.Answer(
    403,
    b'{"message": "The security token included in the request is expired"}',
    {"x-amzn-errortype": "ExpiredTokenException"},
)
SIGNATURE_EXPIRED = http_answers.Answer(
    403,
    b'{"message": "Signature expired: 20260101T000000Z is now earlier than 20260101T000500Z"}',
    {"x-amzn-errortype": "InvalidSignatureException"},
)


@pytest.fixture
def sts() -> FakeSts:
    return FakeSts()


def client_of(endpoint: Endpoint, sts: FakeSts, **timeouts: float) -> CatalogApi:
    return CatalogApi(endpoint, RoleCredentials(ROLE, sts), **timeouts)  # type: ignore[arg-type]


@pytest.fixture
def api(server: AnsweringServer, sts: FakeSts) -> CatalogApi:
    return client_of(Endpoint(server.url, "eu-west-1"), sts)


def signature_by_botocore(url: str, body: bytes, headers: dict[str, str], *, region: str, secret_key: str) -> str:
    """The signature that the request ought to have, computed by the AWS SDK from the headers it claims to sign."""
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    request = AWSRequest("POST", url, {name: headers[name] for name in names}, body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials("ASIA1", secret_key, "session-token-1"), "execute-api", region)
    return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)


@pytest.mark.parametrize("stage", [None, "prod"])
@pytest.mark.parametrize("path", ["/v1/catalog/upload", "v1/catalog/with space~and-more/upload"])
def test_the_signature_is_the_one_that_the_aws_sdk_computes(sts: FakeSts, stage: str | None, path: str) -> None:
    endpoint = Endpoint("https://catalog.example.com", "ap-southeast-2", stage=stage, upload_path=path)
    body = b'{"catalogItems": [{"item_name": "Caf\xc3\xa9"}]}'
    with responses.RequestsMock() as amazon:
        amazon.post(endpoint.url_of("catalog").replace(" ", "%20"), b'{"ingestionId": "ing-1"}', status=201)
        client_of(endpoint, sts).upload(body)
        sent = amazon.calls[0].request
    headers = {name.lower(): value for name, value in sent.headers.items()} | {"host": "catalog.example.com"}
    assert "Credential=ASIA1/" in headers["authorization"]
    assert "/ap-southeast-2/execute-api/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == "session-token-1"
    signed = headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"content-type", "host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"} == set(signed)
    expected = signature_by_botocore(str(sent.url), body, headers, region="ap-southeast-2", secret_key="secret-key-1")
    assert headers["authorization"].endswith(f"Signature={expected}")


def test_the_signature_holds_for_what_a_server_sees_on_a_port_of_its_own(
    api: CatalogApi, server: AnsweringServer
) -> None:
    server.answers(TAKEN)
    api.upload(b'{"catalogItems": []}')
    seen = server.requests[0]
    expected = signature_by_botocore(
        f"{server.url}{seen.target}", seen.body, seen.headers, region="eu-west-1", secret_key="secret-key-1"
    )
    assert seen.headers["authorization"].endswith(f"Signature={expected}")


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("catalog", "/v1/catalog/upload"),
        ("cart", "/v1/catalog/cart/upload"),
        ("archive", "/v1/catalog/archive"),
    ],
)
def test_every_operation_sends_the_exact_bytes_to_its_path(
    api: CatalogApi, server: AnsweringServer, operation: str, path: str
) -> None:
    server.answers(TAKEN)
    body = b' {"catalogItems":[ ]}\n\xc3\xa9'
    assert api.send(operation, body) == Answer("ing-1", 201, "req-1")
    seen = server.requests[0]
    assert (seen.method, seen.target, seen.body) == ("POST", path, body)
    assert seen.headers["content-type"] == "application/json"


def test_the_named_methods_are_the_operations(api: CatalogApi, server: AnsweringServer) -> None:
    server.answers(TAKEN)
    api.upload(b"{}")
    api.upload_cart(b"{}")
    api.archive(b"{}")
    assert [seen.target.removeprefix("/v1/catalog/") for seen in server.requests] == [
        "upload",
        "cart/upload",
        "archive",
    ]


def test_nine_megabytes_arrive_whole(api: CatalogApi, server: AnsweringServer) -> None:
    server.answers(TAKEN)
    body = b'{"catalogItems": ["' + b"x" * 9_000_000 + b'"]}'
    api.upload(body)
    assert server.requests[0].body == body


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"processingStatus": "INQUEUE"}', IngestionStatus(ProcessingStatus.INQUEUE, None)),
        (
            b'{"processingStatus": "INPROGRESS", "reportDownloadLink": null}',
            IngestionStatus(ProcessingStatus.INPROGRESS, None),
        ),
        (
            b'{"processingStatus": "DONE", "reportDownloadLink": "https://bucket/r?X=1"}',
            IngestionStatus(ProcessingStatus.DONE, "https://bucket/r?X=1"),
        ),
        (b'{"processingStatus": " done ", "reportDownloadLink": ""}', IngestionStatus(ProcessingStatus.DONE, None)),
        (b'{"processingStatus": "CANCELLED"}', IngestionStatus(ProcessingStatus.CANCELLED, None)),
        (b'{"processingStatus": "FATAL", "reportDownloadLink": 7}', IngestionStatus(ProcessingStatus.FATAL, None)),
    ],
)
def test_the_status_is_read(api: CatalogApi, server: AnsweringServer, body: bytes, expected: IngestionStatus) -> None:
    server.answers(http_answers.Answer(200, body))
    assert api.status("ing-1") == expected
    assert server.requests[0].body == b'{"ingestionId":"ing-1"}'


@pytest.mark.parametrize("body", [b'{"processingStatus": "PAUSED"}', b"{}", b"[]", b"", b"<html>"])
def test_a_status_that_cannot_be_read_leaves_the_outcome_unknown(
    api: CatalogApi, server: AnsweringServer, body: bytes
) -> None:
    server.answers(http_answers.Answer(200, body))
    with pytest.raises(errors.CatalogApiOutcomeUnknown, match="processing status"):
        api.status("ing-1")


def test_a_session_that_is_over_is_renewed_once_and_the_call_succeeds(
    api: CatalogApi, server: AnsweringServer, sts: FakeSts
) -> None:
    server.answers(TOKEN_EXPIRED, TAKEN)
    assert api.upload(b"{}").ingestion_id == "ing-1"
    assert [seen.headers["x-amz-security-token"] for seen in server.requests] == ["session-token-1", "session-token-2"]
    assert len(sts.asked) == 2


def test_a_session_that_stays_expired_is_refused_after_the_second_call(
    api: CatalogApi, server: AnsweringServer, sts: FakeSts
) -> None:
    server.answers(TOKEN_EXPIRED)
    with pytest.raises(errors.SecurityTokenExpired) as caught:
        api.upload(b"{}")
    assert len(server.requests) == len(sts.asked) == 2
    assert not caught.value.again


def test_an_expired_signature_is_signed_again_once_with_the_same_session(
    api: CatalogApi, server: AnsweringServer, sts: FakeSts
) -> None:
    server.answers(SIGNATURE_EXPIRED, TAKEN)
    assert api.upload(b"{}").ingestion_id == "ing-1"
    assert len(server.requests) == 2
    assert len(sts.asked) == 1


def test_an_expired_signature_that_stays_so_is_refused_after_the_second_call(
    api: CatalogApi, server: AnsweringServer
) -> None:
    server.answers(SIGNATURE_EXPIRED)
    with pytest.raises(errors.SignatureExpired):
        api.upload(b"{}")
    assert len(server.requests) == 2


def test_both_kinds_of_expiry_in_one_call_are_mended_once_each(api: CatalogApi, server: AnsweringServer) -> None:
    server.answers(TOKEN_EXPIRED, SIGNATURE_EXPIRED, TAKEN)
    assert api.upload(b"{}").ingestion_id == "ing-1"
    server.answers(TOKEN_EXPIRED, SIGNATURE_EXPIRED, TOKEN_EXPIRED)
    with pytest.raises(errors.SecurityTokenExpired):
        api.upload(b"{}")


@pytest.mark.parametrize("status", [400, 403, 429, 500, 502])
def test_no_other_refusal_is_tried_again_by_the_client(api: CatalogApi, server: AnsweringServer, status: int) -> None:
    server.answers(http_answers.Answer(status, b'{"message": "no"}'))
    with pytest.raises(errors.CatalogApiError):
        api.upload(b"{}")
    assert len(server.requests) == 1


def test_a_redirect_is_not_followed(api: CatalogApi, server: AnsweringServer) -> None:
    server.answers(http_answers.Answer(307, b"", {"Location": f"{server.url}/elsewhere"}))
    with pytest.raises(errors.OtherInputRefused):
        api.upload(b"{}")
    assert len(server.requests) == 1


def test_threads_share_a_client_and_every_signature_is_right(server: AnsweringServer, sts: FakeSts) -> None:
    server.answers(TAKEN)
    api = client_of(Endpoint(server.url, "eu-west-1"), sts)
    bodies = [f'{{"catalogItems": ["{number}"]}}'.encode() for number in range(24)]
    failed: list[BaseException] = []

    def call(mine: list[bytes]) -> None:
        try:
            for body in mine:
                api.upload(body)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=call, args=(bodies[start::6],)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(sts.asked) == 1
    assert sorted(seen.body for seen in server.requests) == sorted(bodies)
    for seen in server.requests:
        expected = signature_by_botocore(
            f"{server.url}{seen.target}", seen.body, seen.headers, region="eu-west-1", secret_key="secret-key-1"
        )
        assert seen.headers["authorization"].endswith(f"Signature={expected}")


def test_every_thread_signs_with_an_auth_and_a_session_of_its_own(api: CatalogApi) -> None:
    """AWS4Auth keeps the key and the token of the request that it is signing: two threads would mix them up."""
    seen = []

    def look() -> None:
        seen.append((api._connection.auth, api._connection.session))

    for _ in range(2):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    look()
    look()
    assert len({id(auth) for auth, _ in seen}) == len({id(session) for _, session in seen}) == 3


def test_a_role_that_cannot_be_assumed_stops_the_call_before_it_leaves(server: AnsweringServer) -> None:
    class Refusing:
        role_arn = ROLE

        def get_frozen_credentials(self) -> None:
            raise errors.RoleNotAssumable("no")

    api = CatalogApi(Endpoint(server.url, "eu-west-1"), Refusing())  # type: ignore[arg-type]
    with pytest.raises(errors.RoleNotAssumable):
        api.upload(b"{}")
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"errorMsg": "invalid ingestionId parameter or ingestionId not associated with any of the retailers"}'),
        (400, b'{"message": "something else"}'),
        (500, b'{"errorMsg": "Server Error - No Retry"}'),
        (503, b"<html>"),
        (200, b'{"processingStatus": "DONE"}'),
    ],
)
def test_access_is_proven_by_any_answer_from_behind_the_door(
    api: CatalogApi, server: AnsweringServer, status: int, body: bytes
) -> None:
    server.answers(http_answers.Answer(status, body))
    api.check_access()
    assert server.requests[0].target == "/v1/catalog/getCatalogUploadStatus"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (403, errors.AccessRefused),
        (401, errors.AccessRefused),
        (404, errors.OtherInputRefused),
        (405, errors.OtherInputRefused),
        (301, errors.OtherInputRefused),
        (429, errors.CatalogApiThrottled),
        (200, errors.CatalogApiOutcomeUnknown),
    ],
)
def test_access_is_not_proven_by_an_answer_from_before_the_door(
    api: CatalogApi, server: AnsweringServer, status: int, kind: type[errors.CatalogApiError]
) -> None:
    server.answers(http_answers.Answer(status, b"{}"))
    with pytest.raises(kind):
        api.check_access()


def test_access_is_not_proven_by_silence(server: AnsweringServer, sts: FakeSts) -> None:
    server.answers(http_answers.say_nothing)
    with pytest.raises(errors.CatalogApiOutcomeUnknown):
        client_of(Endpoint(server.url, "eu-west-1"), sts, read_timeout=0.1).check_access()


@pytest.mark.parametrize(
    "url",
    [
        "http://catalog.example.com",
        "catalog.example.com",
        "ftp://catalog.example.com",
        "https://",
        "",
        "https://user@catalog.example.com",
        "https://catalog.example.com?stage=prod",
        "https://catalog.example.com#prod",
    ],
)
def test_an_endpoint_that_would_send_the_session_in_the_clear_or_nowhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="the Catalog API's URL"):
        Endpoint(url, "eu-west-1")


@pytest.mark.parametrize(
    ("url", "stage", "expected"),
    [
        ("https://a.example.com", None, "https://a.example.com/v1/catalog/upload"),
        ("https://a.example.com/", "", "https://a.example.com/v1/catalog/upload"),
        ("https://a.example.com", "/prod/", "https://a.example.com/prod/v1/catalog/upload"),
        ("https://a.example.com/stores", "", "https://a.example.com/stores/v1/catalog/upload"),
        ("http://127.0.0.1:4566/_aws/execute-api/abc", "dev", None),
    ],
)
def test_the_url_is_host_stage_and_path(url: str, stage: str | None, expected: str | None) -> None:
    expected = expected or "http://127.0.0.1:4566/_aws/execute-api/abc/dev/v1/catalog/upload"
    assert Endpoint(url, "eu-west-1", stage=stage).url_of("catalog") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("ing-1", "ing-1"),
        (" ing-1\n", "ing-1"),
        (17, "17"),
        ("x" * 256, "x" * 256),
        ("x" * 257, None),
        ("", None),
        ("two words", None),
        ("caf\u00e9", None),
        (True, None),
        (None, None),
        (["ing-1"], None),
    ],
)
def test_an_ingestion_id_is_printable_text_or_an_integer(value: object, expected: str | None) -> None:
    assert ingestion_id_of(value) == expected


def test_a_connection_that_is_refused_never_left(sts: FakeSts) -> None:
    with http_answers.AnsweringServer() as server:
        url = server.url
    with pytest.raises(errors.CatalogApiUnreachable, match="connection refused") as caught:
        client_of(Endpoint(url, "eu-west-1"), sts).upload(b"{}")
    assert caught.value.again
    assert caught.value.reached is Reached.NO


def test_a_connection_that_takes_too_long_never_left(sts: FakeSts) -> None:
    endpoint = Endpoint("https://catalog.example.com", "eu-west-1")
    with responses.RequestsMock() as amazon:
        amazon.post(endpoint.url_of("catalog"), body=requests.ConnectTimeout("no"))
        with pytest.raises(errors.CatalogApiUnreachable, match="no connection within 5 seconds"):
            client_of(endpoint, sts).upload(b"{}")


def test_a_host_with_a_certificate_that_nobody_vouches_for_gets_nothing(sts: FakeSts, tmp_path: Path) -> None:
    with TlsServer(tmp_path) as server:
        with pytest.raises(errors.CatalogApiUnreachable, match="certificate"):
            client_of(Endpoint(server.url, "eu-west-1"), sts).upload(b"{}")
        assert server.requests == []
