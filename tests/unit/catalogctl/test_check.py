"""`catalogctl check`: exit status, JSON, tables, and its documentation."""

import hashlib
import json
import re
import subprocess
import sys

import click
import pytest

from catalogctl import display
from catalogctl.check import Gatherer, peak_memory_mb
from catalogctl.main import main
from tests.unit.catalogctl.calls import GOOD, PROJECT, items, lines, run

JSON_KEYS = [
    "rows_read",
    "rejected",
    "skipped",
    "items",
    "batches",
    "bytes",
    "warnings",
    "warning_details",
    "reasons",
    "rejected_rows_sha256",
    "seconds",
    "peak_memory_mb",
]


def test_a_good_file_ends_with_0(catalog):
    result = run(catalog(*items(3)))
    assert result.exit_code == 0
    assert "No row is rejected; 3 rows would be sent." in result.output


def test_rejected_rows_end_with_1_and_are_explained(catalog):
    result = run(catalog(*items(9), GOOD | {"external_product_id": "03600029145"}))
    assert result.exit_code == 1
    assert "036000291452" in result.output
    assert "9 rows would be sent, 1 would not." in result.output


def test_too_many_rejected_rows_end_with_2(catalog):
    path = catalog(*items(9), GOOD | {"item_name": ""})
    result = run(path, "--max-rejected-ratio", "0.05")
    assert result.exit_code == 2
    assert "INVALID (too_many_rejected)" in result.output
    assert "Nothing of this file would be sent." in result.output


def test_json_is_one_object_with_the_documented_keys(catalog):
    result = run(
        catalog(*items(4), GOOD | {"item_name": "", "item_sku": "B"}, GOOD | {"item_sku": "C", "new": "x"}), "--json"
    )
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert list(found) == JSON_KEYS
    assert (found["rows_read"], found["rejected"], found["items"], found["batches"]) == (6, 1, 5, 1)
    assert found["reasons"] == {"missing": 1}
    assert found["warnings"] == {"unknown_field": 1}
    assert found["rejected_rows_sha256"] == hashlib.sha256(b"5").hexdigest()


def test_the_hash_covers_every_rejected_row_in_order(catalog):
    records = [
        record | {"item_name": ""} if number in (2, 10, 11) else record for number, record in enumerate(items(20), 1)
    ]
    found = json.loads(run(catalog(*records), "--json").output)
    assert found["rejected_rows_sha256"] == hashlib.sha256(b"2,10,11").hexdigest()


def test_no_rejected_row_is_the_hash_of_nothing(catalog):
    found = json.loads(run(catalog(*items(1)), "--json").output)
    assert found["rejected_rows_sha256"] == hashlib.sha256(b"").hexdigest()


def test_json_of_an_invalid_file_gives_the_reason():
    result = run("-", "--json", given=b"[{")
    found = json.loads(result.output)
    assert result.exit_code == 2
    assert list(found) == [*JSON_KEYS, "invalid"]
    assert found["invalid"]["code"] == "broken_json"
    assert found["invalid"]["message"]


def test_standard_input_is_a_dash():
    assert json.loads(run("-", "--json", given=lines(*items(2))).output)["rows_read"] == 2


def test_an_unknown_store_is_rejected_if_stores_are_named(catalog):
    path = catalog(*items(9), GOOD | {"store_id": "s2"})
    assert run(path).exit_code == 0
    assert json.loads(run(path, "--json", "--store-id", "s1").output)["reasons"] == {"unknown_store": 1}
    assert run(path, "--store-id", "s1", "--store-id", "s2").exit_code == 0


def test_a_mapping_is_applied(tmp_path):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(
        "fields: {item_sku: No, external_product_id: EAN, item_name: Name}\n"
        "store_ids: {constant: [s1, s2]}\n"
        "skip_when: [{column: Off, equals: x}]\n"
    )
    table = b"No;EAN;Name;Off\nA;4006381333931;Pen;\nB;4006381333931;Pen;x\n"
    found = json.loads(run("-", "--json", "--mapping", str(mapping), "--format", "csv", given=table).output)
    assert (found["rows_read"], found["skipped"], found["items"]) == (2, 1, 2)


def test_a_wrong_mapping_is_a_wrong_call(tmp_path, catalog):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("fields: {item_sku: SKU, standard_prise: Price}")
    result = run(catalog(*items(1)), "--mapping", str(mapping))
    assert result.exit_code == 2
    assert "is wrong:\nfields: the Catalog API has no field 'standard_prise'" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["no such file"],
        ["-", "--format", "xml"],
        ["-", "--operation", "delete"],
        ["-", "--max-rejected-ratio", "1.5"],
        ["-", "--max-rejected-ratio", "nan"],
        ["-", "--mapping", "no such file"],
        ["-", "--unknown"],
        [],
    ],
)
def test_a_wrong_call_ends_with_2(arguments):
    assert run(*arguments, given=b"").exit_code == 2


