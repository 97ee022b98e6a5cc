"""The routes of the status API. `openapi.json` says what they take and give; the modules beside this one do it."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from chalice.app import Blueprint, IAMAuthorizer, Response

from chalicelib.api import document, listing, starting
from chalicelib.api.answering import View, answer, answering, observed
from chalicelib.api.files import file_list
from chalicelib.api.presenting import upload_json
from chalicelib.api.reading import read_body, read_query, read_upload_id
from chalicelib.api.rows import RowSource, row_page
from chalicelib.tracking.clock import utc_now
from chalicelib.wiring import Wiring, wiring

uploads_api = Blueprint(__name__)
uploads_api.register_middleware(observed, "http")


def _route(path: str, method: str = "GET") -> Callable[[View], View]:
    """A route for callers that sign their requests; whatever goes wrong in it becomes a problem document."""

    def register(view: View) -> View:
        route: Callable[[View], View] = uploads_api.route(path, methods=[method], authorizer=IAMAuthorizer())
        return route(answering(view))

    return register


@_route("/uploads")
def list_uploads() -> Response:
    """Uploads, newest first."""
    query = _query("listUploads")
    return answer(listing.upload_page(wiring().uploads, **query))


@_route("/uploads", "POST")
def start_upload() -> Response:
    """Start an upload, or get a link to send a new file to."""
    _query("startUpload")
    body = read_body(uploads_api.current_request.raw_body)
    new, work = starting.is_new_file(body), wiring()
    if new:
        link = starting.new_file_link(work.inbox, body, good_for=_good_for(work), clock=utc_now)
        return answer(link, HTTPStatus.CREATED)
    upload = starting.start_by_key(work.start, body)
    return answer(upload_json(upload), HTTPStatus.ACCEPTED, {"Location": f"uploads/{upload.upload_id}"})


@_route("/uploads/{upload_id}")
def get_upload(upload_id: str) -> Response:
    """One upload: its state, and its rows by outcome."""
    _query("getUpload")
    known = read_upload_id(upload_id)
    return answer(upload_json(wiring().uploads.get(known)))


@_route("/uploads/{upload_id}/batches")
def list_batches(upload_id: str) -> Response:
    """The batches of an upload by number, each with its attempts."""
    query, known, work = _query("listBatches"), read_upload_id(upload_id), wiring()
    return answer(listing.batch_page(work.uploads, work.batches, known, **query))


@_route("/uploads/{upload_id}/rows")
def list_rows(upload_id: str) -> Response:
    """The rows of one outcome, with the reasons."""
    query, known, work = _query("listRows"), read_upload_id(upload_id), wiring()
    source = RowSource(uploads=work.uploads, batches=work.batches, data=work.data)
    return answer(row_page(source, known, **query))


@_route("/uploads/{upload_id}/files")
def list_files(upload_id: str) -> Response:
    """Presigned links to the outcome files of an upload."""
    _query("listFiles")
    known, work = read_upload_id(upload_id), wiring()
    return answer(file_list(work.uploads, work.data, known, good_for=_good_for(work), clock=utc_now))


@_route("/openapi.json")
def get_openapi() -> Response:
    """The OpenAPI document."""
    _query("getOpenApi")
    return answer(document.source())


def _query(operation_id: str) -> dict[str, Any]:
    return read_query(operation_id, uploads_api.current_request.query_params)


def _good_for(work: Wiring) -> timedelta:
    return timedelta(minutes=work.settings.file_link_minutes)
