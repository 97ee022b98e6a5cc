"""What a package is made from, as one hash: the same hash, the same package."""

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from packager.target import Target

_FILES = ("app.py", ".chalice/config.json", "requirements.txt")


def source_files(project: Path) -> Iterator[tuple[str, Path]]:
    """Every file that ends up in the package or decides what does, by name, in a fixed order."""
    for name in _FILES:
        yield name, project / name
    for path in sorted((project / "chalicelib").rglob("*")):
        if path.is_file() and is_source(path):
            yield path.relative_to(project).as_posix(), path
    for path in sorted(Path(__file__).parent.glob("*.py")):
        yield f"packager/{path.name}", path


def is_source(path: Path) -> bool:
    """Whether a file is somebody's work, and not compiled by the way."""
    return "__pycache__" not in path.parts and path.suffix != ".pyc"


def fingerprint(project: Path, target: Target) -> str:
    """SHA-256 of names and contents of the sources, of the target, and of Chalice's version."""
    digest = hashlib.sha256(f"{target.architecture} {target.python} chalice {version('chalice')}".encode())
    for name, path in source_files(project):
        digest.update(f"\0{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def wheels_fingerprint(project: Path, target: Target) -> str:
    """SHA-256 of what decides which wheels are installed."""
    text = f"{target.architecture} {target.python}\0{(project / 'requirements.txt').read_text()}"
    return hashlib.sha256(text.encode()).hexdigest()
