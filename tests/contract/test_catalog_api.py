"""The Catalog API as Amazon publishes it, spoken by a server on this machine: what the client makes of every answer."""

import gzip
import json
import socket
from collections.abc import Iterator

import pytest

from chalicelib.amazon import errors
from chalicelib.amazon.client import CatalogApi, Endpoint
from chalicelib.amazon.credentials import RoleCredentials
from chalicelib.amazon.errors import CatalogApiError, Reached
from chalicelib.amazon.ingestions import IngestionStatus, ProcessingStatus
from tests.unit.amazon.http_answers import Answer, AnsweringServer, Script, raw, reset, say_nothing
from tests.unit.amazon.sts import FakeSts

ROLE = "arn:aws:iam::123456789012:role/store-catalog-test-catalog-api"
OPERATIONS = {
    "catalog": "/v1/catalog/upload",
    "cart": "/v1/catalog/cart/upload",
    "archive": "/v1/catalog/archive",
    "status": "/v1/catalog/getCatalogUploadStatus",
}
ALL = tuple(OPERATIONS)
SENDING = ("catalog", "cart", "archive")

REFUSALS: list[tuple[int, str, str | None, tuple[str, ...], type[CatalogApiError], bool, Reached]] = [
    # status, text, error type, operations that answer so, the error, again, reached
    (
        400,
        "One or more StoreID's present in the request is incorrect",
        None,
        SENDING,
        errors.UnknownStore,
        False,
        Reached.REFUSED,
    ),
    (
        400,
        "List of store ID's present in the request are either incorrect/not associated with same retailer",
        None,
        SENDING,
        errors.StoreOfAnotherRetailer,
        False,
        Reached.REFUSED,
    ),
    (400, "Invalid request body", None, ALL, errors.InvalidRequestBody, False, Reached.REFUSED),
    (400, "a text that is not published", None, SENDING, errors.OtherInputRefused, False, Reached.REFUSED),
    (
        400,
        "invalid ingestionId parameter or ingestionId not associated with any of the retailers",
        None,
        ("status",),
        errors.UnknownIngestion,
        False,
        Reached.REFUSED,
    ),
    (
        403,
        "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: execute-api:Invoke on "
        "resource: arn:aws:execute-api:eu-west-1:********9012:abc/prod/POST/v1/catalog/upload",
        "AccessDeniedException",
        ALL,
        errors.RoleNotAllowed,
        False,
        Reached.NO,
    ),
    (
        403,
        "Missing Authentication Token",
        "MissingAuthenticationTokenException",
        ALL,
        errors.MissingAuthenticationToken,
        False,
        Reached.NO,
    ),
    (
        403,
        "The security token included in the request is invalid",
        "UnrecognizedClientException",
        ALL,
        errors.InvalidSecurityToken,
        False,
        Reached.NO,
    ),
    (
        403,
        "The security token included in the request is expired",
        "ExpiredTokenException",
        ALL,
        errors.SecurityTokenExpired,
        False,
        Reached.NO,
    ),
    (
        403,
        "Signature expired: 20261123T170000Z is now earlier than 20261123T175500Z",
        "InvalidSignatureException",
        ALL,
        errors.SignatureExpired,
        False,
        Reached.NO,
    ),
    (
        403,
        "The request signature we calculated does not match the signature you provided.",
        "InvalidSignatureException",
        ALL,
        errors.SignatureMismatch,
        False,
        Reached.NO,
    ),
    (403, "Forbidden", "ForbiddenException", ALL, errors.Forbidden, False, Reached.NO),
    (413, "Request Too Long", "RequestTooLongException", SENDING, errors.RequestTooLong, False, Reached.REFUSED),
    (429, "Too Many Requests", "TooManyRequestsException", ALL, errors.CatalogApiThrottled, True, Reached.NO),
    (500, "Server Error - Retry Recommended", None, ALL, errors.CatalogApiServerError, True, Reached.REFUSED),
    (500, "Server Error - No Retry", None, ALL, errors.CatalogApiServerErrorFinal, False, Reached.REFUSED),
    (502, "Internal server error", None, ALL, errors.CatalogApiOutcomeUnknown, True, Reached.MAYBE),
    (503, "Service Unavailable", None, ALL, errors.CatalogApiOutcomeUnknown, True, Reached.MAYBE),
    (504, "Endpoint request timed out", None, ALL, errors.CatalogApiOutcomeUnknown, True, Reached.MAYBE),
]


@pytest.fixture
def amazon() -> Iterator[AnsweringServer]:
    with AnsweringServer() as server:
        yield server


