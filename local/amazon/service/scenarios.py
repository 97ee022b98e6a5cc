"""What the simulator can be made to do: the store of a request's first item chooses. See docs/simulator.md."""

from enum import StrEnum

ORDINARY_STORES = ("store-1", "store-2", "store-3")
"""Stores with nothing special about them."""


class Scenario(StrEnum):
    """A store whose requests take an unusual way."""

    SLOW = "store-slow"
    """The result takes `SLOW_SECONDS`."""
    THROTTLED = "store-throttled"
    """A batch's first five calls answer 429."""
    SERVER_ERROR = "store-server-error"
    """A batch's first two calls answer 500 `Server Error - Retry Recommended`."""
    SERVER_ERROR_FINAL = "store-server-error-final"
    """Every call answers 500 `Server Error - No Retry`."""
    GATEWAY_TIMEOUT = "store-gateway-timeout"
    """A batch's first call is taken, and answers 504: a second call makes a second ingestion."""
    UNREACHABLE = "store-unreachable"
    """Every call answers 504."""
    UNKNOWN_STORE = "store-unknown"
    """Amazon does not know this store."""
    OTHER_RETAILER = "store-of-another-retailer"
    """The store belongs to somebody else."""
    LOST_MESSAGE = "store-lost-message"
    """The ingestion is worked, but no message comes."""
    NEVER_DONE = "store-never-done"
    """The ingestion stays INPROGRESS, and no message comes."""
    DUPLICATE_MESSAGE = "store-duplicate-message"
    """The message comes three times, with the same `MessageId`."""
    EARLY_MESSAGE = "store-early-message"
    """The message comes some seconds before the API's own answer."""
    FORGED_MESSAGE = "store-forged-message"
    """A message with a wrong signature comes before the real one."""
    BARE_LINK = "store-bare-link"
    """The message is the link and nothing else."""
    EXPIRED_LINK = "store-expired-link"
    """The message's link has expired when it arrives; the status operation gives a fresh one."""
    LIST_REPORT = "store-list-report"
    """The report is a plain list of items."""
    PARTIAL_REPORT = "store-partial-report"
    """The report is a list that leaves out the batch's last item."""
    CONTRADICTORY_REPORT = "store-contradictory-report"
    """The report's summary counts more errors than it lists."""
    UNREADABLE_REPORT = "store-unreadable-report"
    """The report is a web page."""
    FATAL = "store-fatal"
    """The ingestion ends FATAL, without a report."""
    CANCELLED = "store-cancelled"
    """The ingestion ends CANCELLED, without a report."""


RETAILER_STORES: tuple[str, ...] = (*ORDINARY_STORES, *(scenario.value for scenario in Scenario))
"""Every store of the retailer: what `allApplicableStores` of the archive operation has to name."""

_BY_STORE: dict[str | None, Scenario] = {scenario.value: scenario for scenario in Scenario}

THROTTLED_CALLS = 5
SERVER_ERRORS = 2
GATEWAY_TIMEOUTS = 1


def scenario_of(store_id: str | None) -> Scenario | None:
    """The scenario that a store stands for, if it does."""
    return _BY_STORE.get(store_id)
