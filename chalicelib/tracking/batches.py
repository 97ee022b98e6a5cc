"""Batches, attempts and ingestions in the table: the one place where their state changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from chalicelib.tracking.clock import Clock, iso
from chalicelib.tracking.models import (
    INGESTION_SK,
    UPLOAD_SK,
    Attempt,
    Batch,
    Ingestion,
    Upload,
    attempt_sk,
    batch_sk,
    ingestion_pk,
    upload_pk,
)
from chalicelib.tracking.outcomes import Outcome, Reason
from chalicelib.tracking.states import BatchState, ImpossibleTransition, UploadState
from chalicelib.tracking.transactions import ConditionFailed, retry_conflicts, transact

REACHED = "yes"


class SubmissionStopped(Exception):
    """The upload takes no further attempts."""


@dataclass(frozen=True)
class NewBatch:
    """A batch as prepare made it; rows, items and bytes are counts."""

    number: int
    rows: int
    items: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """How an attempt ended that brought no ingestion ID. `reached` is a value of `chalicelib.amazon.errors.Reached`."""

    error: str
    message: str
    reached: str
    http_status: int | None
    request_id: str | None


@dataclass(frozen=True, kw_only=True)
class Closing:
    """What closes a batch: its final state, its rows by outcome, where the rows that weren't accepted are, and why."""

    state: BatchState
    counts: Mapping[Outcome, int]
    outcome_part: str | None
    reason: Reason | None = None


