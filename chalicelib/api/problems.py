"""Errors as problem documents (RFC 9457), whoever raised them: `{"type", "title", "status", "detail", "errors"}`."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from http import HTTPStatus

import orjson
from chalice.app import HeadersType, Response

CONTENT_TYPE = "application/problem+json"
_TYPE = "urn:store-catalog:problem:"


@dataclass(frozen=True, order=True)
class FieldError:
    """What is wrong with one parameter or field; `body` is the body as a whole."""

    field: str
    message: str


class Problem(Exception):
    """A request that gets a problem document for an answer.

    `kind` is the stable last word of the document's type, e.g. `unknown-upload`.
    """

    def __init__(self, status: int, kind: str, title: str, detail: str, errors: Iterable[FieldError] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.errors = tuple(errors)


def bad_request(errors: Iterable[FieldError]) -> Problem:
    """400: every fault of the request at once."""
    found = sorted(set(errors))
    faults = "; ".join(f"{error.field} {error.message}" for error in found)
    count = f"{len(found)} faults: " if len(found) > 1 else ""
    return Problem(HTTPStatus.BAD_REQUEST, "bad-request", "The request is wrong", f"{count}{faults}.", found)


def unknown_upload() -> Problem:
    """404: no upload has this ID."""
    return Problem(
        HTTPStatus.NOT_FOUND,
        "unknown-upload",
        "There is no such upload",
        "No upload has this ID. GET /uploads lists the uploads that there are.",
    )


def unknown_file(field: str) -> Problem:
    """404: the inbox has no such file, or not that version of it."""
    what = "no such version of this file" if field == "version_id" else "no such file"
    return Problem(
        HTTPStatus.NOT_FOUND,
        "unknown-file",
        "There is no such file",
        f"The inbox has {what}. Send the file first; `aws s3 ls` shows what is there.",
        [FieldError(field, f"the inbox has {what}")],
    )


def gone() -> Problem:
    """410: the rows have been deleted after their retention."""
    return Problem(
        HTTPStatus.GONE,
        "gone",
        "The rows have been deleted",
        "The rows of this upload have been deleted after their retention; its counts are kept. Upload the file again.",
    )


def body_too_large(limit: int) -> Problem:
    """413: the body has more than `limit` bytes."""
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body-too-large",
        "The body is too large",
        f"A body may have {limit:,} bytes. A catalog file goes to S3: ask for a link with `filename`.",
        [FieldError("body", f"has more than {limit:,} bytes")],
    )


def fault() -> Problem:
    """500: a fault of ours, which the log has."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "fault",
        "Something broke on our side",
        "The same request may be sent again. If it keeps failing, tell the operator the header x-amzn-RequestId.",
    )


def problem_response(problem: Problem) -> Response:
    """The answer that carries a problem."""
    body = {
        "type": _TYPE + problem.kind,
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail,
        "errors": [asdict(error) for error in problem.errors],
    }
    headers: HeadersType = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"}
    return Response(orjson.dumps(body).decode(), status_code=int(problem.status), headers=headers)


def from_chalice(response: Response) -> Problem:
    """Chalice's own refusals (405, 415, its 500), whose bodies are `{"Code", "Message"}`, as problems."""
    status = HTTPStatus(response.status_code)
    if status is HTTPStatus.INTERNAL_SERVER_ERROR:
        return fault()
    if status is HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return Problem(
            status,
            "unsupported-media-type",
            "The body is of the wrong type",
            "A body must be JSON: send the header Content-Type: application/json.",
            [FieldError("Content-Type", "must be application/json")],
        )
    kind = status.phrase.lower().replace(" ", "-")
    return Problem(status, kind, status.phrase, f"{response.body['Message']}.")
