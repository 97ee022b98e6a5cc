"""The source's turn: uploads of one source submit one at a time, in the order in which their files arrived.

Otherwise yesterday's prices could overwrite today's. The queue is a row of `Turn` items, read consistently; the
`Lease` keeps two uploads from going at once, and it has an end, so that a dead one does not block its source for ever.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.tracking.clock import Clock, iso
from chalicelib.tracking.models import LEASE_SK, Lease, Turn, Upload, source_pk, turn_sk
from chalicelib.tracking.transactions import ConditionFailed, retry_conflicts

LONGEST_CALL = timedelta(seconds=150)
"""The time-out of `submit_batch` (120 s) and a margin: an attempt that is older without an end will never have one."""

LEASE = timedelta(hours=12)
"""Longer than any submission: 10,000,000 rows are 1,000 calls, and an outage of Amazon's uses up the retries."""


def new_turn(upload: Upload) -> Turn:
    """The item that queues an upload; it is written together with the upload's claim."""
    return Turn(
        source_pk(upload.source),
        turn_sk(upload.arrived_at, upload.received_at, upload.upload_id),
        upload_id=upload.upload_id,
        expires=upload.expires,
    )


class Turns:
    """The queues of all sources."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def take(self, upload: Upload, stop: Callable[[str], bool]) -> bool:
        """Take the turn of the upload's source, or renew it. False: another upload is before this one.

        Args:
            stop: called with the ID of an upload whose lease has ended, before its turn is given on: it may be slow,
                and not dead. It answers whether a call of that upload may be under way, which is waited for.
        """
        now = self._clock()
        lease = self._lease(upload.source)
        if lease and lease.upload_id != upload.upload_id and lease.until > iso(now):
            return False
        for turn in Turn.query(
            source_pk(upload.source), Turn.sk.startswith("TURN#"), consistent_read=True, page_size=5
        ):
            if turn.upload_id == upload.upload_id:
                return self._take_lease(upload, now)
            if not (lease and lease.upload_id == turn.upload_id):
                return False
            # Its lease has ended (checked above), so it no longer stands in the way, but for a call under way.
            may_be_calling = stop(turn.upload_id)
            retry_conflicts(turn.delete)
            if may_be_calling:
                self._set_end(upload.source, turn.upload_id, now + LONGEST_CALL, Lease.until <= iso(now))
                return False
        return self._take_lease(upload, now)

    def release(self, upload: Upload, *, at: datetime | None = None) -> None:
        """Let the next upload of the source go: now, or `at` a moment to come. Repeating it is harmless."""
        retry_conflicts(new_turn(upload).delete)
        if at is None or at <= self._clock():
            self.give_back(upload)
            return
        self._set_end(upload.source, upload.upload_id, at, Lease.until > iso(at))

    @staticmethod
    def _set_end(source: str, upload_id: str, end: datetime, condition: Condition) -> None:
        held = Lease(source_pk(source), LEASE_SK)
        own = (Lease.upload_id == upload_id) & condition
        try:
            retry_conflicts(lambda: held.update(actions=[Lease.until.set(iso(end))], condition=own))
        except ConditionFailed:
            pass

    def give_back(self, upload: Upload) -> None:
        """End the upload's lease, if it has one; it keeps its place in the queue."""
        held = Lease(source_pk(upload.source), LEASE_SK)
        try:
            retry_conflicts(lambda: held.delete(condition=Lease.upload_id == upload.upload_id))
        except ConditionFailed:
            pass

    def _take_lease(self, upload: Upload, now: datetime) -> bool:
        lease = Lease(
            source_pk(upload.source),
            LEASE_SK,
            upload_id=upload.upload_id,
            until=iso(now + LEASE),
            expires=upload.expires,
        )
        free = Lease.pk.does_not_exist() | (Lease.upload_id == upload.upload_id) | (Lease.until <= iso(now))
        try:
            retry_conflicts(lambda: lease.save(condition=free))
        except ConditionFailed:
            return False
        return True

    @staticmethod
    def _lease(source: str) -> Lease | None:
        try:
            return Lease.get(source_pk(source), LEASE_SK, consistent_read=True)
        except Lease.DoesNotExist:
            return None
