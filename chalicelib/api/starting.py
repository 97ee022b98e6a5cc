"""The third door: start the upload of a file of the inbox, or get a link to send a new file to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.api.problems import FieldError, bad_request, unknown_file
from chalicelib.api.reading import check_body
from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.tracking.clock import Clock, iso
from chalicelib.tracking.models import Upload
from chalicelib.use_cases.start import Start, start_upload

VERSION_ID = "<x-amz-version-id>"
_HINT = (
    f"Put the header x-amz-version-id of the PUT's answer in place of {VERSION_ID}. "
    "The file's arrival starts the same upload; this call tells its ID."
)


def is_new_file(body: Mapping[str, Any]) -> bool:
    """Whether a body asks for a link for a new file.

    Raises:
        chalicelib.api.problems.Problem: 400 with every fault of the body.
    """
    if "key" not in body and "filename" not in body:
        raise bad_request(
            [
                FieldError("key", "is missing: give the key of a file of the inbox to start its upload"),
                FieldError("filename", "is missing: give a name instead of a key to get a link for a new file"),
            ]
        )
    new = "key" not in body
    check_body(body, "NewFile" if new else "StartUpload")
    return new


def start_by_key(start: Start, body: Mapping[str, Any]) -> Upload:
    """Start a file of the inbox, or give back the upload that there is.

    Raises:
        chalicelib.api.problems.Problem: 404, there is no such file or version.
    """
    version_id = body.get("version_id")
    missing = unknown_file("version_id" if version_id else "key")
    try:
        return start_upload(start, key=body["key"], version_id=version_id)
    except NoSuchObject:
        raise missing from None
    except ClientError as error:
        # What S3 says to a version ID that is none of its own, or to a key of more than 1,024 bytes.
        if error.operation_name == "HeadObject" and error.response["Error"]["Code"] == "400":
            raise missing from None
        raise


def new_file_link(inbox: Objects, body: Mapping[str, Any], *, good_for: timedelta, clock: Clock) -> dict[str, Any]:
    """A presigned link that takes one PUT of the new file, with the headers that choose mapping and operation."""
    folder = f"{body['source']}/" if "source" in body else ""
    key = f"{keys.INBOX_PREFIX}{folder}{body['filename']}"
    metadata = {name: body[name] for name in ("mapping", "operation") if name in body}
    return {
        "key": key,
        "upload_url": inbox.upload_link(key, good_for=good_for, metadata=metadata),
        "method": "PUT",
        "headers": {f"x-amz-meta-{name}": value for name, value in metadata.items()},
        "expires_at": iso(clock() + good_for),
        "next": {
            "method": "POST",
            "path": "/uploads",
            "body": {"key": key, "version_id": VERSION_ID},
            "hint": _HINT,
        },
    }
