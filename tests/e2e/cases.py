"""Files that are dropped, and how their uploads have to end. All of them are under way at once: see `test_cases.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.tracking.outcomes import Outcome
from chalicelib.tracking.states import BatchState, UploadState
from local.amazon.service.scenarios import Scenario
from tests.e2e.catalogs import as_array, as_lines, as_wrapped, item, items, zipped

DONE, FAILED, INVALID = UploadState.COMPLETED, UploadState.FAILED, UploadState.INVALID
WITH_ERRORS = UploadState.COMPLETED_WITH_ERRORS


@dataclass(frozen=True, kw_only=True)
class Case:
    """One file. `batches`: the state of each batch. `reason`: a part of the upload's reason, or of a batch's."""

    body: bytes
    name: str = "catalog.json"
    state: UploadState
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    batches: tuple[BatchState, ...] = ()
    reason: str | None = None
    attempts: int | None = None
    reconciled: bool = False
    """Whether it ends only once `reconcile` has looked after it."""


def accepted(count: int, **other: int) -> dict[Outcome, int]:
    """Expected outcomes; those not named are 0."""
    return {Outcome.ACCEPTED: count, **{Outcome(name): number for name, number in other.items()}}


def scenario(store: Scenario, state: UploadState, batch: BatchState, good: int, bad: int, **more: object) -> Case:
    """One batch of three items for a store of the simulator's: Amazon fails the first one."""
    rows = [item(f"{store}-{end}", store) for end in ("97", "2", "3")]
    expected = accepted(good, failed=bad)
    return Case(body=as_array(rows), state=state, batches=(batch,), outcomes=expected, **more)  # type: ignore[arg-type]


def usual(store: Scenario, **more: object) -> Case:
    """A scenario that changes nothing in how the upload ends."""
    return scenario(store, WITH_ERRORS, BatchState.DONE, 2, 1, **more)


def lost(store: Scenario, batch: BatchState, reason: str, **more: object) -> Case:
    """A scenario in which no row is confirmed."""
    return scenario(store, FAILED, batch, 0, 3, reason=reason, **more)


SCENARIOS: dict[str, Case] = {
    Scenario.SLOW: usual(Scenario.SLOW),
    Scenario.THROTTLED: usual(Scenario.THROTTLED, attempts=6),
    Scenario.SERVER_ERROR: usual(Scenario.SERVER_ERROR, attempts=3),
    Scenario.SERVER_ERROR_FINAL: lost(
        Scenario.SERVER_ERROR_FINAL, BatchState.REFUSED, "Server Error - No Retry", attempts=1
    ),
    Scenario.GATEWAY_TIMEOUT: usual(Scenario.GATEWAY_TIMEOUT, attempts=2),
    Scenario.UNREACHABLE: lost(
        Scenario.UNREACHABLE, BatchState.UNKNOWN, "Amazon may have taken this batch", attempts=9
    ),
    Scenario.UNKNOWN_STORE: lost(
        Scenario.UNKNOWN_STORE,
        BatchState.REFUSED,
        "One or more StoreID's present in the request is incorrect",
        attempts=1,
    ),
    Scenario.OTHER_RETAILER: lost(
        Scenario.OTHER_RETAILER, BatchState.REFUSED, "incorrect/not associated with same retailer", attempts=1
    ),
    Scenario.LOST_MESSAGE: usual(Scenario.LOST_MESSAGE, reconciled=True),
    Scenario.DUPLICATE_MESSAGE: usual(Scenario.DUPLICATE_MESSAGE),
    Scenario.EARLY_MESSAGE: usual(Scenario.EARLY_MESSAGE),
    Scenario.FORGED_MESSAGE: usual(Scenario.FORGED_MESSAGE),
    Scenario.BARE_LINK: usual(Scenario.BARE_LINK),
    Scenario.EXPIRED_LINK: usual(Scenario.EXPIRED_LINK),
    Scenario.LIST_REPORT: usual(Scenario.LIST_REPORT),
    Scenario.PARTIAL_REPORT: scenario(Scenario.PARTIAL_REPORT, WITH_ERRORS, BatchState.DONE, 1, 2),
    Scenario.CONTRADICTORY_REPORT: lost(Scenario.CONTRADICTORY_REPORT, BatchState.UNREADABLE, "report"),
    Scenario.UNREADABLE_REPORT: lost(Scenario.UNREADABLE_REPORT, BatchState.UNREADABLE, "report"),
    Scenario.FATAL: lost(Scenario.FATAL, BatchState.FATAL, "FATAL"),
    Scenario.CANCELLED: lost(Scenario.CANCELLED, BatchState.CANCELLED, "cancelled"),
}


