"""Nothing lost, nothing twice, under any fault: the whole way of an upload, killed at any call of AWS, in any order.

A plan says before or behind which calls of AWS the running function is killed. What a Lambda, SQS or the state machine
would do again is done again; in the end the law must hold, with nothing pending, and every row in one outcome file.
"""

import random
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.amazon.errors import CatalogApiError, CatalogApiOutcomeUnknown, CatalogApiThrottled, UnknownStore
from chalicelib.tracking.models import Upload
from chalicelib.tracking.states import UploadState
from chalicelib.use_cases.close import SubmissionInFlight, close_submission
from chalicelib.use_cases.submit import submit_batch
from tests.unit.use_cases.world import World, row

TRIES = 40


class Killed(BaseException):
    """The function's process is gone."""


class Killer:
    """Kills the running step before or behind those calls of AWS whose numbers are in the plan."""

    def __init__(self) -> None:
        self.plan: dict[int, str] = {}
        self.number = 0
        self.depth = 0
        self._really_call = BaseClient._make_api_call

    def call(self, client: Any, operation: str, parameters: Any) -> Any:
        if not self.depth:
            return self._really_call(client, operation, parameters)
        self.number += 1
        when = self.plan.get(self.number)
        if when == "before":
            raise Killed
        answer = self._really_call(client, operation, parameters)
        if when == "behind":
            raise Killed
        return answer

    def until_done(self, step: Callable[[], object]) -> None:
        """Do a step again while it is killed, or while what it raises may be tried again."""
        for _ in range(TRIES):
            self.depth += 1
            try:
                step()
            except Killed:
                continue
            except CatalogApiError as error:
                if not error.again:
                    raise
            else:
                return
            finally:
                self.depth -= 1
        raise AssertionError("the step never came to its end")


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    killer = Killer()
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *call: killer.call(*call))
    return killer


def carry_through(world: World, killer: Killer, upload_id: str, order: random.Random) -> None:
    """Every step, by whoever calls it, with messages in any order, early, late or twice."""

    def close() -> None:
        try:
            close_submission(world.close, upload_id)
        except SubmissionInFlight:
            world.clock.turn(minutes=5)
            close_submission(world.close, upload_id)

    killer.until_done(lambda: world.prepare(upload_id))
    killer.until_done(lambda: world.record(upload_id))
    world.check(upload_id)
    numbers = list(range(1, int(world.uploads.get(upload_id).batches) + 1))
    order.shuffle(numbers)
    for number in numbers:
        killer.until_done(lambda number=number: submit_batch(world.submit, upload_id, number))
        world.check(upload_id)
        deliver(world, killer, order, share=0.4)
    killer.until_done(close)
    world.check(upload_id)
    world.step_functions.executions[upload_id] = "SUCCEEDED"
    deliver(world, killer, order, share=0.7)
    for _ in range(3):
        world.clock.turn(hours=5)
        killer.until_done(world.reconcile)
        world.check(upload_id)
    deliver(world, killer, order, share=1.0)


def deliver(world: World, killer: Killer, order: random.Random, share: float) -> None:
    """Deliver some of the messages, some of them twice."""
    messages = [name for name in world.amazon.ingestions for _ in range(2) if order.random() < share]
    order.shuffle(messages)
    for ingestion_id in messages:
        killer.until_done(lambda ingestion_id=ingestion_id: world.message(ingestion_id))


ROWS = st.lists(st.sampled_from(["good", "good", "good", "bad at Amazon", "rejected"]), min_size=1, max_size=10)
REFUSALS = st.sampled_from([None, None, CatalogApiThrottled, CatalogApiOutcomeUnknown, UnknownStore])
# Calls are numbered over the whole run: a call that is repeated after a kill has a number of its own.
PLANS = st.dictionaries(st.integers(1, 140), st.sampled_from(["before", "behind"]), max_size=12)


