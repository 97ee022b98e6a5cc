"""The archive operation: rows are SKUs, in whatever shape they come."""

import orjson
import pytest

from chalicelib.catalog.prepare import Fault, Limits, Mapped, Operation
from tests.unit.catalog.recording import Recording, lines, run

STORES = ["store-2", "store-1"]
ALL = Limits(max_rejected_ratio=1.0)


def archive(data: bytes, **arguments: object) -> Recording:
    return run(data, **({"operation": Operation.ARCHIVE, "known_store_ids": STORES} | arguments))


@pytest.mark.parametrize(
    "data",
    [
        b'["A1", "B2", 4011]',
        b'[{"item_sku": "A1"}, {"item_sku": " B2 "}, {"item_sku": 4011}]',
        b'{"itemSkus": ["A1", "B2", "4011"]}',
        b'"A1"\n"B2"\n4011\n',
        b'{"item_sku": "A1"}\n"B2"\n4011.0\n',
        b'{"item_sku": "A1"}\n{"item_sku": "B2", "item_name": ""}\n{"item_sku": 4011.0}\n',
        b"item_sku\nA1\nB2\n4011\n",
        b"A1\nB2\n4011\n",
        b"A1\r\nB2\r\n4011",
        b"Item SKU;Name\nA1;a\nB2;b\n4011;c\n",
    ],
)
def test_a_file_of_skus_is_read_in_every_shape(data: bytes) -> None:
    recording = archive(data)
    assert recording.items == ["A1", "B2", "4011"]
    assert recording.marks == [[1, "A1", None], [2, "B2", None], [3, "4011", None]]


def test_the_body_names_all_stores_once_and_in_order() -> None:
    [batch] = archive(b'["A1"]', known_store_ids=["b", "a", "b"]).batches
    assert batch.body == b'{"itemSkus":["A1"],"allApplicableStores":["a","b"]}'


def test_without_known_stores_nothing_can_be_archived() -> None:
    recording = archive(b'["A1"]', known_store_ids=())
    assert recording.answer.invalid is not None
    assert recording.answer.invalid.code == "no_store_ids"


def test_batches_of_skus_are_cut_by_count_and_bytes_with_the_stores_counted_in() -> None:
    data = orjson.dumps([f"S{number}" for number in range(25)])
    assert [batch.item_count for batch in archive(data, limits=Limits(max_batch_items=10)).batches] == [10, 10, 5]
    limit = len(b'{"itemSkus":["S0","S1"],"allApplicableStores":["store-1","store-2"]}')
    batches = archive(orjson.dumps(["S0", "S1", "S2"]), limits=Limits(max_batch_bytes=limit)).batches
    assert [len(batch.body) for batch in batches] == [limit, limit - len(b',"S1"')]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (b'""', "missing"),
        (b"null", "missing"),
        (b"{}", "missing"),
        (b'{"sku": "A1"}', "missing"),
        (b'"a b"', "sku"),
        (b'{"item_sku": "a/b"}', "sku"),
        (b"true", "not_a_scalar"),
        (b"[1]", "not_a_scalar"),
        (b'{"item_sku": {"a": 1}}', "not_a_scalar"),
        (b'"%s"' % (b"x" * 256), "too_long"),
        (b'"A\xc2\xae"', "forbidden_sign"),
        (b"1e999999999", "number_too_long"),
    ],
)
def test_a_row_that_is_no_sku_is_rejected(row: bytes, code: str) -> None:
    for data in (b'["A1",' + row + b"]", b'{"item_sku": "A1"}\n' + row + b"\n"):
        codes = archive(data, limits=ALL).codes
        assert set(codes) == {2}
        assert code in codes[2]


def test_a_line_that_is_no_json_is_rejected() -> None:
    assert archive(b'{"item_sku": "A1"}\n{"item_sku"\n', limits=ALL).codes == {2: ["not_json"]}


def test_a_sku_that_repeats_is_rejected_with_the_earlier_row() -> None:
    recording = archive(b'["A1", "B2", "A1"]', limits=ALL)
    assert recording.codes == {3: ["duplicate"]}
    assert recording.rejections[0].faults[0].message == "Row 1 has the same item_sku (A1) already. Keep one of the two."


class Numbered:
    """A mapping that finds the SKU under 'nr', and skips rows whose 'nr' is empty."""

    csv = None
    records = None
    fields = ()

    def conditions_without(self, names: object) -> tuple[str, ...]:
        return ()

    def missing_columns(self, header: object) -> dict[str, str]:
        return {}

    def apply(self, record: dict[str, str]) -> Mapped:
        if record["nr"] == "":
            return Mapped(skipped=True)
        if record["nr"] == "bad":
            return Mapped(items=({},), faults=(Fault("mapping_x", "Mend it.", "item_sku"),))
        fault = Fault("mapping_x", "A name is missing.", "item_name")
        return Mapped(items=({"item_sku": record["nr"]}, {"item_sku": record["nr"]}), faults=(fault,))


def test_a_mapping_finds_the_sku_and_faults_of_other_fields_do_not_count() -> None:
    data = lines({"nr": "A1"}, {"nr": ""}, {"nr": "bad"}, {"nr": 4011.5})
    recording = archive(data + b'{"nr": NaN}', mapping=Numbered(), limits=ALL)
    assert recording.items == ["A1", "4011.5"]
    assert recording.codes == {3: ["mapping_x"], 5: ["not_a_number"]}
    assert recording.answer.skipped == 1
