"""Amazon's report of an ingestion: reading it, and joining its issues to the rows of the batch. Pure.

Its shape is not published. Two are read: the SP-API feed report (the declared assumption), where an item with no ERROR
issue was accepted, and a plain list of items. Anything else is an UnreadableReport; the report is kept as it came.
Getting the report is downloads.py's.
"""

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from chalicelib.amazon.ingestions import ingestion_id_of

MAX_REPORT_BYTES = 64 * 1024 * 1024
"""Of the report, unpacked: ten issues of 500 bytes for each of 10,000 items are about 50 MB."""

SUCCESS_STATUSES = frozenset(
    {
        "SUCCESS",
        "SUCCEEDED",
        "SUCCESSFUL",
        "SUCCESS_WITH_WARNINGS",
        "ACCEPTED",
        "ACCEPTED_WITH_WARNINGS",
        "OK",
        "DONE",
        "COMPLETE",
        "COMPLETED",
        "VALID",
        "CREATED",
        "UPDATED",
        "ARCHIVED",
    }
)
"""Words for 'this item was accepted' in a list of items, in any case; no word is published."""

HARMLESS_SEVERITIES = frozenset({"WARNING", "WARN", "INFO", "INFORMATION"})
"""Severities that fail no item. Any other one, a missing one too, counts as ERROR: acceptance needs a confirmation."""

NOT_IN_REPORT = "not_in_report"
NOT_CONFIRMED = "not_confirmed"

MAX_ISSUES_OF_A_ROW = 100

_LISTS = ("results", "items", "itemResults")
_TEXT_LENGTH = 1000

_Name = tuple[str, str | None]
"""What a report calls an item by: a SKU, and a store or none."""


