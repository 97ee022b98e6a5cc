"""prepare: stream the file into batches of the exact bytes to send, and into the rejected rows with their reasons."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import orjson

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.mapping_error import MappingError
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.prepare import Batch, Invalid, Limits, Prepared, RejectedRow, prepare
from chalicelib.storage import keys
from chalicelib.storage.objects import NoSuchObject, Objects, ObjectWriter
from chalicelib.tracking.models import Upload
from chalicelib.tracking.outcomes import Outcome, Reason, RowOutcome
from chalicelib.tracking.states import UploadState
from chalicelib.tracking.uploads import Uploads

if TYPE_CHECKING:
    from chalicelib.catalog.mapping import Mapping

_A_MAPPING_MAY_HELP = frozenset({InvalidCode.CSV_HEADER, InvalidCode.NO_ROWS})


def prepare_catalog(
    upload_id: str,
    *,
    uploads: Uploads,
    inbox: Objects,
    data: Objects,
    limits: Limits,
    known_store_ids: tuple[str, ...],
) -> dict[str, Any]:
    """Prepare the upload's file. Run again, it writes the same objects again, byte for byte, and leaves none over.

    Args:
        limits, known_store_ids: the settings of today; the first run pins them, since two runs with a deployment in
            between, or beside each other, write to the same keys.

    Returns:
        `{"batch_count", "batch_list"}`: how many batches to send, and the S3 key of their list.
    """
    settings = {**asdict(limits), "known_store_ids": known_store_ids}
    upload = _pin(uploads.get(upload_id), settings, uploads, inbox)
    # A deployment in between may have brought a setting, or taken one away.
    settings |= {name: value for name, value in (upload.prepare_settings or {}).items() if name in settings}
    known_store_ids = tuple(settings.pop("known_store_ids"))
    with data.writer(keys.rejected_rows(upload_id), "application/x-ndjson") as rejected:
        sink = _BucketSink(upload_id, data, rejected)
        prepared = _prepare(upload, sink, inbox, Limits(**settings), known_store_ids)
    if prepared.invalid:
        sink.batches.clear()
    _delete_leftovers(upload_id, data, len(sink.batches))
    batch_list = [{"upload_id": upload_id, "batch": batch["number"]} for batch in sink.batches]
    data.write(keys.batch_list(upload_id), orjson.dumps(batch_list))
    found = {**asdict(prepared), "warning_details": prepared.warning_details, "batch_list": sink.batches}
    data.write(keys.prepared(upload_id), orjson.dumps(found))
    return {"batch_count": len(sink.batches), "batch_list": keys.batch_list(upload_id)}


class _BucketSink:
    """Writes batches to S3 while reading goes on."""

    def __init__(self, upload_id: str, data: Objects, rejected: ObjectWriter) -> None:
        self._upload_id = upload_id
        self._data = data
        self._rejected = rejected
        self.batches: list[dict[str, int]] = []

    def batch(self, batch: Batch) -> None:
        self._data.write(keys.batch_body(self._upload_id, batch.number), batch.body)
        self._data.write(keys.batch_rows(self._upload_id, batch.number), batch.rows)
        sizes = {"rows": batch.row_count, "items": batch.item_count, "bytes": len(batch.body)}
        self.batches.append({"number": batch.number, **sizes})

    def rejected(self, row: RejectedRow) -> None:
        reasons = tuple(Reason(fault.code, fault.message, fault.field, fault.value) for fault in row.faults)
        outcome = RowOutcome(row.row, Outcome.REJECTED, reasons, row.sku, row.store_id)
        self._rejected.write(orjson.dumps(outcome.to_json(), option=orjson.OPT_APPEND_NEWLINE))


def _prepare(
    upload: Upload, sink: _BucketSink, inbox: Objects, limits: Limits, known_store_ids: tuple[str, ...]
) -> Prepared:
    if upload.operation not in set(Operation):
        return _unread(
            "operation_unknown",
            f"The file's metadata asks for the operation {upload.operation!r}; give one of {', '.join(Operation)}, and "
            "drop the file again.",
        )
    if upload.mapping and not upload.mapping_key:
        return _unread(
            "mapping_wrong",
            f"The file's metadata asks for the mapping {upload.mapping!r}, but the inbox bucket has no "
            f"{_places(upload.mapping)}. Put it there, or correct the metadata, and drop the file again.",
        )
    try:
        mapping = _read_mapping(upload, inbox)
    except MappingError as error:
        return _unread("mapping_wrong", f"The mapping {upload.mapping_key} can't be used: {error}")
    prepared = prepare(
        inbox.open(upload.key, upload.version_id),
        sink,
        operation=Operation(upload.operation),
        mapping=mapping,
        limits=limits,
        known_store_ids=known_store_ids,
    )
    if prepared.invalid and prepared.invalid.code in _A_MAPPING_MAY_HELP and not upload.mapping_key:
        missing = f" No mapping was used: there is no {_places(upload.source)} in the inbox bucket."
        return replace(prepared, invalid=replace(prepared.invalid, message=prepared.invalid.message + missing))
    return prepared


def _places(mapping: str) -> str:
    """Where a mapping would have been found, e.g. `mappings/pos.json, .yaml or .yml`."""
    first, *others = keys.mappings(mapping)
    return f"{first}, {' or '.join(keys.MAPPING_ENDINGS[1:])}" if others else first


def _unread(code: str, message: str) -> Prepared:
    invalid = Invalid(code, message)
    return Prepared(rows_read=0, rejected=0, skipped=0, good=0, items=0, batches=0, bytes=0, invalid=invalid)


def _pin(upload: Upload, settings: dict[str, Any], uploads: Uploads, inbox: Objects) -> Upload:
    """Choose mapping and settings on the first run only, so that a second one makes the same batches."""
    if upload.upload_state is not UploadState.RECEIVED:
        return upload
    pinned: dict[str, Any] = {"mapping_key": None, "mapping_version_id": None, "prepare_settings": settings}
    for key in keys.mappings(upload.mapping or upload.source):
        try:
            found = inbox.head(key)
        except NoSuchObject:
            continue
        pinned |= {"mapping_key": found.key, "mapping_version_id": found.version_id}
        break
    return uploads.set_preparing(upload.upload_id, **pinned)


def _read_mapping(upload: Upload, inbox: Objects) -> "Mapping | None":
    if not upload.mapping_key:
        return None
    # Most files need none, and its libraries are a part of the cold start.
    from chalicelib.catalog.mapping import Mapping

    mapping = Mapping.from_document(inbox.read(upload.mapping_key, upload.mapping_version_id))
    mapping.check_operation(Operation(upload.operation))
    return mapping


def _delete_leftovers(upload_id: str, data: Objects, batch_count: int) -> None:
    """Delete what an earlier run wrote and this one did not: the batches of a file that has turned out to be wrong."""
    wanted = {keys.batch_body(upload_id, n) for n in range(1, batch_count + 1)}
    wanted |= {keys.batch_rows(upload_id, n) for n in range(1, batch_count + 1)}
    data.delete([key for key in data.keys(f"{keys.upload_prefix(upload_id)}batches/") if key not in wanted])
