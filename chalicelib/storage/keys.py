"""Names of everything in S3. Pure: no AWS here.

The inbox bucket has `inbox/[<source>/]...` and `mappings/<source>.json|yaml`; the data bucket has the rest.
"""

from urllib.parse import quote

INBOX_PREFIX = "inbox/"
MAPPINGS_PREFIX = "mappings/"
MAPPING_ENDINGS = (".json", ".yaml", ".yml")
DEFAULT_SOURCE = "default"


def source_of(key: str) -> str:
    """The source of an inbox key: the first folder under `inbox/`, else `default`.

    >>> source_of("inbox/pos/2026/prices.csv"), source_of("inbox/prices.csv"), source_of("inbox//prices.csv")
    ('pos', 'default', 'default')
    """
    folder, slash, _ = key.removeprefix(INBOX_PREFIX).partition("/")
    return folder if slash and folder else DEFAULT_SOURCE


def mappings(name: str) -> tuple[str, ...]:
    """Where the mapping of a name may be; the first that is there is used. A file's name, or its key, is as good.

    >>> mappings("till")
    ('mappings/till.json', 'mappings/till.yaml', 'mappings/till.yml')
    >>> mappings("mappings/till.yaml"), mappings("till.yaml")
    (('mappings/till.yaml',), ('mappings/till.yaml',))
    """
    key = f"{MAPPINGS_PREFIX}{name.removeprefix(MAPPINGS_PREFIX)}"
    return (key,) if key.endswith(MAPPING_ENDINGS) else tuple(f"{key}{ending}" for ending in MAPPING_ENDINGS)


def upload_prefix(upload_id: str) -> str:
    """Everything of one upload."""
    return f"uploads/{upload_id}/"


def batch_body(upload_id: str, number: int) -> str:
    """The exact bytes of the call."""
    return f"{upload_prefix(upload_id)}batches/{number:05d}.json"


def batch_rows(upload_id: str, number: int) -> str:
    """Which row each item of the batch came from: a JSON array of `[row, sku, store_id]`, in the order of the items."""
    return f"{upload_prefix(upload_id)}batches/{number:05d}.rows"


def batch_list(upload_id: str) -> str:
    """The list that the Distributed Map reads: a JSON array of `{"upload_id", "batch"}`."""
    return f"{upload_prefix(upload_id)}batches.json"


def prepared(upload_id: str) -> str:
    """What prepare found: counts, and size and count of every batch."""
    return f"{upload_prefix(upload_id)}prepared.json"


def rejected_rows(upload_id: str) -> str:
    """Every rejected row, one JSON `RowOutcome` a line, in the order of the file."""
    return f"{upload_prefix(upload_id)}rejected.jsonl"


def outcome_part(upload_id: str, number: int, unique: str) -> str:
    """The rows of one batch that were not accepted. `unique` keeps two writers of the same batch apart."""
    return f"{upload_prefix(upload_id)}outcomes/parts/{number:05d}-{unique}.jsonl"


def outcome_file(upload_id: str, name: str) -> str:
    """A file for people: `failed.csv`, `rejected.csv`, `not_sent.csv` or `summary.json`."""
    return f"{upload_prefix(upload_id)}outcomes/{name}"


def report(ingestion_id: str) -> str:
    """Amazon's report, as it came."""
    return f"reports/{quote(ingestion_id, safe='')}.json"
