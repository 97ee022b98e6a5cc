"""`catalogctl check`: the files that it writes, and what becomes of them when something fails."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from catalogctl.check import Gatherer, Question, check
from tests.unit.catalogctl.calls import GOOD, PROJECT, items, lines, run


def test_rejected_rows_are_written_to_a_csv_file_that_a_spreadsheet_does_not_run(catalog, tmp_path):
    out = tmp_path / "rejected.csv"
    path = catalog(
        *items(9), GOOD | {"item_sku": "=1+1", "item_name": ""}, GOOD | {"item_sku": "B", "standard_price": "-1"}
    )
    words = "".join(run(path, "--rejected", str(out)).output.split())
    assert f"{out}haseveryfaultof2rows." in words
    data = out.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
    assert header == ["row", "sku", "store_id", "outcome", "code", "field", "value", "message"]
    assert sorted((row[0], row[4]) for row in rows) == [("10", "missing"), ("10", "sku"), ("11", "price")]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_the_file_itself_is_not_overwritten(catalog):
    path = catalog(*items(1))
    assert run(path, "--rejected", path).exit_code == 2
    assert Path(path).read_bytes() == lines(*items(1))


def test_batches_are_written_as_they_would_be_sent(catalog, tmp_path):
    folder = tmp_path / "new" / "batches"
    result = run(catalog(*items(10_001)), "--batches", str(folder))
    assert result.exit_code == 0
    assert f"{folder}has2batches." in "".join(result.output.split())
    assert sorted(path.name for path in folder.iterdir()) == ["00001.json", "00001.rows", "00002.json", "00002.rows"]
    first, second = (json.loads((folder / name).read_bytes())["catalogItems"] for name in ("00001.json", "00002.json"))
    assert len(first) + len(second) == 10_001
    assert first[0] == GOOD
    assert json.loads((folder / "00001.rows").read_bytes())[0] == [1, "A-1", "s1"]


def test_batches_of_an_invalid_file_are_taken_back(catalog, tmp_path):
    folder = tmp_path / "batches"
    bad = [record | {"item_name": ""} for record in items(8_000)]
    path = catalog(*items(10_001, store_id="s2"), *bad)
    result = run(path, "--batches", str(folder))
    assert result.exit_code == 2
    assert f"Thebatcheswereremovedfrom{folder}again." in "".join(result.output.split())
    assert list(folder.iterdir()) == []


def test_batches_of_a_run_that_breaks_off_are_taken_back(catalog, tmp_path):
    folder = tmp_path / "batches"
    folder.mkdir()
    gatherer = Gatherer(batches=folder)
    stream = io.BytesIO(lines(*items(25_000)))

    class Broken:
        def read(self, size):
            if stream.tell() > 2_000_000:
                raise OSError(5, "Input/output error")
            return stream.read(size)

    with pytest.raises(OSError, match="Input/output error"):
        check(Broken(), Question(), gatherer)
    assert gatherer.rows == 20_000
    assert list(folder.iterdir()) == []


def test_a_refused_call_leaves_the_csv_file_of_an_earlier_one_alone(catalog, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "00001.json").touch()
    (tmp_path / "rejected.csv").write_text("of before")
    result = run(catalog(*items(1)), "--batches", str(tmp_path / "old"), "--rejected", str(tmp_path / "rejected.csv"))
    assert result.exit_code == 2
    assert (tmp_path / "rejected.csv").read_text() == "of before"


def run_in_shell(command: str) -> subprocess.CompletedProcess[str]:
    script = f"set -o pipefail; {command.replace('catalogctl', f'{sys.executable} -m catalogctl')}"
    return subprocess.run(["bash", "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("form", ["--json", ""])
def test_an_answer_that_cannot_be_written_is_no_judgement_of_the_rows(catalog, form):
    done = run_in_shell(f"catalogctl check {catalog(*items(1))} {form} > /dev/full")
    assert (done.returncode, done.stderr) == (2, "Error: standard output: No space left on device\n")


@pytest.mark.parametrize("form", ["--json", ""])
def test_a_reader_that_has_seen_enough_does_not_change_the_exit_status(catalog, form):
    done = run_in_shell(f"catalogctl check {catalog(*items(1))} {form} | true")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_not_blamed_on_the_catalog(catalog):
    done = run_in_shell(f"catalogctl check {catalog(*items(9), GOOD | {'item_name': ''})} --rejected /dev/full")
    assert (done.returncode, done.stderr) == (2, "Error: /dev/full: No space left on device\n")


def test_a_full_disk_that_shows_at_the_end_takes_the_batches_back(catalog, tmp_path):
    done = run_in_shell(f"catalogctl check {catalog(*items(9))} --rejected /dev/full --batches {tmp_path / 'batches'}")
    assert (done.returncode, done.stderr) == (2, "Error: /dev/full: No space left on device\n")
    assert list((tmp_path / "batches").iterdir()) == []


def test_the_mapping_is_not_overwritten(catalog, tmp_path):
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"fields": {"item_sku": "SKU"}}')
    result = run(
        catalog(*items(1)),
        "--mapping",
        str(mapping),
        "--rejected",
        str(mapping),
        "--operation",
        "archive",
        "--store-id",
        "s1",
    )
    assert (result.exit_code, "names MAPPING itself" in result.output) == (2, True)
    assert mapping.read_text().startswith("{")


def test_a_folder_with_files_is_refused(catalog, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "00001.json").touch()
    result = run(catalog(*items(1)), "--batches", str(tmp_path / "old"))
    assert (result.exit_code, "is not empty" in result.output) == (2, True)


def test_a_folder_that_cannot_be_made_is_a_wrong_call(catalog, tmp_path):
    (tmp_path / "file").touch()
    assert run(catalog(*items(1)), "--batches", str(tmp_path / "file" / "in it")).exit_code == 2
