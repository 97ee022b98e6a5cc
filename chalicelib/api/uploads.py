"""The routes of the status API, for callers that sign their requests. `views.py` does the work.

It is imported at the first request: the other functions share `app.py`, and their cold starts should not pay for it.
"""

from collections.abc import Callable
from typing import Any

from chalice.app import Blueprint, IAMAuthorizer, Request, Response

uploads_api = Blueprint(__name__)
SIGNED = IAMAuthorizer()


@uploads_api.middleware("http")
def observed(request: Request, get_response: Callable[[Any], Response]) -> Response:
    from chalicelib.api.answering import observed

    return observed(request, get_response)


@uploads_api.route("/uploads", methods=["GET"], authorizer=SIGNED)
def list_uploads() -> Response:
    from chalicelib.api import views

    return views.list_uploads(uploads_api.current_request)


@uploads_api.route("/uploads", methods=["POST"], authorizer=SIGNED)
def start_upload() -> Response:
    from chalicelib.api import views

    return views.start_upload(uploads_api.current_request)


@uploads_api.route("/uploads/{upload_id}", methods=["GET"], authorizer=SIGNED)
def get_upload(upload_id: str) -> Response:
    from chalicelib.api import views

    return views.get_upload(uploads_api.current_request, upload_id)


@uploads_api.route("/uploads/{upload_id}/batches", methods=["GET"], authorizer=SIGNED)
def list_batches(upload_id: str) -> Response:
    from chalicelib.api import views

    return views.list_batches(uploads_api.current_request, upload_id)


@uploads_api.route("/uploads/{upload_id}/rows", methods=["GET"], authorizer=SIGNED)
def list_rows(upload_id: str) -> Response:
    from chalicelib.api import views

    return views.list_rows(uploads_api.current_request, upload_id)


@uploads_api.route("/uploads/{upload_id}/files", methods=["GET"], authorizer=SIGNED)
def list_files(upload_id: str) -> Response:
    from chalicelib.api import views

    return views.list_files(uploads_api.current_request, upload_id)


@uploads_api.route("/openapi.json", methods=["GET"], authorizer=SIGNED)
def get_openapi() -> Response:
    from chalicelib.api import views

    return views.get_openapi(uploads_api.current_request)
