import pytest

from tests.unit.catalogctl.calls import lines


@pytest.fixture
def catalog(tmp_path):
    """Writes a catalog file and gives its path."""

    def write(*records: dict[str, object], name: str = "catalog.jsonl") -> str:
        path = tmp_path / name
        path.write_bytes(lines(*records))
        return str(path)

    return write
