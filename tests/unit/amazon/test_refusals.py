"""From any answer to an error that says what to do, and that gives nothing secret away."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.amazon import errors
from chalicelib.amazon.errors import CallContext, CatalogApiError, Reached
from chalicelib.amazon.refusals import TEXT_KEYS, classify, no_answer, text_of, unreadable_answer

CONTEXT = CallContext(
    "catalog", "/prod/v1/catalog/upload", "eu-west-1", "arn:aws:iam::123456789012:role/store-catalog-dev-catalog-api"
)


def refused(status: int, text: str = "", error_type: str | None = None, key: str = "message") -> CatalogApiError:
    headers = {"x-amzn-RequestId": "req-1"} | ({"x-amzn-ErrorType": error_type} if error_type else {})
    return classify(status, headers, json.dumps({key: text}).encode(), CONTEXT)


ACCESS = [
    (
        "User: arn:aws:sts::123456789012:assumed-role/store-catalog-dev-catalog-api/store-catalog is not authorized to "
        "perform: execute-api:Invoke on resource: arn:aws:execute-api:eu-west-1:********9012:abc/prod/POST/v1/catalog",
        "AccessDeniedException",
        errors.RoleNotAllowed,
    ),
    (
        "User: arn:aws:sts::123456789012:assumed-role/a/b is not authorized to perform: execute-api:Invoke on "
        "resource: arn:aws:execute-api:eu-west-1:********9012:abc/prod/POST/v1/catalog/upload with an explicit deny",
        "AccessDeniedException",
        errors.RoleNotAllowed,
    ),
    ("Missing Authentication Token", "MissingAuthenticationTokenException", errors.MissingAuthenticationToken),
    (
        "The security token included in the request is invalid.",
        "UnrecognizedClientException",
        errors.InvalidSecurityToken,
    ),
    ("The security token included in the request is expired", "ExpiredTokenException", errors.SecurityTokenExpired),
    (
        "Signature expired: 20261123T170000Z is now earlier than 20261123T175500Z (20261123T180000Z - 5 min.)",
        "InvalidSignatureException",
        errors.SignatureExpired,
    ),
    (
        "Signature not yet current: 20261123T190000Z is still later than 20261123T180500Z (20261123T180000Z + 5 min.)",
        "InvalidSignatureException",
        errors.SignatureExpired,
    ),
    (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.",
        "InvalidSignatureException",
        errors.SignatureMismatch,
    ),
    (
        "Credential should be scoped to a valid region, not 'us-east-1'. ",
        "InvalidSignatureException",
        errors.SignatureMismatch,
    ),
    ("Forbidden", "ForbiddenException", errors.Forbidden),
]


@pytest.mark.parametrize(("text", "error_type", "kind"), ACCESS)
def test_a_403_is_told_apart_by_its_text_alone(text: str, error_type: str, kind: type[CatalogApiError]) -> None:
    assert type(refused(403, text)) is kind


@pytest.mark.parametrize(("text", "error_type", "kind"), ACCESS)
def test_a_403_is_told_apart_by_text_and_error_type(text: str, error_type: str, kind: type[CatalogApiError]) -> None:
    error = refused(403, text, f"{error_type}:http://internal.amazon.com/coral/")
    assert type(error) is kind
    assert error.error_type == error_type
    assert error.reached is Reached.NO
    assert not error.again


@pytest.mark.parametrize(
    ("error_type", "kind"),
    [
        ("AccessDeniedException", errors.RoleNotAllowed),
        ("MissingAuthenticationTokenException", errors.MissingAuthenticationToken),
        ("ExpiredTokenException", errors.SecurityTokenExpired),
        ("InvalidSignatureException", errors.SignatureMismatch),
        ("IncompleteSignatureException", errors.SignatureMismatch),
        ("UnrecognizedClientException", errors.InvalidSecurityToken),
        ("SomethingNewException", errors.Forbidden),
    ],
)
def test_a_403_without_a_known_text_is_told_by_its_error_type(error_type: str, kind: type[CatalogApiError]) -> None:
    assert type(refused(403, "", error_type)) is kind


@pytest.mark.parametrize(
    ("text", "must_name"),
    [
        (ACCESS[0][0], CONTEXT.role_arn),
        ("Missing Authentication Token", "POST /prod/v1/catalog/upload"),
        ("The security token included in the request is invalid", CONTEXT.role_arn),
        ("The request signature we calculated does not match", "region eu-west-1"),
        ("Signature expired: 1", "clock"),
        ("Forbidden", CONTEXT.role_arn),
    ],
)
def test_a_403_names_what_to_look_at(text: str, must_name: str) -> None:
    advice = str(refused(403, text)).partition("(HTTP 403")[2]
    assert must_name in advice


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (400, "more than 10,000 items", errors.OtherInputRefused),
        (404, "Not Found", errors.OtherInputRefused),
        (415, "Unsupported Media Type", errors.OtherInputRefused),
        (302, "", errors.OtherInputRefused),
        (401, "Unauthorized", errors.Forbidden),
        (408, "", errors.CatalogApiOutcomeUnknown),
        (500, "Internal server error", errors.CatalogApiOutcomeUnknown),
        (501, "", errors.CatalogApiOutcomeUnknown),
        (599, "", errors.CatalogApiOutcomeUnknown),
        (204, "", errors.CatalogApiOutcomeUnknown),
        (101, "", errors.CatalogApiOutcomeUnknown),
    ],
)
def test_what_is_not_published_falls_to_the_nearest_kind(status: int, text: str, kind: type[CatalogApiError]) -> None:
    assert type(refused(status, text)) is kind


def test_a_throttle_is_known_by_its_type_whatever_its_status() -> None:
    assert type(refused(400, "Rate exceeded", "ThrottlingException")) is errors.CatalogApiThrottled


@pytest.mark.parametrize("key", TEXT_KEYS)
def test_the_text_is_found_under_every_key(key: str) -> None:
    assert refused(400, "Invalid request body", key=key).text == "Invalid request body"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"{}", ""),
        (b'{"message": null, "Message": "Forbidden"}', "Forbidden"),
        (b'{"errorMsg": "", "message": "x"}', "x"),
        (b'"just text"', "just text"),
        (b"plain text\n on two lines", "plain text on two lines"),
        (b"\xef\xbb\xbf{}", ""),
        (b'{"message": {"code": 7}}', '{"code":7}'),
        (b"[1, 2]", "[1,2]"),
        (
            b"<html><head><style>p {}</style><title>502 Bad Gateway</title></head><body>nginx &amp; co</body></html>",
            "502 Bad Gateway nginx & co",
        ),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"x" * 90 + b" " + b"y" * 90 + b" " + b"z" * 90 + (b" " + b"w" * 90) * 9, None),
    ],
)
def test_any_body_gives_a_line_of_text(body: bytes, text: str | None) -> None:
    if text is not None:
        assert text_of(body) == text
    assert len(text_of(body)) <= 500


GATEWAY_EXPLANATION = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request "
    "should have been\n'POST\n/prod/v1/catalog/upload\n\ncontent-type:application/json\nhost:a.example.com\n"
    "x-amz-security-token:FwoGZXIvYXdzEXAMPLE\n\nhost;x-amz-date\nabc'"
)


@pytest.mark.parametrize(
    "text",
    [
        GATEWAY_EXPLANATION,
        "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 FwoGZXIvYXdzEXAMPLE",
        "bad header x-amz-security-token: FwoGZXIvYXdzEXAMPLE",
        "see https://bucket.s3.amazonaws.com/report.json?X-Amz-Signature=FwoGZXIvYXdzEXAMPLE&X-Amz-Date=1",
        "see https://bucket.s3.amazonaws.com/report.json?versionId=FwoGZXIvYXdzEXAMPLE.",
        "Credential=FwoGZXIvYXdzEXAMPLE/20261123/eu-west-1/execute-api/aws4_request is wrong",
        "token " + "FwoGZXIvYXdzEXAMPLE" * 8,
    ],
)
def test_nothing_secret_gets_into_an_error(text: str) -> None:
    error = refused(403, text)
    assert "FwoGZXIvYXdzEXAMPLE" not in f"{error} {error.text} {error!r}"


def test_what_the_gateway_has_seen_of_the_request_is_not_repeated() -> None:
    assert refused(403, GATEWAY_EXPLANATION).text == GATEWAY_EXPLANATION.partition("\n")[0]


def test_the_sentence_gives_text_status_type_request_and_advice() -> None:
    assert str(refused(400, "Invalid request body.", "BadRequestException")) == (
        "The Catalog API answered a catalog upload with 'Invalid request body' (HTTP 400, BadRequestException, request "
        "ID req-1). Compare a row of the batch with Amazon's item fields; the batch's stored body is what was sent."
    )


def test_an_answer_without_a_text_says_so() -> None:
    error = classify(502, {}, b"", CONTEXT)
    assert error.text == ""
    assert str(error).startswith("The Catalog API answered a catalog upload with no text (HTTP 502). ")


def test_a_success_without_its_content_says_what_is_missing() -> None:
    error = unreadable_answer(201, {"x-amzn-requestid": "req-1"}, "no ingestion ID", CONTEXT)
    assert "with HTTP 201, but with no ingestion ID (request ID req-1)" in str(error)
    assert (error.http_status, error.request_id, error.reached) == (201, "req-1", Reached.MAYBE)


def test_no_answer_says_why() -> None:
    error = no_answer(errors.CatalogApiUnreachable, "no connection within 5 seconds", CONTEXT)
    assert str(error).startswith("The Catalog API gave no answer to a catalog upload: no connection within 5 seconds. ")
    assert error.http_status is None


@settings(deadline=None)
@given(
    status=st.integers(100, 599),
    headers=st.dictionaries(st.sampled_from(["x-amzn-errortype", "X-Amzn-RequestId", "Other"]), st.text()),
    body=st.binary()
    | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(
        lambda value: json.dumps(value).encode()
    ),
)
def test_any_answer_at_all_becomes_an_error_of_the_tree(status: int, headers: dict[str, str], body: bytes) -> None:
    error = classify(status, headers, body, CONTEXT)
    assert isinstance(error, CatalogApiError)
    assert type(error) is not CatalogApiError
    assert error.http_status == status
    assert re.search(r"[.]$", str(error))
    if status == 403:
        assert isinstance(error, errors.AccessRefused)
