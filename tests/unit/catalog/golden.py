"""The bad files and what prepare says of each; run as a program, it writes `bad_files/expected.json` anew (then read
it).
"""

import json
from pathlib import Path
from typing import Any

from tests.unit.catalog.recording import run

FOLDER = Path(__file__).parent / "bad_files"
EXPECTED = FOLDER / "expected.json"


def bad_files() -> list[Path]:
    """All files of the corpus, by name."""
    return sorted(path for path in FOLDER.iterdir() if path != EXPECTED)


def outcome(path: Path) -> dict[str, Any]:
    """What becomes of a file: its state, counts, message, and the faults of its rejected rows."""
    recording = run(path.read_bytes())
    answer = recording.answer
    said: dict[str, Any] = {
        "state": "INVALID" if answer.invalid else "with rejected rows" if answer.rejected else "good",
        "format": answer.format,
        "rows": f"{answer.rows_read} read = {answer.good} good + {answer.rejected} rejected + {answer.skipped} skipped",
    }
    if answer.invalid:
        said |= {"code": str(answer.invalid.code), "message": answer.invalid.message}
    if recording.rejections:
        said["rejected"] = {
            str(row.row): [f"{fault.code}: {fault.message}" for fault in row.faults] for row in recording.rejections
        }
    return said


if __name__ == "__main__":
    outcomes = {path.name: outcome(path) for path in bad_files()}
    EXPECTED.write_text(json.dumps(outcomes, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
