"""Presigned links to the outcome files of an upload."""

import re
from datetime import timedelta
from typing import Any

from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject, Objects
from chalicelib.tracking.clock import Clock, iso
from chalicelib.tracking.models import Upload
from chalicelib.tracking.uploads import Uploads

FILES = ("failed.csv", "rejected.csv", "not_sent.csv", "summary.json")
_DELETED = "The outcome files of this upload have been deleted after their retention."


def file_list(uploads: Uploads, data: Objects, upload_id: str, *, good_for: timedelta, clock: Clock) -> dict[str, Any]:
    """The outcome files that there are, or why there are none.

    Raises:
        chalicelib.tracking.uploads.UnknownUpload
    """
    upload = uploads.get(upload_id)
    if not upload.upload_state.is_final:
        note = f"The upload is {upload.state}: its outcome files are written when it ends."
        return {"upload_id": upload_id, "files": [], "note": note}
    expires_at = iso(clock() + good_for)
    files = [_file(data, upload, name, good_for, expires_at) for name in FILES]
    found = [file for file in files if file]
    return {"upload_id": upload_id, "files": found, "note": None if found else _DELETED}


def _file(data: Objects, upload: Upload, name: str, good_for: timedelta, expires_at: str) -> dict[str, Any] | None:
    key = keys.outcome_file(upload.upload_id, name)
    try:
        size = data.head(key).size
    except NoSuchObject:
        return None
    link = data.link(key, good_for=good_for, download_as=_download_name(upload, name))
    return {"name": name, "size": size, "link": link, "expires_at": expires_at}


def _download_name(upload: Upload, name: str) -> str:
    """Tells the files of several uploads apart on a desk, e.g. `prices-82ebcd9e-failed.csv`."""
    stem = upload.key.rpartition("/")[2].partition(".")[0]
    return f"{re.sub('[^A-Za-z0-9_-]+', '_', stem)[:80]}-{upload.upload_id[:8]}-{name}"
