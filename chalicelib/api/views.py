"""What each route of the status API does; `uploads.py` has the routes, `openapi.json` what they take and give."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from chalice.app import Request, Response

from chalicelib.api import document, listing, starting
from chalicelib.api.answering import answer, answering
from chalicelib.api.files import file_list
from chalicelib.api.presenting import upload_json
from chalicelib.api.reading import read_body, read_query, read_upload_id
from chalicelib.api.rows import RowSource, row_page
from chalicelib.tracking.clock import utc_now
from chalicelib.wiring import Wiring, wiring


@answering
def list_uploads(request: Request) -> Response:
    """Uploads, newest first."""
    query = _query(request, "listUploads")
    return answer(listing.upload_page(wiring().uploads, **query))


@answering
def start_upload(request: Request) -> Response:
    """Start an upload, or get a link to send a new file to."""
    _query(request, "startUpload")
    body = read_body(request.raw_body)
    new, work = starting.is_new_file(body), wiring()
    if new:
        link = starting.new_file_link(work.inbox, body, good_for=_good_for(work), clock=utc_now)
        return answer(link, HTTPStatus.CREATED)
    upload = starting.start_by_key(work.start, body)
    return answer(upload_json(upload), HTTPStatus.ACCEPTED, {"Location": f"uploads/{upload.upload_id}"})


@answering
def get_upload(request: Request, upload_id: str) -> Response:
    """One upload: its state, and its rows by outcome."""
    _query(request, "getUpload")
    known = read_upload_id(upload_id)
    return answer(upload_json(wiring().uploads.get(known)))


@answering
def list_batches(request: Request, upload_id: str) -> Response:
    """The batches of an upload by number, each with its attempts."""
    query, known, work = _query(request, "listBatches"), read_upload_id(upload_id), wiring()
    return answer(listing.batch_page(work.uploads, work.batches, known, **query))


@answering
def list_rows(request: Request, upload_id: str) -> Response:
    """The rows of one outcome, with the reasons."""
    query, known, work = _query(request, "listRows"), read_upload_id(upload_id), wiring()
    source = RowSource(uploads=work.uploads, batches=work.batches, data=work.data)
    return answer(row_page(source, known, **query))


@answering
def list_files(request: Request, upload_id: str) -> Response:
    """Presigned links to the outcome files of an upload."""
    _query(request, "listFiles")
    known, work = read_upload_id(upload_id), wiring()
    return answer(file_list(work.uploads, work.data, known, good_for=_good_for(work), clock=utc_now))


@answering
def get_openapi(request: Request) -> Response:
    """The OpenAPI document."""
    _query(request, "getOpenApi")
    return answer(document.source())


def _query(request: Request, operation_id: str) -> dict[str, Any]:
    return read_query(operation_id, request.query_params)


def _good_for(work: Wiring) -> timedelta:
    return timedelta(minutes=work.settings.file_link_minutes)
