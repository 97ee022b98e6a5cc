"""A clock that stands still while callers work, and jumps to the next moment when all of them sleep.

Every caller is a real thread that runs the real code, but only one runs at a time, and the order is decided by the
simulated moments alone: the same input gives the same run.
"""

import heapq
import threading
from collections.abc import Callable


class SimulatedTime:
    """Time in microseconds since the start, as an integer: nothing is lost to rounding."""

    def __init__(self, start: int = 1_800_000_000_000_000) -> None:
        self.micros = start
        self._waiting: list[tuple[int, int, threading.Event]] = []
        self._order = 0
        self._idle = threading.Semaphore(0)

    def sleep(self, micros: int) -> None:
        """For a caller: go on when so much time has passed."""
        wake = threading.Event()
        heapq.heappush(self._waiting, (self.micros + max(0, micros), self._order, wake))
        self._order += 1
        self._idle.release()
        if not wake.wait(timeout=60):
            raise TimeoutError("the simulation hangs")

    def run(self, callers: list[tuple[int, Callable[[], None]]]) -> None:
        """Run every caller from its own start on, given in microseconds from now, to its end."""
        failures: list[BaseException] = []

        def live(start: int, caller: Callable[[], None]) -> None:
            try:
                self.sleep(start)
                caller()
            except BaseException as error:
                failures.append(error)
            finally:
                self._idle.release()

        threads = []
        for start, caller in callers:
            threads.append(threading.Thread(target=live, args=(start, caller), daemon=True))
            threads[-1].start()
            self._idle.acquire()
        while self._waiting:
            self.micros, _, wake = heapq.heappop(self._waiting)
            wake.set()
            self._idle.acquire()
        for thread in threads:
            thread.join(timeout=60)
        if failures:
            raise failures[0]
