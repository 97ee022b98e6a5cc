"""The set of items that were there before."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.prepare import Limits
from chalicelib.catalog.repeated_items import RepeatedItems
from tests.unit.catalog.recording import goods, lines, run

ALL = Limits(max_rejected_ratio=1.0)


def test_a_fingerprint_that_two_records_spell_together_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.catalog.repeated_items._NEWEST", 3)
    first, second, third = b"\1" * 8 + b"efgh", b"\1" * 12, b"\2" * 12
    with RepeatedItems() as seen:
        for key, row in ((first, 0x01010101), (second, 2), (third, 3)):
            seen.add(key, row)
        on_disk = first + (0x01010101).to_bytes(4, "big") + second
        straddling = on_disk[4:16]
        assert straddling == b"\1\1\1\1efgh\1\1\1\1"
        assert seen.find(straddling) is None
        assert [seen.find(key) for key in (first, second, third)] == [0x01010101, 2, 3]


@settings(max_examples=20)
@given(st.lists(st.integers(0, 60), max_size=200), st.integers(1, 20))
def test_the_set_of_fingerprints_is_a_dictionary(numbers: list[int], newest: int) -> None:
    with pytest.MonkeyPatch.context() as patch, RepeatedItems() as seen:
        patch.setattr("chalicelib.catalog.repeated_items._NEWEST", newest)
        patch.setattr("chalicelib.catalog.repeated_items._BUCKET_BYTES", 64)
        patch.setattr("chalicelib.catalog.repeated_items._FLOOR_BYTES", 64 * 4096)
        expected: dict[int, int] = {}
        for row, number in enumerate(numbers, 1):
            key = number.to_bytes(2, "big") * 6
            assert seen.find(key) == expected.get(number)
            if number not in expected:
                seen.add(key, row)
                expected[number] = row


def test_a_file_of_more_rows_than_the_dictionary_holds_is_prepared_with_the_real_limits() -> None:
    some = goods(70_000)
    recording = run(lines(*some, {}, {}, some[0], *goods(70_100)[70_000:], {}, some[-1]))
    assert {row: set(codes) for row, codes in recording.codes.items()} == {
        70_001: {"missing"},
        70_002: {"missing"},
        70_003: {"duplicate"},
        70_104: {"missing"},
        70_105: {"duplicate"},
    }
    assert recording.answer.good == 70_100
