"""From an answer of the Catalog API that is no success to the error that says what to do about it. Pure."""

import html
import re
from collections.abc import Mapping

import orjson

from chalicelib.amazon import errors
from chalicelib.amazon.errors import CallContext, CatalogApiError

TEXT_KEYS = ("errorMsg", "message", "Message")
"""Where error bodies have their text: the first is the application's, the others are the gateway's."""

_TEXT_LENGTH = 500
_BODY_BYTES_READ = 64 * 1024

_CALLS = {
    "catalog": "a catalog upload",
    "cart": "a cart catalog upload",
    "archive": "an archive request",
    "status": "a status request",
}

_INPUT_REFUSALS: tuple[tuple[str, type[CatalogApiError]], ...] = (
    # Published texts, as `_plain` leaves them. The first that the answer's text contains decides.
    ("list of store ids present in the request are either incorrect", errors.StoreOfAnotherRetailer),
    ("storeids present in the request is incorrect", errors.UnknownStore),
    ("invalid ingestionid parameter", errors.UnknownIngestion),
    ("ingestionid not associated with", errors.UnknownIngestion),
    ("invalid request body", errors.InvalidRequestBody),
    ("request too long", errors.RequestTooLong),
)

_ACCESS_TEXTS: tuple[tuple[str, type[CatalogApiError]], ...] = (
    # The text goes before the error type: 'Signature expired' comes as an InvalidSignatureException, too.
    ("is not authorized to", errors.RoleNotAllowed),
    ("missing authentication token", errors.MissingAuthenticationToken),
    ("signature expired", errors.SignatureExpired),
    ("signature not yet current", errors.SignatureExpired),
    ("is expired", errors.SecurityTokenExpired),
    ("signature we calculated does not match", errors.SignatureMismatch),
    ("credential should be scoped", errors.SignatureMismatch),
    ("security token included in the request is invalid", errors.InvalidSecurityToken),
)

_ACCESS_TYPES: dict[str, type[CatalogApiError]] = {
    "accessdeniedexception": errors.RoleNotAllowed,
    "missingauthenticationtokenexception": errors.MissingAuthenticationToken,
    "expiredtokenexception": errors.SecurityTokenExpired,
    "invalidsignatureexception": errors.SignatureMismatch,
    "incompletesignatureexception": errors.SignatureMismatch,
    "signaturedoesnotmatch": errors.SignatureMismatch,
    "unrecognizedclientexception": errors.InvalidSecurityToken,
    "invalidclienttokenid": errors.InvalidSecurityToken,
}

_THROTTLE_TYPES = ("toomanyrequestsexception", "throttlingexception", "limitexceededexception")

