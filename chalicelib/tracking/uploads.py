"""Uploads in the table: the one place where their state changes. Every change is a conditional write."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.tracking.clock import Clock, iso, parse
from chalicelib.tracking.models import OPEN, UPLOAD_SK, Upload, upload_pk
from chalicelib.tracking.outcomes import Outcome, check_law
from chalicelib.tracking.states import ImpossibleTransition, UploadState, final_state
from chalicelib.tracking.transactions import ConditionFailed, retry_conflicts, transact
from chalicelib.tracking.turns import new_turn

SEARCHED = 200
SEARCHED_PAGES = 10
"""A page of one state looks at no more than 2,000 uploads, so that it ends within the API's 29 s."""
MAX_REASON = 10_000
"""Characters of an upload's reason."""


class RecordedMeanwhile(Exception):
    """While a submission was being closed, another process recorded the upload's batches."""


class UnknownUpload(Exception):
    """There is no upload of that ID."""


class BadCursor(Exception):
    """A cursor that no list has given out."""


@dataclass(frozen=True, kw_only=True)
class NewUpload:
    """What is known of an upload when it is claimed."""

    upload_id: str
    bucket: str
    key: str
    version_id: str
    size: int
    source: str
    operation: str
    mapping: str | None
    arrived_at: datetime


