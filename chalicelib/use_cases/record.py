"""record: the upload's counts and its batches go into the table."""

from dataclasses import fields
from typing import Any

import orjson

from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.tracking.batches import Batches, NewBatch
from chalicelib.tracking.states import UploadState
from chalicelib.tracking.uploads import Reason, Totals, Uploads


def record_upload(upload_id: str, *, uploads: Uploads, batches: Batches, data: Objects) -> None:
    """Record what prepare found. The batches come first: once the counts are there, they are the law.

    Raises:
        chalicelib.storage.objects.NoSuchObject: prepare has not ended.
    """
    upload = uploads.get(upload_id)
    if upload.upload_state not in (UploadState.RECEIVED, UploadState.PREPARING):
        return
    found = orjson.loads(data.read(keys.prepared(upload_id)))
    totals = _totals(found)
    if found["invalid"]:
        reason = Reason(found["invalid"]["code"], found["invalid"]["message"], file_is_wrong=True)
        uploads.set_invalid_totals(upload_id, totals, reason)
        return
    for batch in found["batch_list"]:
        batches.add(upload, NewBatch(**batch))
    uploads.set_submitting(upload_id, totals)


def _totals(found: dict[str, Any]) -> Totals:
    # What prepare wrote before a deployment lacks what that has brought.
    found = {"warning_details": {}, **found, "rejected_reasons": found["reasons"]}
    return Totals(**{field.name: found[field.name] for field in fields(Totals)})
