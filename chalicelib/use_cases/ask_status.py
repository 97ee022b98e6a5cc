"""Ask Amazon where an ingestion is: reconcile does for a batch that waits long, result for a link that has expired."""

from chalicelib.amazon.client import CatalogApi
from chalicelib.amazon.ingestions import IngestionStatus
from chalicelib.amazon.pacer import Pacer
from chalicelib.use_cases.refusals import watching_refusals


def ask_status(catalog_api: CatalogApi, pacer: Pacer, ingestion_id: str) -> IngestionStatus:
    """Take a turn and ask.

    Raises:
        chalicelib.amazon.pacer.Wait: the pacer has no turn.
        chalicelib.amazon.errors.CatalogApiError: Amazon gave no answer, or refused.
    """
    pacer.take_turn()
    with watching_refusals(pacer, ingestion_id=ingestion_id):
        return catalog_api.status(ingestion_id)