@dataclass(frozen=True)
class Reason:
    """Why an upload ends as it does: a stable code and a sentence."""

    code: str
    message: str
    file_is_wrong: bool = False


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What prepare found, as the upload keeps it. Rows, items and bytes are counts; the mappings are counts by code;
    `warning_details` has the first row of each warning, and the fields that it is about.
    """

    rows_read: int
    rejected: int
    skipped: int
    good: int
    items: int
    batches: int
    bytes: int
    format: str | None
    warnings: Mapping[str, int]
    warning_details: Mapping[str, Any]
    rejected_reasons: Mapping[str, int]


class Uploads:
    """All uploads."""

    def __init__(self, clock: Clock, *, retention_days: int = 90) -> None:
        self._clock = clock
        self._retention = timedelta(days=retention_days)

    def claim(self, new: NewUpload) -> Upload:
        """Claim an object version and queue it for its source's turn; claimed again, it is the same upload."""
        now = self._clock()
        upload = Upload(
            upload_pk(new.upload_id),
            UPLOAD_SK,
            upload_id=new.upload_id,
            bucket=new.bucket,
            key=new.key,
            version_id=new.version_id,
            size=new.size,
            source=new.source,
            operation=new.operation,
            mapping=new.mapping,
            state=UploadState.RECEIVED,
            open=OPEN,
            arrived_at=iso(new.arrived_at),
            received_at=iso(now),
            updated_at=iso(now),
            expires=int((now + self._retention).timestamp()),
        )

        def fill(transaction: TransactWrite) -> None:
            transaction.save(upload, condition=Upload.pk.does_not_exist())
            transaction.save(new_turn(upload))

        try:
            transact(fill)
        except ConditionFailed:
            return self.get(new.upload_id)
        return upload

    def get(self, upload_id: str) -> Upload:
        """The upload, as it is now.

        Raises:
            UnknownUpload: there is none.
        """
        try:
            return Upload.get(upload_pk(upload_id), UPLOAD_SK, consistent_read=True)
        except Upload.DoesNotExist:
            raise UnknownUpload(f"there is no upload {upload_id}") from None

    def exists(self, upload_id: str) -> bool:
        """Whether the upload has been claimed."""
        try:
            self.get(upload_id)
        except UnknownUpload:
            return False
        return True

    def page(self, *, state: UploadState | None, limit: int, cursor: str | None) -> tuple[list[Upload], str | None]:
        """Uploads, newest first, at most `limit` of them, and the cursor of the next page if there is one.

        A page of a rare state may have fewer than `limit`, or none, and still a cursor: the search for it is bounded.

        Raises:
            BadCursor: the cursor is none of ours.
        """
        last = _read_cursor(cursor) if cursor else None
        uploads: list[Upload] = []
        for _ in range(SEARCHED_PAGES if state else 1):
            found = Upload.uploads_by_time.query(
                "UPLOAD", scan_index_forward=False, limit=SEARCHED if state else limit, last_evaluated_key=last
            )
            for upload in found:
                if not state or upload.state == state:
                    uploads.append(upload)
                last = found.last_evaluated_key
                if len(uploads) == limit:
                    return uploads, _write_cursor(last) if last else None
            last = found.last_evaluated_key
            if not last:
                break
        return uploads, _write_cursor(last) if last else None

    def open(self) -> Iterator[Upload]:
        """Uploads that have not ended or whose end has not been notified, oldest first. Eventually consistent."""
        yield from Upload.open_uploads.query(OPEN)

    def set_preparing(
        self,
        upload_id: str,
        *,
        mapping_key: str | None,
        mapping_version_id: str | None,
        prepare_settings: Mapping[str, Any],
    ) -> Upload:
        """RECEIVED -> PREPARING, and pin what prepare goes by; a second run keeps what the first has pinned."""
        pins: list[Action] = [Upload.prepare_settings.set(dict(prepare_settings))]
        if mapping_key:
            pins += [Upload.mapping_key.set(mapping_key), Upload.mapping_version_id.set(mapping_version_id or "null")]
        self._change(upload_id, UploadState.PREPARING, *pins)
        return self.get(upload_id)

    def set_submitting(self, upload_id: str, totals: Totals) -> None:
        """PREPARING -> SUBMITTING: its batches are in the table; its good rows are pending.

        An upload whose submission has been closed stays as it is: nobody would close those batches.
        """
        is_open = Upload.submission_closed_at.does_not_exist()
        try:
            self._change(upload_id, UploadState.SUBMITTING, *_counts(totals, Outcome.PENDING), only_if=is_open)
        except ImpossibleTransition:
            if not self.get(upload_id).submission_closed_at:
                raise

    def set_invalid_totals(self, upload_id: str, totals: Totals, reason: Reason) -> None:
        """Record what was read of a file that won't be sent: its good rows are `not_sent`."""
        condition = Upload.state.is_in(UploadState.PREPARING, UploadState.RECEIVED)
        # What is wrong with the file counts more than why processing may have broken off besides.
        because = [Upload.reason_code.set(reason.code), Upload.reason.set(_cut(reason)), Upload.file_is_wrong.set(True)]
        actions = [*_counts(totals, Outcome.NOT_SENT), *because]
        try:
            self._update(upload_id, actions, condition)
        except ConditionFailed:
            self._refuse_unless(upload_id, UploadState.INVALID)

    def stop_submission(self, upload_id: str, reason: Reason | None = None) -> Upload:
        """Let no further attempt begin, unless the submission is closed. The first reason given stays."""
        stopped = [Upload.submission_stopped.set(True), *(_because(reason) if reason else ())]
        try:
            self._update(upload_id, stopped, Upload.submission_closed_at.does_not_exist())
        except ConditionFailed:
            pass
        return self.get(upload_id)

    def set_reason(self, upload_id: str, reason: Reason) -> Upload:
        """Say why an upload will end as it does. The first reason given stays."""
        self._update(upload_id, _because(reason))
        return self.get(upload_id)

    def close_submission(self, seen: Upload) -> Upload:
        """Say that every batch was sent or closed. With rows pending: SUBMITTING -> AWAITING_RESULTS.

        Args:
            seen: the upload as it was before its batches were looked through.

        Raises:
            RecordedMeanwhile: it has been recorded since, and its batches have to be looked through again.
        """
        actions: list[Action] = [Upload.submission_closed_at.set(Upload.submission_closed_at | iso(self._clock()))]
        if seen.upload_state is UploadState.SUBMITTING and self.get(seen.upload_id).pending:
            actions.append(Upload.state.set(UploadState.AWAITING_RESULTS.value))
        as_seen = (Upload.state == seen.state) & Upload.submission_closed_at.does_not_exist()
        try:
            self._update(seen.upload_id, actions, as_seen)
        except ConditionFailed:
            if not self.get(seen.upload_id).submission_closed_at:
                raise RecordedMeanwhile(f"upload {seen.upload_id} is no longer {seen.state}") from None
        return self.get(seen.upload_id)

    def set_final(self, upload: Upload) -> Upload:
        """Give the upload the state that its counts decide.

        Raises:
            AccountingLawBroken: the counts don't add up, or rows are pending.
        """
        check_law(int(upload.rows_read), upload.counts, final=True)
        state = final_state(upload.counts, file_is_wrong=bool(upload.file_is_wrong))
        as_seen = (Upload.state == upload.state) & (Upload.rows_read == upload.rows_read) & (Upload.pending == 0)
        self._change(upload.upload_id, state, Upload.finished_at.set(iso(self._clock())), only_if=as_seen)
        return self.get(upload.upload_id)

    def set_notified(self, upload_id: str) -> None:
        """Say that the end of the upload has been made known. It is no longer open."""
        self._update(upload_id, [Upload.notified_at.set(iso(self._clock())), Upload.open.remove()])

    def _change(self, upload_id: str, to: UploadState, *actions: Action, only_if: Condition | None = None) -> None:
        condition = Upload.state.is_in(*(state.value for state in to.predecessors))
        if only_if is not None:
            condition &= only_if
        try:
            self._update(upload_id, [Upload.state.set(to.value), *actions], condition)
        except ConditionFailed:
            self._refuse_unless(upload_id, to)

    def _refuse_unless(self, upload_id: str, expected: UploadState) -> None:
        now = self.get(upload_id).upload_state
        if now is not expected:
            raise ImpossibleTransition(f"upload {upload_id} is {now}; it can't become {expected}")

    def _update(self, upload_id: str, actions: list[Action], condition: Any = None) -> None:
        condition = Upload.pk.exists() & condition if condition is not None else Upload.pk.exists()
        actions = [*actions, Upload.updated_at.set(iso(self._clock()))]
        item = Upload(upload_pk(upload_id), UPLOAD_SK)
        retry_conflicts(lambda: item.update(actions=actions, condition=condition))


