from typing import cast

import pytest

from chalicelib.amazon.errors import CatalogApiThrottled, RoleNotAllowed
from chalicelib.amazon.ingestions import IngestionStatus
from chalicelib.amazon.pacer import Pacer, Wait
from chalicelib.telemetry import metrics
from chalicelib.use_cases.refusals import watching_refusals
from tests.unit.use_cases.world import World, row

REFUSED = RoleNotAllowed("The role is not allow-listed.", http_status=403)


@pytest.fixture(autouse=True)
def no_metrics() -> None:
    metrics.provider.metric_set.clear()


def counted() -> bool:
    found = metrics.provider.metric_set
    return "AccessRefused" in found and "CallsRefused" in found


def refuse(_: str) -> IngestionStatus:
    raise REFUSED


def test_a_429_pushes_everybody_back_whatever_was_asked(world: World) -> None:
    world.amazon.access = CatalogApiThrottled("slow down", http_status=429)
    world.run(world.drop(row("A1")).upload_id)
    assert world.pacer.pushed_back > 0


def test_a_429_is_told_even_if_nobody_can_be_pushed_back(world: World) -> None:
    def busy(seconds: float) -> None:
        raise Wait("the table is busy")

    world.pacer.push_back = busy  # type: ignore[method-assign]
    with pytest.raises(CatalogApiThrottled), watching_refusals(cast(Pacer, world.pacer)):
        raise CatalogApiThrottled("slow down", http_status=429)


def test_a_403_is_counted_in_preflight(world: World) -> None:
    world.amazon.access = REFUSED
    world.run(world.drop(row("A1")).upload_id)
    assert counted()


def test_a_403_is_counted_when_a_batch_is_sent(world: World) -> None:
    world.amazon.script = [REFUSED]
    world.run(world.drop(row("A1")).upload_id)
    assert counted()


def test_a_403_is_in_the_log_with_what_was_asked(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.amazon.script = [REFUSED]
    upload_id = world.run(world.drop(row("A1")).upload_id).upload_id
    [line] = [vars(record) for record in caplog.records if record.message == "access refused"]
    assert (line["upload_id"], line["batch"], line["error"]) == (upload_id, 1, "RoleNotAllowed")
    assert line["answer"] == "The role is not allow-listed."


def test_a_403_is_counted_when_a_status_is_asked_for(world: World) -> None:
    world.run(world.drop(row("A1")).upload_id)
    world.amazon.status = refuse  # type: ignore[method-assign]
    world.clock.turn(minutes=21)
    world.reconcile()
    assert counted()


def test_a_403_is_counted_when_a_fresh_link_is_asked_for(world: World) -> None:
    world.run(world.drop(row("A1")).upload_id)
    world.amazon.status = refuse  # type: ignore[method-assign]
    world.amazon.expired.add(world.amazon.link("ing-1"))
    with pytest.raises(RoleNotAllowed):
        world.messages()
    assert counted()
