from chalicelib.tracking.models import Lease, Turn, source_pk
from chalicelib.tracking.turns import LEASE, Turns
from chalicelib.tracking.uploads import Uploads
from tests.unit.conftest import TurnedClock
from tests.unit.tracking.conftest import new_upload


def test_uploads_of_one_source_go_one_at_a_time_in_order_of_arrival(uploads: Uploads, turns: Turns) -> None:
    later = uploads.claim(new_upload("later", arrived_minute=2))
    earlier = uploads.claim(new_upload("earlier", arrived_minute=1))
    assert not turns.take(later)
    assert turns.take(earlier)
    assert not turns.take(later)
    turns.release(earlier)
    assert turns.take(later)


def test_taking_the_turn_again_is_harmless(uploads: Uploads, turns: Turns) -> None:
    upload = uploads.claim(new_upload())
    assert turns.take(upload)
    assert turns.take(upload)


def test_a_file_that_was_found_late_does_not_go_beside_a_running_one(uploads: Uploads, turns: Turns) -> None:
    running = uploads.claim(new_upload("running", arrived_minute=2))
    assert turns.take(running)
    late = uploads.claim(new_upload("late", arrived_minute=1))
    assert not turns.take(late)
    turns.release(running)
    assert turns.take(late)


def test_sources_do_not_wait_for_each_other(uploads: Uploads, turns: Turns) -> None:
    assert turns.take(uploads.claim(new_upload("a", source="pos")))
    assert turns.take(uploads.claim(new_upload("b", source="erp")))


def test_a_dead_upload_blocks_its_source_until_its_lease_ends(
    uploads: Uploads, turns: Turns, clock: TurnedClock
) -> None:
    dead = uploads.claim(new_upload("dead", arrived_minute=1))
    waiting = uploads.claim(new_upload("waiting", arrived_minute=2))
    assert turns.take(dead)
    assert not turns.take(waiting)
    clock.turn(seconds=LEASE.total_seconds() + 1)
    assert turns.take(waiting)
    assert not turns.take(dead)


def test_releasing_leaves_nothing_and_can_be_repeated(uploads: Uploads, turns: Turns) -> None:
    upload = uploads.claim(new_upload())
    turns.take(upload)
    turns.release(upload)
    turns.release(upload)
    assert Turn.count(source_pk("pos")) == 0


def test_releasing_a_turn_leaves_the_lease_of_another_alone(uploads: Uploads, turns: Turns) -> None:
    first = uploads.claim(new_upload("first", arrived_minute=1))
    second = uploads.claim(new_upload("second", arrived_minute=2))
    assert turns.take(first)
    turns.release(second)
    assert Lease.get(source_pk("pos"), "LEASE").upload_id == "first"


def test_an_upload_whose_turn_was_given_away_can_queue_up_behind(
    uploads: Uploads, turns: Turns, clock: TurnedClock
) -> None:
    slow = uploads.claim(new_upload("slow", arrived_minute=1))
    assert turns.take(slow)
    clock.turn(seconds=LEASE.total_seconds() + 1)
    other = uploads.claim(new_upload("other", arrived_minute=2))
    assert turns.take(other)
    turns.release(other)
    assert turns.take(slow)