@pytest.mark.parametrize("operation", ["catalog", "cart"])
def test_a_mapping_of_skus_alone_serves_archive_and_nothing_else(tmp_path, catalog, operation):
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("fields: {item_sku: item_sku}")
    path = catalog(*items(1))
    result = run(path, "--mapping", str(mapping), "--operation", operation)
    assert result.exit_code == 2
    assert f"item_sku alone is a mapping for archive, and this is {operation}; say where" in result.output
    assert run(path, "--mapping", str(mapping), "--operation", "archive", "--store-id", "s1").exit_code == 0


def test_archive_needs_the_stores(catalog):
    path = catalog({"item_sku": "A"}, {"item_sku": "B"})
    result = run(path, "--operation", "archive")
    assert (result.exit_code, "give --store-id for each of them" in result.output) == (2, True)
    found = json.loads(run(path, "--operation", "archive", "--store-id", "s1", "--json").output)
    assert (found["rows_read"], found["items"]) == (2, 2)


def test_control_characters_of_a_mapping_do_not_reach_the_terminal(catalog, tmp_path):
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"fields": {"\\u001b[31mfoo": "x"}}')
    result = run(catalog(*items(1)), "--mapping", str(mapping))
    assert (result.exit_code, "\x1b" in result.output, "[31mfoo" in result.output) == (2, False, True)


def test_store_ids_are_trimmed_as_the_setting_is(catalog):
    assert run(catalog(*items(1)), "--store-id", " s1 ", "--store-id", "").exit_code == 0


def test_more_rejected_rows_than_are_shown_are_counted(catalog, tmp_path):
    bad = [record | {"item_name": "", "store_id": "s2"} for record in items(15)]
    path = catalog(*items(100), *bad)
    assert "... and 5 more; --rejected OUT.csv lists them all." in run(path).output
    out = tmp_path / "out.csv"
    assert f"...and5more;{out}hasthemall." in "".join(run(path, "--rejected", str(out)).output.split())


def test_a_file_without_rejected_rows_is_said_to_have_none(catalog, tmp_path):
    out = tmp_path / "out.csv"
    words = "".join(run(catalog(*items(1)), "--rejected", str(out)).output.split())
    assert f"{out}hasnorow,sincenoneisrejected." in words


def test_control_characters_of_a_file_do_not_reach_the_terminal(catalog):
    result = run(catalog(*items(9), GOOD | {"item_sku": "\x1b[31mA", "item_name": "x"}))
    assert result.exit_code == 1
    assert "\x1b[31m" not in result.output


def test_warnings_are_explained(catalog):
    result = run(catalog(GOOD | {"item_name": "n" * 101}))
    assert result.exit_code == 0
    assert "long_name" in result.output


def test_unknown_fields_are_named_with_what_was_probably_meant(catalog):
    result = run(catalog(*items(2), *items(1, item_sku="B", standard_prise="1", rack="7")))
    words = " ".join(result.output.split())
    assert "unknown_field, first in row 3: standard_prise (1 row; did you mean standard_price?), rack (1 row)" in words


@pytest.mark.parametrize(
    ("file", "hint"),
    [
        (lines(*({**item, "price": {"amount": 1}} for item in items(2))), True),
        (b"item_sku,external_product_id,item_name,store_id,price.amount\nA,4011,Milk,s1,\n", False),
    ],
)
def test_parts_of_a_mapping_that_find_nothing_are_named(file, hint, tmp_path):
    mapping = tmp_path / "mapping.json"
    fields = {**dict(zip(GOOD, GOOD, strict=True)), "standard_price": "price.amount"}
    mapping.write_text(json.dumps({"fields": fields}))
    words = " ".join(run("-", "--mapping", str(mapping), given=file).output.split())
    assert "unfilled_field, first in row 1: standard_price" in words
    assert ("standard_price (a part of an object needs expression: price.amount)" in words) is hint


def test_every_warning_has_an_explanation():
    from chalicelib.catalog.codes import WarningCode

    assert set(display.WARNINGS) == {str(code) for code in WarningCode}


def test_there_is_progress_on_a_terminal_and_none_in_a_pipe(monkeypatch, capsys):
    gatherer = Gatherer()
    with display.show_progress("file", 10, gatherer) as advance:
        advance(5)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with display.show_progress("my file", None, gatherer) as advance:
        advance(5)
    assert "my file" in capsys.readouterr().err


def test_peak_memory_is_that_of_this_process():
    assert 10 < peak_memory_mb() < 10_000


def test_it_runs_as_a_module():
    command = [sys.executable, "-m", "catalogctl", "check", "samples/catalog.json", "--json"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["rows_read"] == 60


def test_every_command_and_option_is_documented_and_has_a_help_text():
    page = (PROJECT / "docs" / "catalogctl.md").read_text()
    for name, command in main.commands.items():
        assert f"catalogctl {name}" in page
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, parameter.name
                assert any(f"`{option}" in page for option in parameter.opts), parameter.opts


def test_no_option_is_documented_that_there_is_not():
    page = (PROJECT / "docs" / "catalogctl.md").read_text()
    known = {option for command in main.commands.values() for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", page)) - known == {"--help"}
