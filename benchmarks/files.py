"""The generated catalogs that the benchmarks read. They stay in `.build/benchmarks/`: a million rows take a while."""

from pathlib import Path

from samples.generate import write_catalog

FOLDER = Path(".build/benchmarks")
SUFFIXES = {"json": ".json", "jsonl": ".jsonl", "pos": ".csv"}
SEED, BAD, STORES = 7, 0.01, ("store-1", "store-2")


def catalog(format: str, rows: int) -> Path:
    """A catalog of so many rows, one in a hundred of them bad; made if it is not there."""
    path = FOLDER / f"catalog-{rows}-{SEED}{SUFFIXES[format]}"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as out:
            write_catalog(out, rows=rows, format=format, bad=BAD, stores=STORES, seed=SEED)
        unfinished.rename(path)
    return path
