"""The pacer with 50 callers on one table of the emulator: `python -m benchmarks.pacing SECONDS` prints what it gave."""

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from chalicelib.amazon.pacer import Pacer, Wait
from local import emulator

CALLERS = 50
CALLS_PER_SECOND = 10
TABLE = "pacing"
_MICROSECONDS = 1_000_000


class RecordedPacer(Pacer):
    """A pacer that keeps the moments of the turns it gave, in microseconds."""

    def __init__(self, client: Any) -> None:
        super().__init__(client, TABLE, calls_per_second=CALLS_PER_SECOND)
        self.turns: list[int] = []

    def _reserve(self) -> int:
        turn = super()._reserve()
        self.turns.append(turn)
        return turn


def pace(client: Any, seconds: float) -> dict[str, Any]:
    """Let 50 threads call as often as they may. Rate of the turns, and the most turns in any one second."""
    pacer = RecordedPacer(client)
    arrivals: list[float] = []
    waits: list[Wait] = []
    end = time.monotonic() + seconds

    def caller() -> None:
        while time.monotonic() < end:
            try:
                pacer.take_turn()
                arrivals.append(time.time())
            except Wait as wait:
                waits.append(wait)

    threads = [threading.Thread(target=caller) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = sorted(pacer.turns)
    return {
        "turns": len(turns),
        "rate": (len(arrivals) - 1) / (max(arrivals) - min(arrivals)),
        "most_turns_in_a_second": most_in_a_second(turns),
        "waits": len(waits),
    }


def most_in_a_second(turns: list[int]) -> int:
    """The most of these (sorted) moments, in microseconds, in any window of one second, its end not counted."""
    first, most = 0, 0
    for last, turn in enumerate(turns):
        while turn - turns[first] >= _MICROSECONDS:
            first += 1
        most = max(most, last - first + 1)
    return most


def main() -> None:
    with tempfile.TemporaryDirectory() as home, emulator.running(Path(home), auth=False) as aws:
        client = aws.client("dynamodb")
        keys = ("pk", "HASH"), ("sk", "RANGE")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        print(json.dumps(pace(client, float(sys.argv[1]))))


if __name__ == "__main__":
    main()
