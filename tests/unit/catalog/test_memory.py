"""Memory stays bounded, whatever the file: each bomb is prepared in a process of its own that measures its peak."""

import gzip
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.unit.catalog.recording import GOOD

ROOT = Path(__file__).parents[3]

CHILD = textwrap.dedent("""
    import resource, sys
    from chalicelib.catalog.prepare import Limits, prepare

    class Sink:
        def batch(self, batch): pass
        def rejected(self, row): pass

    # a small catalog first: what the libraries and one batch take is no matter of the bomb
    prepare(open(sys.argv[1], "rb"), Sink(), limits=Limits(max_rejected_ratio=1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open(sys.argv[2], "rb") as stream:
        answer = prepare(stream, Sink(), limits=Limits(max_rejected_ratio=1))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    unit = 1024 if sys.platform != "darwin" else 1
    print(answer.invalid.code if answer.invalid else None, answer.rows_read, answer.rejected, grown * unit)
""")

MEGABYTE = 1_000_000


def measure(folder: Path, pieces: Iterable[bytes]) -> tuple[str, int, int, int]:
    """Prepare a file in a fresh process: the answer's code, rows read, rows rejected, and bytes that memory has grown
    by.
    """
    small, bomb = folder / "small", folder / "bomb"
    item = str(GOOD).replace("'", '"')
    small.write_text(f"{item}\n" + "1\n" * 5000)
    with bomb.open("wb") as out:
        for piece in pieces:
            out.write(piece)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(small), str(bomb)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    code, rows, rejected, grown = done.stdout.split()
    return code, int(rows), int(rejected), int(grown)


def packed(pieces: Iterable[bytes], level: int = 9) -> Iterator[bytes]:
    packer = zlib.compressobj(level, wbits=31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def between(start: bytes, pieces: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    yield start
    yield from pieces
    yield end


A_MEGABYTE_OF_X = b"x" * MEGABYTE


A_ROW = b'{"item_sku":"1"}\n'
HEADER = b"item_sku,external_product_id,item_name,store_id\n"
LONG_TEXT = [A_MEGABYTE_OF_X] * 50
LONG_LINES = [b"x" * 99 + b"\n"] * 500_000
BRACKETS = [b"[" * MEGABYTE] * 20
WRONG_NAMES = b"{%s}\n" % b",".join(b'"a\\t%d":"x"' % number for number in range(40_000))
WRONG_BARCODES = b'{"additional_external_product_information":[%s]}\n' % b",".join([b'{"a":"x"}'] * 40_000)
DIGITS = [b"7" * MEGABYTE] * 20
ZEROS = [b"\0" * MEGABYTE] * 400

BOMBS: dict[str, tuple[Iterable[bytes], str, int | None]] = {
    "50 MB text in an array": (between(b'[{"item_name":"', LONG_TEXT, b'"}]'), "row_too_long", 0),
    "50 MB text on a line": (between(A_ROW + b'{"item_name":"', LONG_TEXT, b'"}\n{}\n'), "no_good_rows", 3),
    "50 MB text on the first line": (between(b'{"item_sku":"1","item_name":"', LONG_TEXT, b'"}\n'), "no_good_rows", 1),
    "50 MB cell": (between(HEADER + b"1,2,", LONG_TEXT, b",4\n"), "no_good_rows", 1),
    "50 MB in quotes": (between(HEADER + b'1,2,"', LONG_LINES, b'",4\n'), "no_good_rows", 500_001),
    "20 million brackets": (BRACKETS, "nested_too_deeply", 0),
    "20 million brackets on a line": (between(A_ROW, BRACKETS, b"\n"), "no_good_rows", 2),
    "nested objects and lists": ([b'{"a":[' * 100_000] * 20, "nested_too_deeply", 0),
    "20 million digits": (between(b"[", DIGITS, b"]"), "number_too_long", 0),
    "20 million digits on a line": (between(A_ROW, DIGITS, b"\n"), "no_good_rows", 2),
    "a row of millions of fields": (between(b'[{"a":1', [b',"a":1' * 100_000] * 20, b"}]"), "row_too_long", 0),
    "a row of millions of lists": (between(b"[[", [b"[]," * 300_000] * 20, b"1]]"), "row_too_long", 0),
    "rows of 40,000 wrong names": ([A_ROW, *[WRONG_NAMES] * 5], "no_good_rows", 6),
    "rows of 40,000 wrong barcodes": ([A_ROW, *[WRONG_BARCODES] * 5], "no_good_rows", 6),
    "50 MB of blanks": ([b" " * MEGABYTE] * 50, "empty", 0),
    "50 MB of line breaks": ([b"\n" * MEGABYTE] * 50, "empty", 0),
    "blanks in a document": (between(b'{"catalogItems":[]', [b" " * MEGABYTE] * 20, b"}"), "row_too_long", 0),
    "gzip bomb of zeros": (packed(ZEROS), "unknown_kind", 0),
    "gzip bomb of one text": (packed(between(b'[{"a":"', LONG_TEXT * 8, b'"}]')), "row_too_long", 0),
    "gzip bomb of line breaks": (packed([b"\n" * MEGABYTE] * 400), "gzip_bomb", 0),
    "gzip bomb of rows": (packed([b'{"a":"%s"}\n' % A_MEGABYTE_OF_X[:9000] * 100] * 90), "gzip_bomb", None),
    "gzip in gzip": (packed(packed(ZEROS)), "unknown_kind", 0),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_answered_within_some_megabytes(tmp_path: Path, name: str) -> None:
    pieces, code, rejected = BOMBS[name]
    found, rows, rejected_rows, grown = measure(tmp_path, pieces)
    assert found == code
    assert rejected in (None, rejected_rows)
    assert rejected_rows <= rows
    assert grown < 120 * MEGABYTE


def test_a_gzip_within_the_limits_is_read() -> None:
    data = b"".join(packed([b"{}\n" * 1000] * 10))
    assert gzip.decompress(data).count(b"\n") == 10_000