# API Gateway explains a wrong signature by the canonical request that it has seen, session token and all.
_GATEWAY_EXPLANATION = re.compile(r"the canonical string for this request.*", re.IGNORECASE | re.DOTALL)
_AUTHORIZATION = re.compile(r"(authorization\s*[=:]).*", re.IGNORECASE | re.DOTALL)
_SECRET_PAIR = re.compile(
    r"(x-amz-[a-z-]*(?:token|signature|credential)|signature|credential|token)(\s*[=:]\s*)[^\s'\"&,;]+",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(https?://[^\s?'\"<>]*)\?[^\s'\"<>]*", re.IGNORECASE)
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=_-]{100,}")
_NOT_CONTENT = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def classify(status: int, headers: Mapping[str, str], body: bytes, context: CallContext) -> CatalogApiError:
    """The error for an answer that is no success.

    Source: the table of refusals and the causes of a 403 in Amazon's pages; statuses that are not published fall to
    the nearest kind: other 3xx and 4xx are the request's fault, other 5xx leave the outcome unknown.

    Args:
        status: HTTP status. A 2xx comes here when its body could not be read.
        headers: of the answer, in any case.
        body: of the answer, decoded from its content encoding: JSON, text or HTML.
        context: the call.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    text = text_of(body)
    error_type = lower.get("x-amzn-errortype", "").split(":")[0].strip() or None
    kind = _kind(status, _plain(text), (error_type or "").lower())
    request_id = lower.get("x-amzn-requestid") or lower.get("apigw-requestid")
    details = [f"HTTP {status}"]
    details += [error_type] if error_type else []
    details += [f"request ID {request_id}"] if request_id else []
    sentence = (
        f"The Catalog API answered {_CALLS.get(context.operation, context.operation)} with "
        f"{repr(text.rstrip('.')) if text else 'no text'} ({', '.join(details)}). {_advice(kind, context)}"
    )
    return kind(sentence, text=text, http_status=status, request_id=request_id, error_type=error_type)


def unreadable_answer(
    status: int, headers: Mapping[str, str], what: str, context: CallContext
) -> errors.CatalogApiOutcomeUnknown:
    """The error for a success that does not say what it must. `what` is e.g. 'no ingestion ID'."""
    lower = {name.lower(): value for name, value in headers.items()}
    request_id = lower.get("x-amzn-requestid") or lower.get("apigw-requestid")
    return errors.CatalogApiOutcomeUnknown(
        f"The Catalog API answered {_CALLS.get(context.operation, context.operation)} with HTTP {status}, but with "
        f"{what} (request ID {request_id or 'not given'}). {_advice(errors.CatalogApiOutcomeUnknown, context)}",
        http_status=status,
        request_id=request_id,
    )


def no_answer(kind: type[CatalogApiError], what: str, context: CallContext) -> CatalogApiError:
    """The error for a call that got no answer. `what` is e.g. 'no connection within 5 seconds'."""
    call = _CALLS.get(context.operation, context.operation)
    return kind(f"The Catalog API gave no answer to {call}: {what}. {_advice(kind, context)}")


def text_of(body: bytes) -> str:
    """What an error body says, in one line of 500 characters at the most, without anything secret; may be empty.

    >>> text_of(b'{"errorMsg": "Server Error - No Retry"}')
    'Server Error - No Retry'
    """
    raw = body[:_BODY_BYTES_READ].decode("utf-8", errors="replace").lstrip("\ufeff")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        value = html.unescape(_NOT_CONTENT.sub(" ", raw)) if raw.lstrip().startswith("<") else raw
    if isinstance(value, dict):
        value = next((value[key] for key in TEXT_KEYS if value.get(key)), "")
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return _without_secrets(text)[:_TEXT_LENGTH]


def _without_secrets(text: str) -> str:
    text = _GATEWAY_EXPLANATION.sub("", text)
    text = _AUTHORIZATION.sub(r"\1[left out]", text)
    text = _QUERY.sub(r"\1?[left out]", text)
    text = _SECRET_PAIR.sub(r"\1\2[left out]", text)
    text = _LONG_RUN.sub("[left out]", text)
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.split())


def _plain(text: str) -> str:
    """For comparison: lower case, without the apostrophes that Amazon's pages spell in several ways."""
    return re.sub(r"['\u2018\u2019\ufffd`]", "", text.lower())


def _kind(status: int, text: str, error_type: str) -> type[CatalogApiError]:
    if status in (401, 403):
        return _first(_ACCESS_TEXTS, text) or _ACCESS_TYPES.get(error_type, errors.Forbidden)
    if status == 429 or (400 <= status < 500 and error_type in _THROTTLE_TYPES):
        return errors.CatalogApiThrottled
    if status == 413:
        return errors.RequestTooLong
    if status == 500 and "no retry" in text:
        return errors.CatalogApiServerErrorFinal
    if status == 500 and "retry recommended" in text:
        return errors.CatalogApiServerError
    if status < 300 or status >= 500 or status == 408:
        return errors.CatalogApiOutcomeUnknown
    return _first(_INPUT_REFUSALS, text) or errors.OtherInputRefused


def _first(table: tuple[tuple[str, type[CatalogApiError]], ...], text: str) -> type[CatalogApiError] | None:
    return next((kind for part, kind in table if part in text), None)


def _advice(kind: type[CatalogApiError], context: CallContext) -> str:
    return kind.advice.format(role_arn=context.role_arn, region=context.region, path=context.path)
