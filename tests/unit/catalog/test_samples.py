"""The sample catalogs end as their golden files say, and generated ones end the same in every format."""

import gzip
import hashlib
import io
import json
from pathlib import Path

import pytest

from catalogctl.check import Finding, Gatherer, Question, check
from chalicelib.catalog.mapping import Mapping
from samples import generate

SAMPLES = Path(__file__).parents[3] / "samples"
# Which rows are wrong was found by reading the files, not by running the program.
WRONG_ROWS = {
    "catalog.json": [6, 32, 35, 39, 42, 51],
    "spreadsheet.csv": [6, 32, 35, 39, 42, 51],
    "pos.csv": [5, 8, 11, 13, 14, 18, 21, 23, 24, 26, 27],
    "erp.json": [4, 7, 9, 10, 14, 15, 21, 22, 23],
    "distributor.txt": [10, 11, 12, 13, 15, 17, 19, 21, 23],
}
MAPPINGS = {"pos.csv": "pos.yaml", "erp.json": "erp.json", "distributor.txt": "distributor.yaml"}


def find(data: bytes, mapping: str | None) -> Finding:
    compiled = Mapping.from_document((SAMPLES / "mappings" / mapping).read_bytes()) if mapping else None
    return check(io.BytesIO(data), Question(mapping=compiled), Gatherer())


def hash_of(rows: list[int]) -> str:
    return hashlib.sha256(",".join(map(str, rows)).encode()).hexdigest()


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_a_sample_ends_as_its_golden_file_says(name):
    found = find((SAMPLES / name).read_bytes(), MAPPINGS.get(name)).to_json()
    del found["seconds"], found["peak_memory_mb"]
    assert found == json.loads((SAMPLES / name).with_suffix(".expected.json").read_text())
    assert found["rejected_rows_sha256"] == hash_of(WRONG_ROWS[name])


def test_every_sample_and_every_mapping_has_its_golden_file():
    files = {path.name for path in SAMPLES.iterdir() if path.suffix in (".json", ".csv", ".txt")}
    golden = {name for name in files if name.endswith(".expected.json")}
    assert files - golden == set(WRONG_ROWS)
    assert golden == {Path(name).with_suffix(".expected.json").name for name in WRONG_ROWS}
    assert {path.name for path in (SAMPLES / "mappings").iterdir()} == set(MAPPINGS.values())


def generated(**options) -> bytes:
    out = io.BytesIO()
    generate.write_catalog(out, **options)
    return out.getvalue()


@pytest.mark.parametrize("format", sorted(generate.WRITERS))
def test_a_generated_catalog_has_exactly_the_bad_rows_it_was_asked_for(format):
    data = generated(rows=2_000, format=format, bad=0.05, stores=["a", "b", "c"], seed=3)
    found = find(data, "pos.yaml" if format == "pos" else None)
    assert (found.prepared.rows_read, found.prepared.rejected, found.prepared.invalid) == (2_000, 100, None)
    same = find(generated(rows=2_000, format="json", bad=0.05, stores=["a", "b", "c"], seed=3), None)
    assert found.rejected_rows_sha256 == same.rejected_rows_sha256


def test_a_generated_catalog_without_bad_rows_is_all_good():
    found = find(generated(rows=5_000, format="jsonl"), None)
    assert (found.prepared.good, found.prepared.rejected) == (5_000, 0)


def test_the_same_seed_makes_the_same_catalog_and_another_one_another():
    one, same, other = (generated(rows=50, seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_every_kind_of_fault_is_a_reject():
    good = next(generate.records(rows=1, bad=0, stores=["s"], seed=1))
    faulty = [json.dumps(fault(good)).encode() for fault in generate.FAULTS]
    found = find(b"\n".join([json.dumps(good | {"item_sku": "GOOD-1"}).encode(), *faulty]), None)
    assert found.prepared.rejected == len(generate.FAULTS)


def test_the_generator_is_a_program(tmp_path):
    path = tmp_path / "catalog.jsonl.gz"
    assert generate.main(["--rows", "10", "--format", "jsonl", "--stores", "x, y", "--bad", "0", str(path)]) == 0
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert [row["store_id"] for row in rows] == ["x", "y"] * 5
    first = path.read_bytes()
    generate.main(["--rows", "10", "--format", "jsonl", "--stores", "x, y", "--bad", "0", str(path)])
    assert path.read_bytes() == first


@pytest.mark.parametrize("wrong", [["--rows", "-1"], ["--bad", "2"], ["--stores", ","]])
def test_the_generator_refuses_what_makes_no_sense(wrong, tmp_path):
    with pytest.raises(SystemExit):
        generate.main([*wrong, str(tmp_path / "out")])
