from chalicelib.tracking.models import Lease, Turn, Upload, source_pk
from chalicelib.tracking.turns import LEASE, LONGEST_CALL, Turns
from chalicelib.tracking.uploads import Uploads
from tests.unit.conftest import TurnedClock
from tests.unit.tracking.conftest import new_upload


def take(turns: Turns, upload: Upload) -> bool:
    return turns.take(upload, lambda upload_id: False)


def test_uploads_of_one_source_go_one_at_a_time_in_order_of_arrival(uploads: Uploads, turns: Turns) -> None:
    later = uploads.claim(new_upload("later", arrived_minute=2))
    earlier = uploads.claim(new_upload("earlier", arrived_minute=1))
    assert not take(turns, later)
    assert take(turns, earlier)
    assert not take(turns, later)
    turns.release(earlier)
    assert take(turns, later)


def test_taking_the_turn_again_is_harmless(uploads: Uploads, turns: Turns) -> None:
    upload = uploads.claim(new_upload())
    assert take(turns, upload)
    assert take(turns, upload)


def test_a_file_that_was_found_late_does_not_go_beside_a_running_one(uploads: Uploads, turns: Turns) -> None:
    running = uploads.claim(new_upload("running", arrived_minute=2))
    assert take(turns, running)
    late = uploads.claim(new_upload("late", arrived_minute=1))
    assert not take(turns, late)
    turns.release(running)
    assert take(turns, late)


def test_sources_do_not_wait_for_each_other(uploads: Uploads, turns: Turns) -> None:
    assert take(turns, uploads.claim(new_upload("a", source="pos")))
    assert take(turns, uploads.claim(new_upload("b", source="erp")))


def test_a_dead_upload_blocks_its_source_until_its_lease_ends(
    uploads: Uploads, turns: Turns, clock: TurnedClock
) -> None:
    dead = uploads.claim(new_upload("dead", arrived_minute=1))
    waiting = uploads.claim(new_upload("waiting", arrived_minute=2))
    assert take(turns, dead)
    assert not take(turns, waiting)
    clock.turn(seconds=LEASE.total_seconds() + 1)
    stopped: list[str] = []

    def stop(upload_id: str) -> bool:
        stopped.append(upload_id)
        return True

    assert not turns.take(waiting, stop)
    assert stopped == ["dead"]
    clock.turn(seconds=LONGEST_CALL.total_seconds() + 1)
    assert take(turns, waiting)
    assert not take(turns, dead)


def test_an_upload_that_gives_its_turn_back_keeps_its_place_in_the_queue(uploads: Uploads, turns: Turns) -> None:
    first = uploads.claim(new_upload("first", arrived_minute=1))
    second = uploads.claim(new_upload("second", arrived_minute=2))
    assert take(turns, first)
    turns.give_back(first)
    assert not take(turns, second)
    assert take(turns, first)


def test_releasing_leaves_nothing_and_can_be_repeated(uploads: Uploads, turns: Turns) -> None:
    upload = uploads.claim(new_upload())
    take(turns, upload)
    turns.release(upload)
    turns.release(upload)
    assert Turn.count(source_pk("pos")) == 0


def test_releasing_a_turn_leaves_the_lease_of_another_alone(uploads: Uploads, turns: Turns) -> None:
    first = uploads.claim(new_upload("first", arrived_minute=1))
    second = uploads.claim(new_upload("second", arrived_minute=2))
    assert take(turns, first)
    turns.release(second)
    assert Lease.get(source_pk("pos"), "LEASE").upload_id == "first"


def test_an_upload_whose_turn_was_given_away_can_queue_up_behind(
    uploads: Uploads, turns: Turns, clock: TurnedClock
) -> None:
    slow = uploads.claim(new_upload("slow", arrived_minute=1))
    assert take(turns, slow)
    clock.turn(seconds=LEASE.total_seconds() + 1)
    other = uploads.claim(new_upload("other", arrived_minute=2))
    assert take(turns, other)
    turns.release(other)
    assert take(turns, slow)
