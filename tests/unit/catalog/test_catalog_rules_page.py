"""docs/catalog-rules.md names every code and every limit, and its examples are what it says."""

import re
from pathlib import Path

import pytest

from chalicelib.catalog import nesting, prepared, rows, source
from chalicelib.catalog.codes import FaultCode, InvalidCode, WarningCode
from chalicelib.catalog.item_schema import known_fields
from chalicelib.catalog.prepare import Limits
from tests.unit.catalog.recording import good, lines, run

PAGE = (Path(__file__).parents[3] / "docs" / "catalog-rules.md").read_text(encoding="utf-8")


def table(heading: str) -> dict[str, tuple[str, str]]:
    """The rows of the table under a heading: code -> example, how to mend."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {
        code: (example, mend)
        for code, example, mend in re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    }


@pytest.mark.parametrize(
    ("heading", "codes"),
    [
        ("Why a row is rejected", FaultCode),
        ("What is only warned of", WarningCode),
        ("Why a whole file is invalid", InvalidCode),
    ],
)
def test_every_code_is_explained_and_no_other(heading: str, codes: type[FaultCode]) -> None:
    explained = table(heading)
    assert set(explained) == {str(code) for code in codes}
    assert all(example and mend for example, mend in explained.values())


def changes(heading: str) -> list[tuple[str, str]]:
    """The examples that are a change to a good item, as JSON."""
    return [
        (code, found[1])
        for code, (example, _) in table(heading).items()
        if (found := re.fullmatch(r"`(\{.*\})`", example))
    ]


def changed(change: str) -> bytes:
    """A good item with the fields that the example names."""
    first = re.match(r'\{"(\w*)"', change)
    assert first is not None
    item = lines(good(**{first[1]: None})).decode()
    return (item.rstrip()[:-1] + ", " + change[1:]).encode()


def test_every_field_of_an_item_is_named() -> None:
    section = PAGE.partition("## Rules for an item\n")[2].partition("\n## ")[0]
    assert known_fields() - set(re.findall(r"`(\w+)`", section)) == set()


@pytest.mark.parametrize(("code", "change"), changes("Why a row is rejected"))
def test_an_example_of_a_fault_has_that_fault_alone(code: str, change: str) -> None:
    recording = run(lines(good(item_sku="other")) + changed(change), limits=Limits(max_rejected_ratio=1))
    assert recording.codes == {2: [code]}


@pytest.mark.parametrize(("code", "change"), changes("What is only warned of"))
def test_an_example_of_a_warning_has_that_warning_alone(code: str, change: str) -> None:
    assert run(changed(change)).answer.warnings == {code: 1}


def test_most_faults_have_an_example_that_is_tried() -> None:
    assert len(changes("Why a row is rejected")) >= 14


def test_the_limits_are_those_of_the_code() -> None:
    for number in (
        prepared.MAX_BATCH_ITEMS,
        prepared.MAX_BATCH_BYTES,
        rows.MAX_ROW_BYTES,
        rows.MAX_DEPTH,
        nesting.MAX_DIGITS,
        source.MAX_UNPACKED_RATIO,
    ):
        assert re.search(rf"\b{number:,}\b", PAGE)
    assert f"{source.MAX_UNPACKED_BYTES // 1024**3} GiB" in PAGE
    assert f"{source.RATIO_FREE_BYTES // 1024**2} MiB" in PAGE
    assert f"{Limits().max_rejected_ratio:.0%}".replace("%", " %") in PAGE
