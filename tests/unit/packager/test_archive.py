"""The zip: what is in it, what is not, and that it is the same every time."""

import os
import zipfile
from pathlib import Path

import pytest

from packager import archive
from packager.archive import ArchiveTooLarge, build_archive, is_needed


@pytest.mark.parametrize(
    "name",
    [
        "bin/jsonschema",
        "jsonschema/tests/test_cli.py",
        "orjson/__init__.pyi",
        "boto3/examples/s3.rst",
        "boto3-1.0.dist-info/RECORD",
        "boto3-1.0.dist-info/WHEEL",
    ],
)
def test_what_lambda_never_reads_is_left_out(name: str) -> None:
    assert not is_needed(name)


@pytest.mark.parametrize(
    "name",
    [
        "app.py",
        "__pycache__/app.cpython-313.pyc",
        "chalicelib/catalog/item.schema.json",
        "boto3-1.0.dist-info/METADATA",
        "boto3-1.0.dist-info/licenses/LICENSE",
        "boto3-1.0.dist-info/entry_points.txt",
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "unittest_like/protests.py",
        "hazmat/bindings/_rust.abi3.so",
    ],
)
def test_what_lambda_may_read_is_kept(name: str) -> None:
    assert is_needed(name)


def sources(folder: Path, *, backwards: bool = False) -> tuple[Path, Path]:
    wheels = folder / "wheels"
    (wheels / "library" / "tests").mkdir(parents=True)
    names = ["library/a.py", "library/b.py", "library/tests/test_a.py"]
    for age, name in enumerate(reversed(names) if backwards else names):
        (wheels / name).write_text(name)
        os.chmod(wheels / name, 0o755 if backwards else 0o600)
        os.utime(wheels / name, (age * 1e6, age * 1e6))
    app = folder / "app"
    (app / "chalice").mkdir(parents=True)
    (app / "app.py").write_text("app.py")
    return app, wheels


def test_the_zip_is_the_same_whatever_the_order_modes_and_ages_of_its_sources(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        build_archive(*sources(tmp_path / name, backwards=name == "second"), tmp_path / f"{name}.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "first.zip") as written:
        assert written.namelist() == ["app.py", "library/a.py", "library/b.py"]
        assert {entry.external_attr >> 16 & 0o777 for entry in written.infolist()} == {0o644}


def test_a_zip_that_is_too_large_says_how_large_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ZIP_BYTES", 100)
    with pytest.raises(ArchiveTooLarge, match="the limits are 100 "):
        build_archive(*sources(tmp_path), tmp_path / "large.zip")