def good_file(body: bytes, name: str, rows: int = 4) -> Case:
    """A file all of whose rows are accepted."""
    return Case(body=body, name=name, state=DONE, outcomes=accepted(rows), batches=(BatchState.DONE,))


FORMATS: dict[str, Case] = {
    "array": good_file(as_array(items(4, "array")), "catalog.json"),
    "wrapped": good_file(as_wrapped(items(4, "wrapped")), "catalog.json"),
    "lines": good_file(as_lines(items(4, "lines")), "catalog.jsonl"),
    "lines-with-blank-ones": good_file(as_lines(items(4, "blank")).replace(b"\n", b"\n\n"), "catalog.jsonl"),
    "array-gzip": good_file(zipped(as_array(items(4, "array-gzip"))), "catalog.json.gz"),
    "lines-gzip": good_file(zipped(as_lines(items(4, "lines-gzip"))), "catalog.jsonl.gz"),
    "byte-order-mark": good_file(b"\xef\xbb\xbf" + as_array(items(4, "bom")), "catalog.json"),
    "numbers-as-numbers": good_file(
        as_array([item(f"numbers-{n}", standard_price=9.99) for n in range(4)]), "catalog.json"
    ),
    "strange name": good_file(as_array(items(4, "name")), "Käse & Brot +100%.json"),
}


def invalid(body: bytes, reason: str, **more: object) -> Case:
    """A file that is wrong as a whole."""
    return Case(body=body, state=INVALID, reason=reason, **more)  # type: ignore[arg-type]


BAD_FILES: dict[str, Case] = {
    "empty": invalid(b"", "empty"),
    "no-rows": invalid(b"[]", "no row"),
    "not-utf-8": invalid(as_array(items(2, "latin")).replace(b"Product", b"Pr\xf6duct"), "UTF-8"),
    "broken-array": invalid(as_array(items(3, "broken"))[:-20], "byte", outcomes={Outcome.NOT_SENT: 2}),
    "gzip-breaks-off": invalid(
        zipped(as_array(items(3, "gzip")))[:-8], "gzip", name="catalog.json.gz", outcomes={Outcome.NOT_SENT: 3}
    ),
    "nesting-bomb": invalid(b"[" * 100_000, "nest"),
    "too-many-rejected": invalid(
        as_array([*items(1, "many"), 1, 2, 3]), "75", outcomes={Outcome.NOT_SENT: 1, Outcome.REJECTED: 3}
    ),
    "a-row-that-is-a-number": Case(
        body=as_array([*items(3, "number"), 17]),
        state=WITH_ERRORS,
        outcomes=accepted(3, rejected=1),
        batches=(BatchState.DONE,),
    ),
    "a-broken-line": Case(
        body=as_lines(items(3, "line")) + b'{"item_sku": "x\n',
        name="catalog.jsonl",
        state=WITH_ERRORS,
        outcomes=accepted(3, rejected=1),
        batches=(BatchState.DONE,),
    ),
    "a-50-mb-text": invalid(
        as_array([*items(3, "huge"), {**item("huge-4"), "item_name": "x" * 50_000_000}]),
        "no further row has ended",
        outcomes={Outcome.NOT_SENT: 3},
    ),
}

CASES: dict[str, Case] = {**SCENARIOS, **FORMATS, **BAD_FILES}
