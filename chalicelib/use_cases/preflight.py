"""preflight: what would stop the upload later stops it now, before a million rows are prepared.

It also keeps the files of a source in the order of their arrival: yesterday's prices must not overwrite today's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.amazon.client import CatalogApi
from chalicelib.amazon.pacer import Pacer, Wait
from chalicelib.catalog.operations import Operation
from chalicelib.storage import keys
from chalicelib.storage.objects import Objects
from chalicelib.telemetry import count, logger
from chalicelib.tracking.clock import Clock, parse
from chalicelib.tracking.models import Upload
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import Reason, UnknownUpload, Uploads
from chalicelib.use_cases.refusals import watching_refusals
from chalicelib.use_cases.start import upload_id_of

EVENT_DEADLINE = timedelta(minutes=20)
"""An object that has no upload after this long is not waited for: reconcile starts lost ones after 10 to 15 minutes."""

TURN_LOST = Reason(
    "turn_lost",
    "The upload took so long that the turn of its source went to a later file. Rows that were not sent would overwrite "
    "newer ones: upload them again only if the later file has not got them.",
)


class OperationNotPossible(Exception):
    """The upload's operation lacks a setting."""


class FileReplaced(Exception):
    """A newer version of the file went first."""


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """What preflight needs."""

    uploads: Uploads
    turns: Turns
    inbox: Objects
    catalog_api: CatalogApi
    pacer: Pacer
    known_store_ids: tuple[str, ...]
    clock: Clock


def preflight(work: Preflight, upload_id: str) -> None:
    """Take the source's turn, and make sure that the Catalog API lets us in.

    Raises:
        Wait: an earlier file of the source is still to be submitted, or the pacer has no turn.
        OperationNotPossible, FileReplaced: nothing that waiting would mend.
        chalicelib.amazon.errors.AccessRefused: the allow-listed role can't be assumed, or is refused.
    """
    upload = work.uploads.get(upload_id)
    if upload.operation == Operation.ARCHIVE and not work.known_store_ids:
        raise OperationNotPossible(
            "Archiving must name every store of the retailer: set KNOWN_STORE_IDS, then drop the file again."
        )
    try:
        _take_turn(work, upload)
        _keep_order(work, upload)
        _take_turn(work, upload)  # an earlier file may have been started while we looked
    except Wait:
        # It may be an earlier upload that waits for us: both would wait until the lease ends.
        work.turns.give_back(upload)
        raise
    work.pacer.take_turn()
    with watching_refusals(work.pacer, upload_id=upload_id):
        work.catalog_api.check_access()


def _take_turn(work: Preflight, upload: Upload) -> None:
    if not work.turns.take(upload, lambda late: _stop(work, late)):
        raise Wait(f"an earlier upload of source {upload.source!r} is still submitting")


def _stop(work: Preflight, late: str) -> bool:
    logger.error("upload has lost the turn of its source", extra={"upload_id": late})
    count("UploadsStuck")
    try:
        return not work.uploads.stop_submission(late, TURN_LOST).submission_closed_at
    except UnknownUpload:
        # The table forgets an upload and its turn one by one: a turn may be left over.
        return False


def _keep_order(work: Preflight, upload: Upload) -> None:
    """The queue knows only the uploads that were started, and S3's events come in any order."""
    arrived_at, now = parse(upload.arrived_at), work.clock()
    for key, version_id, modified_at in _files_of(work.inbox, upload.source):
        if key == upload.key:
            if version_id != upload.version_id:
                _refuse_replaced(work, key, version_id)
        elif (
            modified_at < arrived_at
            and now - modified_at < EVENT_DEADLINE
            and not key.endswith("/")
            and not work.uploads.exists(upload_id_of(work.inbox.bucket, key, version_id))
        ):
            raise Wait(f"an earlier file of source {upload.source!r} has not been announced yet")


def _files_of(inbox: Objects, source: str) -> Iterator[tuple[str, str, datetime]]:
    if source == keys.DEFAULT_SOURCE:
        yield from inbox.newest_versions(keys.INBOX_PREFIX, below=False)
        yield from inbox.newest_versions(f"{keys.INBOX_PREFIX}/")
    yield from inbox.newest_versions(f"{keys.INBOX_PREFIX}{source}/")


def _refuse_replaced(work: Preflight, key: str, newest: str) -> None:
    try:
        newer = work.uploads.get(upload_id_of(work.inbox.bucket, key, newest))
    except UnknownUpload:
        return
    if newer.accepted or newer.failed or newer.pending:
        raise FileReplaced(
            "A newer version of this file was sent already. This one is not sent, since it would overwrite what is "
            "newer; if that is wanted, drop it again."
        )