class UnreadableReport(Exception):
    """The report is not one we can read; it is kept as it came."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """In words, without item data."""


@dataclass(frozen=True)
class ReportIssue:
    """Why Amazon did not take an item."""

    code: str
    message: str
    field: str | None


@dataclass(frozen=True)
class Finding:
    """What a report says about one SKU, or about one SKU in one store."""

    sku: str | None
    """None: an ERROR issue that names no item."""
    store_id: str | None
    issues: tuple[ReportIssue, ...]
    """None at all: accepted."""


@dataclass(frozen=True)
class Summary:
    """The counts of an SP-API report, as far as it gives them."""

    errors: int | None = None
    accepted: int | None = None
    invalid: int | None = None
    processed: int | None = None


@dataclass(frozen=True)
class Report:
    """A report that could be read."""

    findings: tuple[Finding, ...]
    names_every_item: bool
    """Whether an item that is left out has failed (a list of items), or was accepted (an SP-API report)."""
    summary: Summary
    ingestion_id: str | None
    """From the header, if it is there."""


def read_report(data: BinaryIO, *, max_bytes: int = MAX_REPORT_BYTES) -> Report:
    """Read a report, plain or gzip.

    Args:
        data: a stream.
        max_bytes: of the report, unpacked.

    Raises:
        UnreadableReport: it has none of the shapes above, or is larger.
    """
    try:
        value = orjson.loads(_unpacked(data, max_bytes).removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise UnreadableReport(f"the report is not JSON: {error.msg} at line {error.lineno}") from None
    if isinstance(value, list):
        return Report(_findings_of_items(value), True, Summary(), None)
    if not isinstance(value, dict):
        raise UnreadableReport("the report is JSON, but neither an object nor a list")
    header = value.get("header")
    named = {**value, **header} if isinstance(header, dict) else value
    ingestion_id = ingestion_id_of(named.get("ingestionId")) or ingestion_id_of(named.get("feedId"))
    for name in _LISTS:
        if isinstance(value.get(name), list):
            return Report(_findings_of_items(value[name]), True, Summary(), ingestion_id)
    summary = _summary(value.get("summary"))
    if isinstance(value.get("issues"), list) or ("issues" not in value and summary != Summary()):
        return Report(_findings_of_issues(value.get("issues")), False, summary, ingestion_id)
    keys = ", ".join(repr(key[:40]) for key in list(value)[:10]) or "none"
    raise UnreadableReport(f"the report is an object with neither issues nor a list of items (its keys: {keys})")


def join_report(report: Report, items: Sequence[tuple[int, str, str | None]]) -> dict[int, list[ReportIssue]]:
    """The rows of a batch that failed, with their reasons; a row that is not in the answer was accepted.

    An ERROR issue fails every item that it may mean: with a SKU only, every row of that SKU; without a SKU, every row.

    Args:
        report: the report of that batch.
        items: row, SKU and store of every item of the batch; archive has no stores (None).

    Raises:
        UnreadableReport: the report contradicts itself, or fails an item that is not in the batch: it is not known
            then which item failed, and none may be taken for accepted.
    """
    has_stores = all(store_id is not None for _, _, store_id in items)
    indexes = _indexes(items)
    failed: dict[int, dict[ReportIssue, None]] = {}
    confirmed: set[int] = set()
    for name, issues in _issues_by_name(report.findings, has_stores=has_stores).items():
        meant = range(len(items)) if name is None else indexes.get(name, ())
        if not meant and not report.names_every_item:
            raise UnreadableReport("the report contradicts the batch: it has an error for an item that was not sent")
        confirmed.update(meant)
        for index in meant if issues else ():
            failed.setdefault(index, {}).update(issues)
    if report.names_every_item:
        missing = {
            ReportIssue(NOT_IN_REPORT, "Amazon's report does not name this item. Upload this row again.", None): None
        }
        failed |= {index: missing for index in range(len(items)) if index not in confirmed}
    else:
        _check_summary(report, sent=len(items), failed=len(failed), has_stores=has_stores)
    rows: dict[int, dict[ReportIssue, None]] = defaultdict(dict)
    for index in sorted(failed):
        # A row that was sent to several stores may be told the same for each of them.
        rows[items[index][0]].update(failed[index])
    return {row: list(issues)[:MAX_ISSUES_OF_A_ROW] for row, issues in rows.items()}


def _indexes(items: Sequence[tuple[int, str, str | None]]) -> dict[_Name, list[int]]:
    """Indexes of the items that a name may mean."""
    indexes: dict[_Name, list[int]] = defaultdict(list)
    for index, (_, sku, store_id) in enumerate(items):
        indexes[sku, None].append(index)
        if store_id is not None:
            indexes[sku, store_id].append(index)
    return indexes


def _issues_by_name(findings: tuple[Finding, ...], *, has_stores: bool) -> dict[_Name | None, dict[ReportIssue, None]]:
    """What is said of each name, once: a SKU that went to a thousand stores may come back with a thousand like issues.

    None is the name of what names no item. A name without an issue was accepted.
    """
    said: dict[_Name | None, dict[ReportIssue, None]] = {}
    for finding in findings:
        name = None if finding.sku is None else (finding.sku, finding.store_id if has_stores else None)
        issues = said.setdefault(name, {})
        if len(issues) < MAX_ISSUES_OF_A_ROW:
            issues.update(dict.fromkeys(finding.issues))
    return said


def _check_summary(report: Report, *, sent: int, failed: int, has_stores: bool) -> None:
    """Refuse a summary that denies its own issues.

    Where an issue names a SKU that was sent to several stores, Amazon may mean one item or all of them: so its count
    of failed items lies between the number of named SKUs and the number of items that we fail. Archive names no
    stores, so how many items Amazon counts for a SKU is not known. Warnings decide nothing; they are not counted.
    """
    said, contradiction = report.summary, "the summary contradicts the issues: it says"
    errors = len(report.findings)
    if said.errors is not None and said.errors != errors:
        raise UnreadableReport(f"{contradiction} {said.errors} errors, and there are {errors}")
    least = len({finding.sku for finding in report.findings} - {None}) or min(errors, 1)
    if said.invalid is not None and (said.invalid < least or (said.invalid > failed and (has_stores or not errors))):
        raise UnreadableReport(f"{contradiction} {said.invalid} invalid items, and the issues name {least} to {failed}")
    if said.accepted is not None and has_stores and not sent - failed <= said.accepted <= sent - least:
        raise UnreadableReport(
            f"{contradiction} {said.accepted} accepted items, and of the {sent} that were sent "
            f"the issues leave {sent - failed} to {sent - least}"
        )
    parts = (said.accepted, said.invalid)
    if said.processed is not None and None not in parts and said.processed != sum(filter(None, parts)):
        raise UnreadableReport("the summary contradicts itself: accepted and invalid do not add up to processed")


def _unpacked(data: BinaryIO, max_bytes: int) -> bytes:
    packed = bytearray()
    while chunk := data.read(min(1024 * 1024, max_bytes + 1 - len(packed))):
        packed += chunk
        if len(packed) > max_bytes:
            raise UnreadableReport(f"the report is larger than {max_bytes} bytes")
    if not packed.startswith(b"\x1f\x8b"):
        return bytes(packed)
    rest, unpacked = bytes(packed), bytearray()
    while rest:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            unpacked += unpacker.decompress(rest, max_bytes + 1 - len(unpacked))
        except zlib.error:
            raise UnreadableReport("the report is a gzip that is damaged") from None
        if len(unpacked) > max_bytes:
            raise UnreadableReport(f"the report, unpacked, is larger than {max_bytes} bytes")
        if not unpacker.eof:
            raise UnreadableReport("the report is a gzip that breaks off")
        rest = unpacker.unused_data
    return bytes(unpacked)


def _findings_of_issues(issues: object) -> tuple[Finding, ...]:
    """The ERROR issues of an SP-API report."""
    findings = []
    for issue in issues if isinstance(issues, list) else []:
        if not isinstance(issue, dict):
            raise UnreadableReport("the report's issues are not all objects")
        if not _is_harmless(issue):
            findings.append(Finding(_sku(issue), _store(issue), (_issue(issue),)))
    return tuple(findings)


def _findings_of_items(entries: list[object]) -> tuple[Finding, ...]:
    """What a list of items says about each. An entry without a SKU names no item: that one is not in the report."""
    findings = []
    for entry in entries:
        sku = _sku(entry) if isinstance(entry, dict) else None
        if isinstance(entry, dict) and sku is not None:
            findings.append(Finding(sku, _store(entry), _issues_of_item(entry)))
    if entries and not findings:
        raise UnreadableReport("the report is a list, but none of its entries is an object with a SKU")
    return tuple(findings)


def _issues_of_item(entry: dict[str, Any]) -> tuple[ReportIssue, ...]:
    errors = entry.get("errors")
    errors = errors if isinstance(errors, list) else [] if errors is None else [errors]
    issues = tuple(
        _issue(error if isinstance(error, dict) else {"message": error})
        for error in errors
        if not (isinstance(error, dict) and _is_harmless(error))
    )
    status = _text(entry.get("status")) or ""
    if issues or status.upper() in SUCCESS_STATUSES:
        return issues
    return (ReportIssue(NOT_CONFIRMED, f"Amazon's report gives this item the status {status!r} and no error.", None),)


def _is_harmless(issue: dict[str, Any]) -> bool:
    return str(issue.get("severity")).strip().upper() in HARMLESS_SEVERITIES


def _issue(value: dict[str, Any]) -> ReportIssue:
    names = value.get("attributeNames")
    field = _text(value.get("attributeName")) or (_text(names[0]) if isinstance(names, list) and names else None)
    message = _text(value.get("message")) or "Amazon's report gives no message."
    return ReportIssue(_text(value.get("code")) or "unspecified", message, field)


def _sku(value: dict[str, Any]) -> str | None:
    return _text(value.get("item_sku")) or _text(value.get("sku"))


def _store(value: dict[str, Any]) -> str | None:
    return _text(value.get("store_id"))


def _text(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip()[:_TEXT_LENGTH] or None if isinstance(value, str) else None


def _summary(value: object) -> Summary:
    counts = value if isinstance(value, dict) else {}

    def count(name: str) -> int | None:
        number = counts.get(name)
        return number if isinstance(number, int) and not isinstance(number, bool) else None

    return Summary(count("errors"), count("messagesAccepted"), count("messagesInvalid"), count("messagesProcessed"))