@given(kinds=ROWS, plan=PLANS, refusals=st.lists(REFUSALS, max_size=4), seed=st.integers(0, 999), early=st.booleans())
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # an example takes a second: shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_row_ends_in_one_outcome_whatever_is_killed_repeated_or_reordered(
    world: World, killer: Killer, kinds: list[str], plan: dict[int, str], refusals: list[Any], seed: int, early: bool
) -> None:
    fresh = World(world.clock)
    fresh.limits = type(fresh.limits)(max_batch_items=3, max_rejected_ratio=1.0)
    fresh.amazon.name = uuid.uuid4().hex
    fresh.amazon.script = [kind("refused", http_status=400) if kind else None for kind in refusals]
    rows = [
        row(f"{'BAD' if kind == 'bad at Amazon' else 'A'}{n}", store_id="" if kind == "rejected" else "s1")
        for n, kind in enumerate(kinds)
    ]
    upload = fresh.drop(*rows, key=f"inbox/source-{seed}/prices.jsonl")
    if early:
        fresh.amazon.before_answer = lambda ingestion_id: killer.until_done(lambda: fresh.message(ingestion_id))

    killer.plan, killer.number = plan, 0
    carry_through(fresh, killer, upload.upload_id, random.Random(seed))

    upload = fresh.check(upload.upload_id)
    assert upload.upload_state.is_final
    assert upload.rows_read == len(rows)
    assert upload.rejected == kinds.count("rejected")
    assert not upload.open
    if upload.upload_state is not UploadState.INVALID:
        check_against_amazon(fresh, [each["item_sku"] for each in rows], check_outcome_files(fresh, upload))


def check_outcome_files(world: World, upload: Upload) -> set[str]:
    """A row that was not accepted stands in exactly one file, once per reason. Gives back their numbers."""
    counts = {"rejected": upload.rejected, "failed": upload.failed}
    if upload.not_sent:
        counts["not_sent"] = upload.not_sent
    files = {name: [line["row"] for line in world.outcome_rows(upload.upload_id, f"{name}.csv")] for name in counts}
    for name, count in counts.items():
        assert len(set(files[name])) == count
    for name in counts.keys() - {"rejected"}:
        assert len(files[name]) == len(set(files[name]))
    named = [number for rows in files.values() for number in set(rows)]
    assert len(named) == len(set(named))
    return set(named)


def check_against_amazon(world: World, skus: list[str], not_accepted: set[str]) -> None:
    """What we call accepted, Amazon has taken, and has not failed."""
    taken = {sku for skus in world.amazon.ingestions.values() for sku in skus}
    for number, sku in enumerate(skus, 1):
        if str(number) not in not_accepted:
            assert sku in taken
            assert not sku.startswith("BAD")


def test_a_plan_really_kills(world: World, killer: Killer) -> None:
    tries: list[int] = []

    def step() -> None:
        tries.append(killer.number)
        world.data.write(f"try-{len(tries)}", b"x")

    killer.plan = {1: "before", 2: "behind"}
    killer.until_done(step)
    assert tries == [0, 1, 2]
    assert list(world.data.keys("try-")) == ["try-2", "try-3"]


def test_prepare_killed_at_any_call_and_run_again_writes_the_same_bytes_and_leaves_nothing_over(
    world: World, killer: Killer
) -> None:
    upload = world.drop(*(row(f"A{n}") for n in range(7)), row("A9", store_id=""))
    prefix = f"uploads/{upload.upload_id}/"

    def written() -> dict[str, bytes]:
        return {key: world.data.read(key) for key in world.data.keys(prefix)}

    killer.until_done(lambda: world.prepare(upload.upload_id))
    expected, calls = written(), killer.number
    assert len(expected) == 3 * 2 + 3
    for number in range(1, calls + 1):
        for when in ("before", "behind"):
            world.data.delete(list(world.data.keys(prefix)))
            killer.plan, killer.number = {number: when}, 0
            killer.until_done(lambda: world.prepare(upload.upload_id))
            assert written() == expected, f"killed {when} call {number}"