@pytest.fixture
def api(amazon: AnsweringServer) -> CatalogApi:
    credentials = RoleCredentials(ROLE, FakeSts())  # type: ignore[arg-type]
    return CatalogApi(Endpoint(amazon.url, "eu-west-1"), credentials, connect_timeout=2.0, read_timeout=0.3)


def call(api: CatalogApi, operation: str) -> object:
    return api.status("ing-1") if operation == "status" else api.send(operation, b'{"catalogItems": []}')


@pytest.mark.parametrize("key", ["errorMsg", "message", "Message"])
@pytest.mark.parametrize(("status", "text", "error_type", "operations", "kind", "again", "reached"), REFUSALS)
def test_every_published_refusal_is_an_error_of_its_own(
    api: CatalogApi,
    amazon: AnsweringServer,
    status: int,
    text: str,
    error_type: str | None,
    operations: tuple[str, ...],
    kind: type[CatalogApiError],
    again: bool,
    reached: Reached,
    key: str,
) -> None:
    headers = {"x-amzn-RequestId": "11112222-3333"} | ({"x-amzn-ErrorType": error_type} if error_type else {})
    amazon.answers(Answer(status, json.dumps({key: text}).encode(), headers))
    for operation in operations:
        with pytest.raises(CatalogApiError) as caught:
            call(api, operation)
        error = caught.value
        assert type(error) is kind
        assert (error.http_status, error.text, error.request_id) == (status, text, "11112222-3333")
        assert (error.again, error.reached) == (again, reached)
        assert text.rstrip(".") in str(error).replace("\\'", "'")
        assert "11112222-3333" in str(error)


def test_no_refusal_of_the_tree_is_left_out_of_the_table() -> None:
    never_an_answer = {errors.CatalogApiUnreachable, errors.RoleNotAssumable}
    bases = {CatalogApiError, errors.InputRefused, errors.AccessRefused}
    every = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, CatalogApiError)}
    assert {row[4] for row in REFUSALS} == every - bases - never_an_answer


