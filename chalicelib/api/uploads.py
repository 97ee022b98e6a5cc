"""The routes of the status API."""

from chalice import Blueprint, IAMAuthorizer

uploads_api = Blueprint(__name__)


@uploads_api.route("/uploads", methods=["GET"], authorizer=IAMAuthorizer())
def list_uploads() -> dict[str, object]:
    return {"uploads": []}
