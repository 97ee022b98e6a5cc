"""The benchmarks' own reckoning: three ways read the same rows, targets are judged rightly, every handler is found."""

import ast
import io
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import imports, pacing, reading, reports, results
from chalicelib.amazon.reports import join_report, read_report
from samples.generate import write_catalog

PROJECT = Path(__file__).parents[3]


@pytest.mark.parametrize("format", ["json", "jsonl", "pos"])
def test_the_three_ways_read_the_same_rows(format, monkeypatch):
    monkeypatch.chdir(PROJECT)
    out = io.BytesIO()
    write_catalog(out, rows=300, format=format, bad=0.05, stores=["s1"], seed=5)
    counts = {way: run(format, io.BytesIO(out.getvalue())) for way, run in reading.WAYS.items()}
    assert counts["floor"] == (300, 300)
    assert counts["prepare"] == (300, 285)
    rows, good = counts["naive"]
    assert rows == 300
    assert 285 <= good < 300  # jsonschema alone finds neither duplicates nor wrong check digits


def found(rows: int, seconds: float, memory: float) -> dict[str, float]:
    return {"rows": rows, "good": rows, "seconds": seconds, "wall_seconds": seconds, "peak_memory_mb": memory}


def reading_of(rows: int, memory: float, seconds: float) -> results.Reading:
    naive = found(100, 0.1, 50)  # a thousand rows a second
    return results.Reading("jsonl", rows, found(rows, seconds, memory), found(rows, rows / 100_000, 90), naive)


def test_targets_are_kept_at_their_limits_and_missed_beyond():
    small, large = reading_of(1_000, 100, 0.03), reading_of(10_000, 120, 0.3)
    speed, first, memory = results.reading_targets([small, large])
    assert [target.kept for target in (speed, first, memory)] == [True, True, True]
    assert (speed.measured, memory.measured) == ("3.00 times", "1.20 times")
    targets = results.reading_targets([small, reading_of(10_000, 121, 0.7)])
    assert [target.kept for target in targets] == [False, False, False]


@pytest.mark.parametrize(
    ("rate", "most", "kept"), [(9.7, 10, [True, True]), (9.6, 10, [False, True]), (10.0, 11, [True, False])]
)
def test_the_pacer_is_held_to_its_rate_and_to_its_limit(rate, most, kept):
    targets = results.pacer_targets({"rate": rate, "most_turns_in_a_second": most}, 10)
    assert [target.kept for target in targets] == kept


def test_the_slowest_handler_counts():
    (target,) = results.import_targets(100.0, {"quick": 110.0, "slow": 160.0})
    assert (target.kept, "slow" in target.what) == (False, True)


@settings(deadline=None)
@given(st.lists(st.integers(0, 5_000_000), min_size=1, max_size=60))
def test_the_busiest_second_is_found(moments):
    turns = sorted(moments)
    every = [sum(first <= turn < first + 1_000_000 for turn in turns) for first in turns]
    assert pacing.most_in_a_second(turns) == max(every)


def test_every_handler_of_the_app_is_measured_with_its_imports(monkeypatch):
    monkeypatch.chdir(PROJECT)
    handlers = imports.handlers()
    functions = [node.name for node in ast.parse(Path("app.py").read_text()).body if isinstance(node, ast.FunctionDef)]
    assert set(handlers) == {"api_handler", *functions}
    assert "chalicelib.amazon.client" in handlers["submit_batch"]
    assert "chalicelib.use_cases.prepare" in handlers["prepare_catalog"]
    assert "chalicelib.amazon.client" not in handlers["prepare_catalog"]
    assert "chalicelib.amazon.client" not in handlers["ingestion_message"]  # only for a link that has expired
    assert "chalicelib.amazon.signatures" in handlers["ingestion_message"]


@pytest.mark.parametrize("make", [reports.item_list, reports.issue_list])
def test_the_generated_reports_fail_one_item_in_twenty(make):
    rows = [(number, f"SKU-{number:07d}", "store-1") for number in range(1, reports.ITEMS + 1)]
    assert orjson.loads(make())
    assert sorted(join_report(read_report(io.BytesIO(make())), rows)) == list(range(20, reports.ITEMS + 1, 20))
