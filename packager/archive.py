"""The zip that Lambda gets: Chalice's own, with the wheels beside it and without what Lambda never reads."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

MAX_ZIP_BYTES = 45_000_000
"""Lambda takes 50 MB by direct upload; the rest is room for the next release of a library."""

MAX_UNZIPPED_BYTES = 250_000_000
"""Lambda's limit."""

_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
_REGULAR_FILE = 0o100644 << 16
_UNIX = 3

_UNUSED = re.compile(
    r"""
      \.pyi$                      # types are read by development tools only
    | ^bin/                       # command lines, with this machine's path to Python in their first line
    | ^[^/]+/tests/               # the libraries' own tests
    | ^boto3/examples/
    | \.dist-info/(RECORD|INSTALLER|REQUESTED|WHEEL|direct_url\.json|sboms/.*)$  # pip's own; METADATA is read
    """,
    re.VERBOSE,
)


class ArchiveTooLarge(Exception):
    """The zip is larger than Lambda takes, or than leaves room."""


def is_needed(name: str) -> bool:
    """Whether Lambda needs the file of that name (in the zip, with `/`)."""
    return not _UNUSED.search(name)


def build_archive(app: Path, wheels: Path, target: Path) -> None:
    """Write `target`: the folders of the app and of the installed wheels, byte for byte the same for the same input.

    Raises:
        ArchiveTooLarge: the zip is over 45 MB, or over 250 MB unpacked.
    """
    unzipped = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in _contents(app, wheels):
            data = path.read_bytes()
            entry = zipfile.ZipInfo(name, date_time=_TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _REGULAR_FILE
            entry.create_system = _UNIX
            archive.writestr(entry, data)
            unzipped += len(data)
    zipped = target.stat().st_size
    if zipped > MAX_ZIP_BYTES or unzipped > MAX_UNZIPPED_BYTES:
        raise ArchiveTooLarge(
            f"the zip has {zipped:,} bytes and {unzipped:,} unpacked; the limits are {MAX_ZIP_BYTES:,} and "
            f"{MAX_UNZIPPED_BYTES:,}. See which library grew (`unzip -v {target.name}`)."
        )


def _contents(app: Path, wheels: Path) -> Iterator[tuple[str, Path]]:
    found = {path.relative_to(folder).as_posix(): path for folder in (wheels, app) for path in folder.rglob("*")}
    for name in sorted(filter(is_needed, found)):
        if found[name].is_file():
            yield name, found[name]
