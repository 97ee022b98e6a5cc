"""What is left behind by an emulator that was not stopped."""

import json
import os
from pathlib import Path

import pytest

from local import emulator
from local.emulator import Credentials, Emulator, EmulatorError


def test_a_state_file_of_another_process_is_removed_and_that_process_is_left_alone(tmp_path: Path) -> None:
    # The process id of this test run: if it were taken for the emulator's, the run would end here.
    state = tmp_path / "emulator.json"
    state.write_text(json.dumps({"pid": os.getpid(), "port": 4566, "home": str(tmp_path)}))
    assert Emulator.found_in(tmp_path) is None
    assert not state.exists()


@pytest.mark.parametrize("content", ["", "no JSON", '{"pid": 1}', "[]"])
def test_an_unreadable_state_file_is_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "emulator.json").write_text(content)
    assert Emulator.found_in(tmp_path) is None


def test_stopping_what_has_ended_removes_what_it_left(tmp_path: Path) -> None:
    (tmp_path / "functions" / "code").mkdir(parents=True)
    Emulator(pid=2**22 + 1, port=4566, home=str(tmp_path)).stop()
    assert list(tmp_path.iterdir()) == []


def test_a_missing_emulator_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "EMULATOR_PYTHON", tmp_path / ".venv-emulator" / "bin" / "python")
    with pytest.raises(EmulatorError, match=r"\.venv-emulator is missing: run `make setup`"):
        emulator.start(tmp_path)


def test_a_session_token_is_given_only_if_there_is_one() -> None:
    assert Credentials("key", "secret").environment() == {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    assert Credentials("key", "secret", "token").environment()["AWS_SESSION_TOKEN"] == "token"
