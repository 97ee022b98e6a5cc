"""The command line: `catalogctl check FILE`. docs/catalogctl.md describes every option, which a test checks."""

import json
import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import click
from rich.console import Console

from catalogctl.check import CountingStream, Finding, Gatherer, Question, naming
from catalogctl.check import check as check_file
from catalogctl.display import Written, printable, show_finding, show_progress
from chalicelib.catalog.formats import Format
from chalicelib.catalog.mapping import Mapping, MappingError
from chalicelib.catalog.operations import Operation
from chalicelib.catalog.prepared import Limits

WRONG_CALL = 2
INTERRUPTED = 130


def _refuse_nan(context: click.Context, parameter: click.Parameter, ratio: float) -> float:
    if math.isnan(ratio):  # it is in every range, since it compares with nothing
        raise click.BadParameter("give a number from 0 to 1", context, parameter)
    return ratio


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Work with catalog files for Amazon's Catalog API, without AWS."""


@main.command(context_settings={"show_default": True})
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False), help="Mapping document, JSON or YAML, to read FILE with."
)
@click.option(
    "--store-id",
    "store_ids",
    multiple=True,
    metavar="ID",
    help="A store there is; repeat it for each. A row of another store is rejected.",
)
@click.option(
    "--format",
    type=click.Choice([each.value for each in Format]),
    help="Kind of file. Left out: found from the content.",
)
@click.option(
    "--operation",
    type=click.Choice([each.value for each in Operation]),
    default="catalog",
    help="What the file is for.",
)
@click.option(
    "--rejected",
    "rejected_csv",
    type=click.Path(dir_okay=False, writable=True),
    metavar="OUT.csv",
    help="Write every fault of every rejected row to this CSV file.",
)
@click.option(
    "--batches",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="Write the batches, as they would be sent, to this new or empty folder.",
)
@click.option(
    "--max-rejected-ratio",
    type=click.FloatRange(0, 1),
    callback=_refuse_nan,
    default=Limits().max_rejected_ratio,
    help="Share of rejected rows above which the file is INVALID; 0: all or nothing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def check(file: str, **options: Any) -> None:
    """Read a catalog FILE as the deployed system would, and say what is wrong with it. `-` is standard input.

    JSON array, {"catalogItems": []}, JSON Lines or CSV, plain or gzip. Nothing is sent.

    \b
    Exit status:
      0  every row is good (or left out by the mapping)
      1  some rows are rejected
      2  the file is INVALID, so that nothing would be sent; or the call is wrong
    """
    operation = Operation(options["operation"])
    store_ids = tuple(filter(None, map(str.strip, options["store_ids"])))
    if operation is Operation.ARCHIVE and not store_ids:
        raise _Refusal("an archive names all of the retailer's stores: give --store-id for each of them")
    question = Question(
        mapping=_read_mapping(options["mapping"], operation),
        known_store_ids=store_ids,
        format=Format(options["format"]) if options["format"] else None,
        operation=operation,
        limits=Limits(max_rejected_ratio=options["max_rejected_ratio"]),
    )
    try:
        _spare(options["rejected_csv"], FILE=file, MAPPING=options["mapping"])
        finding = _run(file, question, options["rejected_csv"], options["batches"])
        if options["as_json"]:
            _show(lambda: click.echo(json.dumps(finding.to_json(), indent=2)))
        else:
            written = Written(options["rejected_csv"], options["batches"])
            _show(lambda: show_finding("standard input" if file == "-" else file, finding, written, _Output()))
    except OSError as error:
        raise _Refusal(f"{error.filename or file}: {error.strerror or error}") from error
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)  # click would make it 1, which says something about the rows
    sys.exit(finding.exit_status)


def _show(show: Callable[[], None]) -> None:
    try:
        with naming("standard output"):
            show()
            sys.stdout.flush()
    except BrokenPipeError:
        # Who read it has seen enough. Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _spare(rejected_csv: str | None, **read: str | None) -> None:
    """Refuse to write to a file that is read."""
    if rejected_csv and Path(rejected_csv).exists():
        for name, path in read.items():
            if path and path != "-" and Path(rejected_csv).samefile(path):
                raise _Refusal(f"--rejected names {name} itself; name another file")


def _run(file: str, question: Question, rejected_csv: str | None, batches: str | None) -> Finding:
    with ExitStack() as stack:
        stream = sys.stdin.buffer if file == "-" else stack.enter_context(Path(file).open("rb"))
        folder = _empty_folder(batches) if batches else None
        gatherer = Gatherer(stack.enter_context(_written(rejected_csv)) if rejected_csv else None, folder)
        total = None if file == "-" else Path(file).stat().st_size
        advance = stack.enter_context(show_progress(file, total, gatherer))
        return check_file(cast(BinaryIO, CountingStream(stream, file, advance)), question, gatherer)


def _read_mapping(path: str | None, operation: Operation) -> Mapping | None:
    if path is None:
        return None
    try:
        mapping = Mapping.from_document(Path(path).read_bytes())
        mapping.check_operation(operation)
    except MappingError as error:
        mistakes = "\n".join(map(printable, str(error).split("\n")))
        raise _Refusal(f"the mapping {path} is wrong:\n{mistakes}") from error
    return mapping


@contextmanager
def _written(name: str) -> Iterator[BinaryIO]:
    with naming(name), Path(name).open("wb") as file:  # closing it writes what is left
        yield file


def _empty_folder(name: str) -> Path:
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise _Refusal(
            f"{folder} is not empty; name a new folder, so that no older batch is taken for one of this file"
        )
    return folder


class _Output(Console):
    """Rich would end the program with 1 when nobody reads on, which says something about the rows."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Refusal(click.ClickException):
    """The call cannot be done; the text says why."""

    exit_code = WRONG_CALL
