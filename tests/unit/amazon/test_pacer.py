"""Turns: never more than allowed in any second, and everyone who keeps asking gets one."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.amazon.pacer import PACER_KEY, Pacer, Wait
from tests.unit.amazon.pacer_table import PacerTable
from tests.unit.amazon.simulated_time import SimulatedTime

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECOND = 1_000_000
START = 1_800_000_000.0


class Clock:
    """For one caller: time passes only by its sleeping."""

    def __init__(self) -> None:
        self.seconds = START
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def pacer_of(table: object, clock: Clock, **arguments: float) -> Pacer:
    return Pacer(table, "table", now=clock.now, sleep=clock.sleep, **arguments)  # type: ignore[arg-type]


def most_in_a_second(moments: list[int]) -> int:
    """The largest number of moments in any half-open second; such a second can be taken to begin at a moment."""
    ordered = sorted(moments)
    most, first = 0, 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= SECOND:
            first += 1
        most = max(most, last - first + 1)
    return most


def test_the_first_caller_of_all_gets_a_turn_at_once() -> None:
    table, clock = PacerTable(), Clock()
    pacer_of(table, clock).take_turn()
    assert clock.slept == []
    assert table.tat == int((START + 0.1) * SECOND)


def test_callers_at_the_same_moment_go_one_interval_apart() -> None:
    table, clock = PacerTable(), Clock()
    pacer = pacer_of(table, clock)
    waits = []
    for _ in range(5):
        clock.seconds, clock.slept = START, []
        pacer.take_turn()
        waits.append(round(sum(clock.slept), 6))
    assert waits == [0, 0.1, 0.2, 0.3, 0.4]


def test_an_idle_time_saves_no_turns_up() -> None:
    table, clock = PacerTable(), Clock()
    pacer = pacer_of(table, clock)
    pacer.take_turn()
    clock.seconds = START + 3600
    pacer.take_turn()
    assert clock.slept == []
    pacer.take_turn()
    assert clock.slept == [pytest.approx(0.1)]


def test_a_full_queue_says_wait_at_once_and_reserves_nothing() -> None:
    table, clock = PacerTable(), Clock()
    table.tat = int((START + 20.000001) * SECOND)
    before = table.tat
    with pytest.raises(Wait, match="within 20 seconds"):
        pacer_of(table, clock).take_turn()
    assert table.tat == before
    assert table.calls == 1
    assert clock.slept == []


def test_a_turn_at_the_very_end_of_the_patience_is_taken() -> None:
    table, clock = PacerTable(), Clock()
    table.tat = int((START + 20) * SECOND)
    pacer_of(table, clock).take_turn()
    assert clock.slept == [pytest.approx(20.0)]


def test_nobody_goes_on_a_microsecond_too_early() -> None:
    table, clock = PacerTable(), Clock()
    table.tat = int(START * SECOND) + 1
    pacer_of(table, clock).take_turn()
    assert clock.slept == [pytest.approx(1e-6)]


def test_a_sleep_that_ends_early_is_slept_on() -> None:
    table, clock = PacerTable(), Clock()
    table.tat = int((START + 1) * SECOND)

    def doze(seconds: float) -> None:
        clock.sleep(seconds * 0.6 if len(clock.slept) < 3 else seconds)

    Pacer(table, "table", now=clock.now, sleep=doze).take_turn()  # type: ignore[arg-type]
    assert clock.seconds == pytest.approx(START + 1, abs=1e-6)
    assert len(clock.slept) == 4


def test_a_caller_that_dies_after_its_reservation_costs_one_turn() -> None:
    table, clock = PacerTable(), Clock()
    pacer = pacer_of(table, clock)

    def die(seconds: float) -> None:
        raise MemoryError

    pacer.take_turn()
    clock.seconds = START
    with pytest.raises(MemoryError):
        Pacer(table, "table", now=clock.now, sleep=die).take_turn()  # type: ignore[arg-type]
    pacer.take_turn()
    assert clock.seconds == pytest.approx(START + 0.2)


def test_after_a_429_nobody_gets_a_turn_for_a_while() -> None:
    table, clock = PacerTable(), Clock()
    pacer = pacer_of(table, clock)
    pacer.push_back(2.0)
    pacer.take_turn()
    assert clock.slept == [pytest.approx(2.0)]


def test_pushing_back_twice_adds_nothing_and_never_pulls_forward() -> None:
    table, clock = PacerTable(), Clock()
    pacer = pacer_of(table, clock)
    pacer.push_back(2.0)
    before = table.tat
    pacer.push_back(2.0)
    pacer.push_back(0.5)
    assert table.tat == before


@pytest.mark.parametrize("calls_per_second", [0.5, 3, 7, 9.9, 10, 1000])
def test_the_interval_is_never_shorter_than_the_limit_asks(calls_per_second: float) -> None:
    table, clock = PacerTable(), Clock()
    pacer_of(table, clock, calls_per_second=calls_per_second).take_turn()
    assert ((table.tat or 0) - int(START * SECOND)) * calls_per_second >= SECOND


@pytest.mark.parametrize("calls_per_second", [0, -1, float("nan")])
def test_a_limit_that_allows_nothing_is_refused(calls_per_second: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        pacer_of(PacerTable(), Clock(), calls_per_second=calls_per_second)


def broken(error: Exception) -> Pacer:
    class Broken:
        def update_item(self, **request: object) -> None:
            raise error

    return pacer_of(Broken(), Clock())


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_what_waiting_does_not_mend_passes_as_it_is(code: str) -> None:
    error = ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "UpdateItem")  # type: ignore[typeddict-item]
    with pytest.raises(ClientError, match=code):
        broken(error).take_turn()


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "503"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "UpdateItem"),  # type: ignore[typeddict-item]
        ReadTimeoutError(endpoint_url="https://dynamodb"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
        EndpointConnectionError(endpoint_url="https://dynamodb"),
    ],
)
def test_a_table_that_gives_no_answer_is_waited_for(error: Exception) -> None:
    with pytest.raises(Wait, match="Nothing was sent") as raised:
        broken(error).take_turn()
    assert raised.value.__cause__ is error


def test_who_loses_every_race_gives_up_when_the_patience_is_over() -> None:
    clock = Clock()

    def lose() -> None:
        """Others are always quicker: whichever update is on its way, its condition has just ceased to hold."""
        clock.seconds += 0.5
        now = int(clock.seconds * SECOND)
        table.tat = now - 10 * SECOND if table.calls % 2 == 0 else now + SECOND

    table = PacerTable(before=lose)
    with pytest.raises(Wait):
        pacer_of(table, clock).take_turn()
    assert START + 20 <= clock.seconds <= START + 22


class Simulation:
    """Many callers at one table: each has a clock that is wrong by some milliseconds, and requests take their time."""

    def __init__(self, latencies: list[int], *, patience: float, calls_per_second: float = 10.0) -> None:
        self.time = SimulatedTime()
        self.latencies = latencies
        self.patience = patience
        self.calls_per_second = calls_per_second
        self.table = PacerTable(before=self.lag, after=self.lag)
        self.turns: list[int] = []
        """When each turn is, as it was reserved."""
        self.too_early: list[int] = []
        """By how much a caller went on before its turn, by its own clock."""
        self.waits = 0
        self._lag = 0

    def lag(self) -> None:
        self._lag += 1
        self.time.sleep(self.latencies[self._lag % len(self.latencies)])

    def caller(self, skew: int, calls: int, pause: int) -> Callable[[], None]:
        def live() -> None:
            pacer = Pacer(
                self.table,  # type: ignore[arg-type]
                "table",
                calls_per_second=self.calls_per_second,
                patience_seconds=self.patience,
                now=lambda: (self.time.micros + skew) / SECOND,
                sleep=lambda seconds: self.time.sleep(max(1, round(seconds * SECOND))),
            )
            reserve, mine = pacer._reserve, []

            def remember() -> int:
                mine.append(reserve())
                self.turns.append(mine[-1])
                return mine[-1]

            pacer._reserve = remember  # type: ignore[method-assign]
            for _ in range(calls):
                while True:
                    try:
                        pacer.take_turn()
                        break
                    except Wait:
                        self.waits += 1
                        self.time.sleep(pause)
                if (early := mine[-1] - (self.time.micros + skew)) > 0:
                    self.too_early.append(early)

        return live


callers = st.lists(
    st.tuples(
        st.integers(0, 3 * SECOND),  # start
        st.integers(-8_000, 8_000),  # how wrong its clock is
        st.integers(1, 4),  # calls
        st.integers(20_000, 2 * SECOND),  # pause after a Wait
    ),
    min_size=1,
    max_size=30,
)
latencies = st.lists(st.integers(200, 40_000), min_size=1, max_size=20)


@settings(max_examples=60, deadline=None)
@given(callers=callers, latencies=latencies, patience=st.sampled_from([0.0, 0.3, 1.0, 20.0]))
def test_no_second_has_more_turns_than_allowed_and_everyone_gets_theirs(
    callers: list[tuple[int, int, int, int]], latencies: list[int], patience: float
) -> None:
    simulation = Simulation(latencies, patience=patience)
    simulation.time.run([(start, simulation.caller(skew, calls, pause)) for start, skew, calls, pause in callers])
    assert len(simulation.turns) == sum(calls for _, _, calls, _ in callers)
    assert most_in_a_second(simulation.turns) <= 10
    assert all(later - sooner >= SECOND // 10 for sooner, later in pairwise(sorted(simulation.turns)))
    assert not simulation.too_early


def test_fifty_callers_keep_the_limit_busy_without_ever_exceeding_it() -> None:
    simulation = Simulation([3_000, 5_000, 9_000, 4_000, 15_000], patience=20.0)
    simulation.time.run([(number * 1_000, simulation.caller(number % 7 - 3, 8, SECOND)) for number in range(50)])
    turns = sorted(simulation.turns)
    assert len(turns) == 400
    assert most_in_a_second(turns) == 10
    # 399 intervals of a tenth of a second; a late wake-up delays a caller, not the queue.
    assert (turns[-1] - turns[0]) / SECOND == pytest.approx(39.9, rel=0.01)


def test_more_callers_than_the_patience_holds_wait_and_come_back() -> None:
    simulation = Simulation([5_000], patience=1.0)
    simulation.time.run([(0, simulation.caller(0, 1, 700_000)) for _ in range(60)])
    assert simulation.waits > 0
    assert len(simulation.turns) == 60
    assert most_in_a_second(simulation.turns) <= 10


@pytest.fixture
def dynamodb(aws: None) -> "DynamoDBClient":
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return client


def test_the_expressions_mean_to_dynamodb_what_they_mean_to_the_tests(dynamodb: "DynamoDBClient") -> None:
    clock, twin, twin_clock = Clock(), PacerTable(), Clock()
    real, fake = pacer_of(dynamodb, clock), pacer_of(twin, twin_clock)

    def same_now() -> None:
        item = dynamodb.get_item(TableName="table", Key={"pk": {"S": PACER_KEY}, "sk": {"S": PACER_KEY}})["Item"]
        assert int(item["tat"]["N"]) == twin.tat
        assert clock.slept == twin_clock.slept

    for moment, act in [
        (0.0, Pacer.take_turn),
        (0.0, Pacer.take_turn),
        (0.05, Pacer.take_turn),
        (9.0, Pacer.take_turn),
        (9.0, lambda pacer: pacer.push_back(1.5)),
        (9.1, lambda pacer: pacer.push_back(0.1)),
        (9.1, Pacer.take_turn),
    ]:
        clock.seconds = twin_clock.seconds = START + moment
        act(real)
        act(fake)
        same_now()


def test_a_full_queue_in_dynamodb_says_wait(dynamodb: "DynamoDBClient") -> None:
    clock = Clock()
    pacer = pacer_of(dynamodb, clock, patience_seconds=0.2)
    for _ in range(3):
        clock.seconds = START
        pacer.take_turn()
    clock.seconds = START
    with pytest.raises(Wait):
        pacer.take_turn()