class Batches:
    """All batches, with their attempts and ingestions."""

    def __init__(self, clock: Clock, *, retention_days: int = 90) -> None:
        self._clock = clock
        self._retention = timedelta(days=retention_days)

    def add(self, upload: Upload, new: NewBatch) -> None:
        """Record a prepared batch; one that is there already stays as it is."""
        batch = Batch(
            upload_pk(upload.upload_id),
            batch_sk(new.number),
            upload_id=upload.upload_id,
            number=new.number,
            state=BatchState.PREPARED,
            rows=new.rows,
            items=new.items,
            bytes=new.bytes,
            updated_at=iso(self._clock()),
            expires=upload.expires,
        )
        try:
            retry_conflicts(lambda: batch.save(condition=Batch.pk.does_not_exist()))
        except ConditionFailed:
            pass

    def get(self, upload_id: str, number: int) -> Batch:
        """The batch, as it is now.

        Raises:
            pynamodb.exceptions.DoesNotExist: there is none.
        """
        return Batch.get(upload_pk(upload_id), batch_sk(number), consistent_read=True)

    def all(self, upload_id: str, *, after: int = 0) -> Iterator[Batch]:
        """The batches of an upload, by number, from the one behind `after`."""
        yield from Batch.query(
            upload_pk(upload_id),
            Batch.sk.between(batch_sk(after + 1), batch_sk(99_999)),
            filter_condition=Batch.state.exists(),
            consistent_read=True,
        )

    def attempts(self, upload_id: str, number: int) -> list[Attempt]:
        """The attempts of a batch, in order."""
        return list(
            Attempt.query(
                upload_pk(upload_id), Attempt.sk.startswith(f"{batch_sk(number)}#ATTEMPT#"), consistent_read=True
            )
        )

    def begin_attempt(self, batch: Batch) -> Attempt:
        """Record that a call is about to be made. From here on the batch may have reached Amazon.

        Raises:
            SubmissionStopped: the upload's submission has been stopped, or the batch is no longer PREPARED.
        """
        number = int(batch.attempts) + 1
        attempt = Attempt(
            batch.pk,
            attempt_sk(int(batch.number), number),
            upload_id=batch.upload_id,
            batch=batch.number,
            number=number,
            started_at=iso(self._clock()),
            expires=batch.expires,
        )
        goes_on = (Upload.state == UploadState.SUBMITTING.value) & Upload.submission_stopped.does_not_exist()

        def fill(transaction: TransactWrite) -> None:
            transaction.condition_check(Upload, batch.pk, UPLOAD_SK, condition=goes_on)
            transaction.update(
                Batch(batch.pk, batch.sk),
                actions=[Batch.attempts.set(number), Batch.updated_at.set(attempt.started_at)],
                condition=(Batch.state == BatchState.PREPARED.value) & (Batch.attempts == number - 1),
            )
            transaction.save(attempt)

        try:
            transact(fill)
        except ConditionFailed:
            raise SubmissionStopped(f"batch {batch.number} of upload {batch.upload_id} takes no attempt") from None
        return attempt

    def set_refused_attempt(self, attempt: Attempt, refusal: Refusal) -> None:
        """Record how an attempt without an ingestion ID ended."""
        actions: list[Action] = [
            Attempt.ended_at.set(iso(self._clock())),
            Attempt.reached.set(refusal.reached),
            Attempt.error.set(refusal.error),
            Attempt.message.set(refusal.message),
        ]
        if refusal.http_status is not None:
            actions.append(Attempt.http_status.set(refusal.http_status))
        if refusal.request_id:
            actions.append(Attempt.request_id.set(refusal.request_id))
        retry_conflicts(lambda: attempt.update(actions=actions))

    def set_submitted(
        self, attempt: Attempt, ingestion_id: str, *, http_status: int, request_id: str | None, first_poll_in: timedelta
    ) -> None:
        """Record Amazon's answer in one transaction: PREPARED -> SUBMITTED, the attempt's end, whose the ingestion is.

        A batch that another attempt has submitted, or that was closed meanwhile, stays as it is: this ingestion is
        recorded on its attempt and points to the same batch.
        """
        now = self._clock()
        batch = Batch(attempt.pk, batch_sk(int(attempt.batch)))

        def record_ingestion(transaction: TransactWrite) -> None:
            transaction.update(
                Attempt(attempt.pk, attempt.sk),
                actions=[
                    Attempt.ended_at.set(iso(now)),
                    Attempt.reached.set(REACHED),
                    Attempt.http_status.set(http_status),
                    Attempt.ingestion_id.set(ingestion_id),
                    *([Attempt.request_id.set(request_id)] if request_id else []),
                ],
            )
            transaction.update(
                Ingestion(ingestion_pk(ingestion_id), INGESTION_SK),
                actions=[
                    Ingestion.ingestion_id.set(ingestion_id),
                    Ingestion.upload_id.set(attempt.upload_id),
                    Ingestion.batch.set(attempt.batch),
                    Ingestion.attempt.set(attempt.number),
                    Ingestion.expires.set(self._expires()),
                ],
            )

        def fill(transaction: TransactWrite) -> None:
            transaction.update(
                batch,
                actions=[
                    Batch.state.set(BatchState.SUBMITTED.value),
                    Batch.ingestion_id.set(ingestion_id),
                    Batch.submitted_at.set(iso(now)),
                    Batch.updated_at.set(iso(now)),
                    Batch.next_poll_at.set(iso(now + first_poll_in)),
                ],
                condition=Batch.state == BatchState.PREPARED.value,
            )
            record_ingestion(transaction)

        try:
            transact(fill)
        except ConditionFailed:
            transact(record_ingestion)

    def land_result(
        self, ingestion_id: str, *, status: str | None, report_key: str | None, link: str | None
    ) -> Ingestion:
        """Record what became of an ingestion, whether its batch is known or not, and give back all that is known of it.

        Without its batch the report is parked here until submit records whose it is.
        """
        now = iso(self._clock())
        actions: list[Action] = [Ingestion.ingestion_id.set(ingestion_id), Ingestion.expires.set(self._expires())]
        if status:
            actions.append(Ingestion.status.set(status))
        if report_key:
            actions.append(Ingestion.report_key.set(report_key))
        if link:
            actions += [Ingestion.report_link.set(link), Ingestion.report_link_received_at.set(now)]
        item = Ingestion(ingestion_pk(ingestion_id), INGESTION_SK)
        retry_conflicts(lambda: item.update(actions=actions))
        return item

    def ingestion(self, ingestion_id: str) -> Ingestion | None:
        """What is known of an ingestion, if anything."""
        try:
            return Ingestion.get(ingestion_pk(ingestion_id), INGESTION_SK, consistent_read=True)
        except Ingestion.DoesNotExist:
            return None

    def set_report(self, batch: Batch, ingestion: Ingestion) -> None:
        """Keep on the batch which link brought its report, when, and where the report is."""
        pairs = (
            (Batch.report_key, ingestion.report_key),
            (Batch.report_link, ingestion.report_link),
            (Batch.report_link_received_at, ingestion.report_link_received_at),
        )
        actions: list[Action] = [attribute.set(value) for attribute, value in pairs if value]
        if actions:
            retry_conflicts(lambda: batch.update(actions=actions, condition=Batch.pk.exists()))

    def set_late_report(self, batch: Batch, report_key: str) -> None:
        """Keep a report that came after the batch was closed without one."""
        retry_conflicts(lambda: batch.update(actions=[Batch.late_report.set(report_key)], condition=Batch.pk.exists()))

    def set_polled(self, batch: Batch, *, again_in: timedelta) -> None:
        """Count a question to the status operation, and say when to ask again."""
        actions: list[Action] = [Batch.polls.add(1), Batch.next_poll_at.set(iso(self._clock() + again_in))]
        retry_conflicts(lambda: batch.update(actions=actions, condition=Batch.pk.exists()))

    def close(self, batch: Batch, closing: Closing) -> bool:
        """Close a batch, name its outcome part and move its rows from pending into their outcomes, in one transaction.

        Returns:
            Whether this call closed it. False: it was closed before, or another call of it was taken while this one was
            refused, and nothing changes. This is what makes a result count once, however often it arrives.

        Raises:
            ImpossibleTransition: the batch can't get from its state to that one.
            ValueError: the counts are not the batch's rows, or rows are accepted of which no report speaks.
        """
        if sum(closing.counts.values()) != batch.rows or any(count < 0 for count in closing.counts.values()):
            raise ValueError(f"batch {batch.number} has {batch.rows} rows, not {dict(closing.counts)}")
        if closing.state is not BatchState.DONE and closing.counts.get(Outcome.ACCEPTED):
            raise ValueError(f"batch {batch.number} becomes {closing.state}, so none of its rows is accepted")
        now = iso(self._clock())
        moved = {outcome: count for outcome, count in closing.counts.items() if count}
        details = (
            (Batch.outcome_part, closing.outcome_part),
            (Batch.reason_code, closing.reason and closing.reason.code),
            (Batch.reason, closing.reason and closing.reason.message),
        )

        def fill(transaction: TransactWrite) -> None:
            transaction.update(
                Batch(batch.pk, batch.sk),
                actions=[
                    Batch.state.set(closing.state.value),
                    Batch.closed_at.set(now),
                    Batch.updated_at.set(now),
                    Batch.next_poll_at.remove(),
                    *(getattr(Batch, outcome.value).set(count) for outcome, count in moved.items()),
                    *(attribute.set(value) for attribute, value in details if value),
                ],
                condition=Batch.state == closing.state.predecessor.value,
            )
            transaction.update(
                Upload(batch.pk, UPLOAD_SK),
                actions=[
                    Upload.pending.add(-int(batch.rows)),
                    Upload.updated_at.set(now),
                    *(getattr(Upload, outcome.value).add(count) for outcome, count in moved.items()),
                ],
                condition=Upload.pending >= batch.rows,
            )

        try:
            transact(fill)
        except ConditionFailed:
            found = self.get(batch.upload_id, int(batch.number))
            taken = found.batch_state is BatchState.SUBMITTED and closing.state.predecessor is BatchState.PREPARED
            if found.batch_state.is_final or taken:
                return False
            raise ImpossibleTransition(
                f"batch {batch.number} of upload {batch.upload_id} is {found.state}; it can't become {closing.state}"
            ) from None
        return True

    def _expires(self) -> int:
        return int((self._clock() + self._retention).timestamp())
