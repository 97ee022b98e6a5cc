"""start: three doors, one use case. The same version of the same object is always the same upload."""

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.telemetry import count, logger
from chalicelib.tracking.models import Upload
from chalicelib.tracking.uploads import NewUpload, Uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_stepfunctions.client import SFNClient


class NotInInbox(Exception):
    """The key is none of a catalog file."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """What starting an upload needs."""

    inbox: Objects
    uploads: Uploads
    step_functions: "SFNClient"
    state_machine_arn: str
    source_operations: "Mapping[str, str]"


def upload_id_of(bucket: str, key: str, version_id: str) -> str:
    """The ID of the upload of an object version: 32 hexadecimal digits.

    >>> upload_id_of("inbox", "inbox/prices.csv", "1")
    'c9f2f1c3c09a4db8fbea597570440660'
    """
    return hashlib.sha256("\0".join((bucket, key, version_id)).encode()).hexdigest()[:32]


def start_upload(start: Start, *, key: str, version_id: str | None = None) -> Upload:
    """Start the upload of a catalog file, or give back the one that there is.

    Args:
        key: key in the inbox bucket, below `inbox/`.
        version_id: which version; without it, the newest.

    Raises:
        NotInInbox: the key is not below `inbox/`, or is a folder.
        chalicelib.storage.objects.NoSuchObject: there is no such object or version.
    """
    if not key.startswith(keys.INBOX_PREFIX) or key.endswith("/"):
        raise NotInInbox(f"{key!r} is no catalog file: give a key below {keys.INBOX_PREFIX}")
    found = start.inbox.head(key, version_id)
    source = keys.source_of(key)
    upload = start.uploads.claim(
        NewUpload(
            upload_id=upload_id_of(start.inbox.bucket, key, found.version_id),
            bucket=start.inbox.bucket,
            key=key,
            version_id=found.version_id,
            size=found.size,
            source=source,
            operation=found.metadata.get("operation") or start.source_operations.get(source, "catalog"),
            mapping=found.metadata.get("mapping"),
            arrived_at=found.modified_at,
        )
    )
    if not upload.upload_state.is_final:
        ensure_execution(start, upload.upload_id)
    return upload


def start_dropped(start: Start, *, key: str, version_id: str) -> Upload | None:
    """Start what an event has announced; None if a newer version of the file has been started already.

    S3 keeps no order of events: started now, the older version would overwrite the newer one's prices.

    Raises: as `start_upload`.
    """
    newest = start.inbox.head(key).version_id
    if newest != version_id and start.uploads.exists(upload_id_of(start.inbox.bucket, key, newest)):
        count("FilesReplaced")
        logger.warning("an event came after that of a newer version of its file; it is passed over")
        return None
    return start_upload(start, key=key, version_id=version_id)


def ensure_execution(start: Start, upload_id: str) -> None:
    """Run the state machine for the upload, unless it runs or has run under its name."""
    try:
        start.step_functions.start_execution(
            stateMachineArn=start.state_machine_arn, name=upload_id, input=json.dumps({"upload_id": upload_id})
        )
    except start.step_functions.exceptions.ExecutionAlreadyExists:
        pass
