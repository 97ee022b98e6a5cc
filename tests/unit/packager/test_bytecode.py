"""Bytecode that Lambda can use, the same every time."""

import importlib.util
import marshal
import sys
from pathlib import Path

import pytest

from packager.bytecode import CompilationFailed, compile_folder, find_compiler
from tests.unit.packager.conftest import PYTHON

UNCHECKED_HASH = 0b01


def compiled(folder: Path, name: str) -> bytes:
    return Path(importlib.util.cache_from_source(folder / name, optimization="")).read_bytes()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "good.py").write_text("NAMES = {'a', 'b', 'c'}\nif NAMES in ({'a'}, {'b'}): pass\n")
    (folder / "template.py").write_text("{% no Python %}")
    return folder


def test_this_pythons_bytecode_can_be_made_and_that_of_a_python_that_is_not_here_cannot() -> None:
    assert find_compiler(PYTHON) == sys.executable
    assert find_compiler("3.0") is None


def test_a_command_that_is_there_and_does_not_work_is_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shim = tmp_path / "python3.0"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_compiler("3.0") is None


def test_bytecode_is_valid_whatever_time_a_zip_gives_its_source(library: Path) -> None:
    compile_folder(library, sys.executable)
    flags = int.from_bytes(compiled(library, "good.py")[4:8], "little")
    assert flags == UNCHECKED_HASH
    assert marshal.loads(compiled(library, "good.py")[16:]).co_filename == "/var/task/good.py"


def test_an_interpreter_that_compiles_nothing_is_told(library: Path) -> None:
    with pytest.raises(CompilationFailed, match="makes no bytecode"):
        compile_folder(library, "false")


def test_what_is_no_python_is_left_as_it_is(library: Path) -> None:
    compile_folder(library, sys.executable)
    assert [path.name.partition(".")[0] for path in (library / "__pycache__").iterdir()] == ["good"]


def test_bytecode_is_the_same_every_time(library: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "good.py").write_text((library / "good.py").read_text())
    compile_folder(library, sys.executable)
    compile_folder(other, sys.executable)
    assert compiled(library, "good.py") == compiled(other, "good.py")
