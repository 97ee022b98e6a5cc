"""Finding out how a CSV file is written, and what its header means."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from chalicelib.catalog.codes import InvalidCode
from chalicelib.catalog.csv_table import Dialect
from chalicelib.catalog.faults import CsvOptions
from chalicelib.catalog.item_schema import known_fields
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.rows import InvalidFile

DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_SAMPLE_BYTES = 10_000
_SEPARATOR_LINE = re.compile(rb'"?sep=(.)"?(\r|\n|$)', re.IGNORECASE)


def find_dialect(head: bytes, options: CsvOptions | None) -> tuple[Dialect, int]:
    """The dialect of a file that starts with `head`, and how many lines come before its first record.

    Excel's first line `sep=;` tells the delimiter. Else it is the one that parts the first line into the most columns,
    and of several such the one that does so alike in the lines that follow.
    """
    separator = _SEPARATOR_LINE.match(head)
    skip = 1 if separator else 0
    lines = [line for line in head.splitlines()[skip : _SAMPLE_LINES + skip] if line.strip()]
    sample = [line[:_SAMPLE_BYTES].decode(errors="replace") for line in lines[:-1] or lines]
    quote = (options and options.quote) or _quote(sample)
    delimiter = (
        (options and options.delimiter)
        or (separator and separator[1].decode(errors="replace"))
        or _delimiter(sample, quote)
    )
    return Dialect(delimiter, quote), skip


def fold(name: str) -> str:
    """A column's name without its case, white space, '_' and '-', in which 'Item SKU' and 'item_sku' are one."""
    return re.sub(r"[\s_-]", "", name).casefold()


def api_header(columns: Sequence[str], operation: Operation) -> list[str]:
    """The columns' names as the Catalog API has them; names it does not know stay as they are.

    Raises InvalidFile if a column comes twice, or if one is missing that every item needs.
    """
    known = {fold(name): name for name in known_fields()}
    header = [known.get(fold(column), column.strip()) for column in columns]
    refuse_repeated(header)
    needed = (
        ["item_sku"] if operation is Operation.ARCHIVE else ["item_sku", "external_product_id", "item_name", "store_id"]
    )
    missing = [name for name in needed if name not in header]
    if missing:
        raise InvalidFile(
            InvalidCode.CSV_HEADER,
            f"The first line has to name the columns, and lacks {listed(missing)}; it has {listed(header)}. Name the "
            "columns as the Catalog API does, or use a mapping.",
        )
    return header


def refuse_repeated(header: Sequence[str]) -> None:
    """Raise InvalidFile if two columns have one name: which of them is meant is anyone's guess."""
    repeated = sorted(name for name, count in Counter(header).items() if name and count > 1)
    if repeated:
        raise InvalidFile(
            InvalidCode.CSV_HEADER,
            f"The first line names {listed(repeated)} more than once (case, blanks and '_' don't count). Leave one of "
            "them, or rename it.",
        )


def refuse_missing(missing: Mapping[str, str], header: Sequence[str], delimiter: str) -> None:
    """Raise InvalidFile for columns that a mapping reads and the header lacks: their values would be missing in every
    item. `missing`: each with a hint at how to mend it, or ''.
    """
    if missing:
        raise InvalidFile(
            InvalidCode.CSV_HEADER,
            f"The mapping reads columns that the first line does not name: {listed(missing, missing)}; it has "
            f"{listed(header)}. {_wrong_delimiter(header, delimiter)}Correct the header or the mapping.",
        )


def _wrong_delimiter(header: Sequence[str], delimiter: str) -> str:
    """A sentence for a header of one column that holds another delimiter than the one it was read with."""
    others = [other for other in DELIMITERS if other != delimiter and other in header[0]] if len(header) == 1 else []
    if not others:
        return ""
    return f"That is one column, read with the delimiter {delimiter!r}; the file seems to have {others[0]!r}. "


def listed(names: Iterable[str], hints: Mapping[str, str] | None = None) -> str:
    """Names for a message: quoted, cut, not too many, each with its hint if there are any."""
    some = [repr(name[:40]) + (hints[name] if hints else "") for name in names]
    return ", ".join(some[:20]) + (f" and {len(some) - 20} more" if len(some) > 20 else "")


def _delimiter(sample: Sequence[str], quote: str) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        counts = [len(_split(line, delimiter, quote)) for line in sample]
        return (counts[0], sum(count == counts[0] for count in counts)) if counts else (0, 0)

    return max(DELIMITERS, key=score)


def _quote(sample: Sequence[str]) -> str:
    """A single quote if fields are wrapped in those, and none in double ones."""
    text = "".join(f"{line}\n" for line in sample)
    single = re.findall(r"(?:^|[,;\t|]) *'[^'\n]*' *(?=[,;\t|\n])", text, re.MULTILINE)
    double = re.findall(r'(?:^|[,;\t|]) *"', text, re.MULTILINE)
    return "'" if len(single) > 1 and not double else '"'


def _split(line: str, delimiter: str, quote: str) -> list[str]:
    """The line's columns; delimiters between quotes don't part them."""
    return re.sub(f"{quote}[^{quote}]*{quote}", "", line).split(delimiter) if quote in line else line.split(delimiter)