@pytest.mark.parametrize(("operation", "path"), OPERATIONS.items())
def test_every_operation_is_a_signed_post_of_json_to_its_path(
    api: CatalogApi, amazon: AnsweringServer, operation: str, path: str
) -> None:
    amazon.answers(Answer(200, b'{"ingestionId": "ing-1", "processingStatus": "INQUEUE"}'))
    call(api, operation)
    seen = amazon.requests[0]
    assert (seen.method, seen.target, seen.headers["content-type"]) == ("POST", path, "application/json")
    assert "/eu-west-1/execute-api/aws4_request" in seen.headers["authorization"]


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("operation", SENDING)
def test_a_success_gives_the_ingestion_id(
    api: CatalogApi, amazon: AnsweringServer, status: int, operation: str
) -> None:
    amazon.answers(Answer(status, b'{"ingestionId": "ing-1"}', {"x-amzn-requestid": "r"}))
    answer = api.send(operation, b"{}")
    assert (answer.ingestion_id, answer.http_status, answer.request_id) == ("ing-1", status, "r")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(201, b"{}"),
        Answer(201, b'{"ingestionId": null}'),
        Answer(201, b'{"ingestionId": ""}'),
        Answer(200, b'["ing-1"]'),
        Answer(200, b""),
        Answer(200, b"<html><body>Welcome to the hotel's network</body></html>", {"Content-Type": "text/html"}),
        Answer(204, b"", {"Content-Length": "0"}),
        Answer(201, b"\x1f\x8b\x08 not a gzip", {"Content-Encoding": "gzip"}),
        Answer(201, b'{"ingestionId": "ing-1"', missing_bytes=1),
    ],
)
def test_a_success_without_a_readable_ingestion_id_leaves_the_outcome_unknown(
    api: CatalogApi, amazon: AnsweringServer, answer: Answer
) -> None:
    amazon.answers(answer)
    with pytest.raises(errors.CatalogApiOutcomeUnknown) as caught:
        api.upload(b"{}")
    assert caught.value.again
    assert caught.value.reached is Reached.MAYBE


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(say_nothing, id="no answer in time"),
        pytest.param(reset, id="reset"),
        pytest.param(raw(b""), id="closed without a word"),
        pytest.param(raw(b"HTTP/1.1 2"), id="closed in the status line"),
        pytest.param(raw(b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{"), id="closed in the body"),
        pytest.param(raw(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), id="broken chunks"),
        pytest.param(raw(b"220 mail.example.com ESMTP\r\n"), id="not HTTP"),
    ],
)
@pytest.mark.parametrize("operation", ["catalog", "status"])
def test_no_whole_answer_leaves_the_outcome_unknown(
    api: CatalogApi, amazon: AnsweringServer, script: Script, operation: str
) -> None:
    amazon.answers(script)
    with pytest.raises(errors.CatalogApiOutcomeUnknown) as caught:
        call(api, operation)
    error = caught.value
    assert (error.again, error.reached, error.http_status) == (True, Reached.MAYBE, None)
    assert len(amazon.requests) == 1, "urllib3 must not try again by itself"


def test_a_host_that_does_not_read_the_body_leaves_the_outcome_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        endpoint = Endpoint(f"http://127.0.0.1:{deaf.getsockname()[1]}", "eu-west-1")
        credentials = RoleCredentials(ROLE, FakeSts())  # type: ignore[arg-type]
        with pytest.raises(errors.CatalogApiOutcomeUnknown):
            CatalogApi(endpoint, credentials, connect_timeout=0.3).upload(b"x" * 50_000_000)


def test_an_answer_that_never_ends_is_not_read_for_ever(api: CatalogApi, amazon: AnsweringServer) -> None:
    endless = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"x" * (3 * 1024 * 1024)
    amazon.answers(raw(endless))
    with pytest.raises(errors.OtherInputRefused) as caught:
        api.upload(b"{}")
    assert len(str(caught.value)) < 1000


def test_a_host_that_refuses_the_connection_was_never_reached() -> None:
    with AnsweringServer() as server:
        url = server.url
    api = CatalogApi(Endpoint(url, "eu-west-1"), RoleCredentials(ROLE, FakeSts()))  # type: ignore[arg-type]
    with pytest.raises(errors.CatalogApiUnreachable) as caught:
        api.upload(b"{}")
    assert (caught.value.again, caught.value.reached) == (True, Reached.NO)
    assert "CATALOG_API_URL" in str(caught.value)


def test_a_host_that_speaks_no_tls_gets_nothing(amazon: AnsweringServer) -> None:
    url = amazon.url.replace("http:", "https:")
    api = CatalogApi(Endpoint(url, "eu-west-1"), RoleCredentials(ROLE, FakeSts()))  # type: ignore[arg-type]
    amazon.answers(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(CatalogApiError) as caught:
        api.upload(b"{}")
    assert caught.value.again
    assert amazon.requests == []


def test_a_gzipped_answer_is_understood(api: CatalogApi, amazon: AnsweringServer) -> None:
    body = gzip.compress(b'{"ingestionId": "ing-1"}')
    amazon.answers(Answer(201, body, {"Content-Encoding": "gzip", "Content-Type": "application/json"}))
    assert api.upload(b"{}").ingestion_id == "ing-1"
    body = gzip.compress(b'{"errorMsg": "Server Error - No Retry"}')
    amazon.answers(Answer(500, body, {"Content-Encoding": "gzip"}))
    with pytest.raises(errors.CatalogApiServerErrorFinal):
        api.upload(b"{}")


def test_an_error_page_in_html_becomes_a_line_of_text(api: CatalogApi, amazon: AnsweringServer) -> None:
    page = b"<html>\r\n<head><title>504 Gateway Time-out</title></head>\r\n<body><h1>504</h1></body></html>"
    amazon.answers(Answer(504, page, {"Content-Type": "text/html"}))
    with pytest.raises(errors.CatalogApiOutcomeUnknown) as caught:
        api.upload(b"{}")
    assert caught.value.text == "504 Gateway Time-out 504"


def test_the_link_is_given_only_when_the_ingestion_has_ended(api: CatalogApi, amazon: AnsweringServer) -> None:
    amazon.answers(
        Answer(200, b'{"processingStatus": "INQUEUE", "reportDownloadLink": null}'),
        Answer(200, b'{"processingStatus": "DONE", "reportDownloadLink": "https://b.s3.amazonaws.com/r?X-Amz-Date=1"}'),
    )
    assert api.status("ing-1") == IngestionStatus(ProcessingStatus.INQUEUE, None)
    assert api.status("ing-1").report_link == "https://b.s3.amazonaws.com/r?X-Amz-Date=1"


@pytest.mark.parametrize("status", [400, 403, 413, 429, 500, 502])
def test_no_error_shows_the_session_or_the_items(api: CatalogApi, amazon: AnsweringServer, status: int) -> None:
    amazon.answers(Answer(status, b'{"message": "no"}'))
    with pytest.raises(CatalogApiError) as caught:
        api.upload(b'{"catalogItems": [{"item_name": "a secret new product"}]}')
    shown = f"{caught.value!r} {caught.value} {vars(caught.value)}"
    for secret in ("session-token", "secret-key", "ASIA1", "a secret new product"):
        assert secret not in shown
