"""preflight: what would stop the upload later stops it now, before a million rows are prepared."""

from chalicelib.amazon.client import CatalogApi
from chalicelib.amazon.pacer import Pacer, Wait
from chalicelib.catalog.operations import Operation
from chalicelib.tracking.turns import Turns
from chalicelib.tracking.uploads import Uploads
from chalicelib.use_cases.refusals import watching_refusals


class OperationNotPossible(Exception):
    """The upload's operation lacks a setting."""


def preflight(
    upload_id: str,
    *,
    uploads: Uploads,
    turns: Turns,
    catalog_api: CatalogApi,
    pacer: Pacer,
    known_store_ids: tuple[str, ...],
) -> None:
    """Take the source's turn, and make sure that the Catalog API lets us in.

    Raises:
        Wait: an earlier upload of the source is still submitting, or the pacer has no turn.
        OperationNotPossible: nothing that waiting would mend.
        chalicelib.amazon.errors.AccessRefused: the allow-listed role can't be assumed, or is refused.
    """
    upload = uploads.get(upload_id)
    if upload.operation == Operation.ARCHIVE and not known_store_ids:
        raise OperationNotPossible(
            "Archiving must name every store of the retailer: set KNOWN_STORE_IDS, then drop the file again."
        )
    if not turns.take(upload):
        raise Wait(f"an earlier upload of source {upload.source!r} is still submitting")
    pacer.take_turn()
    with watching_refusals(pacer):
        catalog_api.check_access()