def _counts(totals: Totals, good_rows_are: Outcome) -> list[Action]:
    by_outcome = {
        Outcome.PENDING: 0,
        Outcome.NOT_SENT: 0,
        Outcome.REJECTED: totals.rejected,
        Outcome.SKIPPED: totals.skipped,
        good_rows_are: totals.good,
    }
    check_law(totals.rows_read, by_outcome, final=False)
    return [
        Upload.rows_read.set(totals.rows_read),
        *(getattr(Upload, outcome.value).set(count) for outcome, count in by_outcome.items()),
        Upload.items.set(totals.items),
        Upload.batches.set(totals.batches),
        Upload.bytes.set(totals.bytes),
        Upload.format.set(totals.format or "unknown"),
        Upload.warnings.set(dict(totals.warnings)),
        Upload.warning_details.set(dict(totals.warning_details)),
        Upload.rejected_reasons.set(dict(totals.rejected_reasons)),
    ]


def _because(reason: Reason) -> list[Action]:
    return [
        Upload.reason_code.set(Upload.reason_code | reason.code),
        Upload.reason.set(Upload.reason | _cut(reason)),
        Upload.file_is_wrong.set(Upload.file_is_wrong | reason.file_is_wrong),
    ]


def _cut(reason: Reason) -> str:
    """The reason's text: an item of the table holds 400 KB, and a mapping may have thousands of mistakes."""
    return reason.message if len(reason.message) <= MAX_REASON else f"{reason.message[:MAX_REASON]} ..."


def _write_cursor(key: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_cursor(cursor: str) -> dict[str, Any]:
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor))
        pk, received_at = key["pk"]["S"], key["received_at"]["S"]
        parse(received_at)
        if not pk.startswith(upload_pk("")):
            raise ValueError(pk)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        raise BadCursor("the cursor is none that a list has given out") from None
    return {
        name: {"S": text}
        for name, text in (("pk", pk), ("sk", UPLOAD_SK), ("kind", "UPLOAD"), ("received_at", received_at))
    }
