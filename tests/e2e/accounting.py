"""The accounting law, checked in three places that have to agree: status API, table, and stored outcomes."""

import json
from collections import Counter
from typing import Any

from chalicelib.tracking.outcomes import Outcome, check_law
from chalicelib.tracking.states import UploadState
from local.deployment import Deployment
from local.retailer import UploadView

BATCH_OUTCOMES = (Outcome.ACCEPTED, Outcome.FAILED, Outcome.NOT_SENT)
WITH_REASONS = (Outcome.REJECTED, Outcome.FAILED, Outcome.NOT_SENT)


class Accounts:
    """Reads what the system has written, past its API."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._dynamodb = deployment.emulator.client("dynamodb")
        self._s3 = deployment.emulator.client("s3")

    def check(self, shown: UploadView) -> None:
        """Hold an upload that has ended to the law; fails with the numbers if it does not hold."""
        assert shown.state.is_final, f"{shown.upload_id} is {shown.state}"
        shown.check_law()
        upload = self.upload(shown.upload_id)
        stored = {outcome: int(upload[outcome.value]) for outcome in Outcome}
        check_law(int(upload["rows_read"]), stored, final=True)
        assert stored == dict(shown.outcomes), "the table and the status API do not agree"
        batches = self.batches(shown.upload_id)
        of_batches = {outcome: sum(int(batch[outcome.value]) for batch in batches) for outcome in BATCH_OUTCOMES}
        if batches:
            assert of_batches == {outcome: stored[outcome] for outcome in BATCH_OUTCOMES}, "the batches do not add up"
        rows = self.rows_with_reasons(upload, batches)
        assert len(rows) == len({row["row"] for row in rows}), "a row has two outcomes"
        assert all(row["reasons"] for row in rows), "a row has no reason"
        told = Counter(row["outcome"] for row in rows)
        # The good rows of a file that is wrong as a whole are not sent for the upload's own reason.
        explained = (Outcome.REJECTED,) if shown.state is UploadState.INVALID else WITH_REASONS
        expected = {outcome.value: stored[outcome] for outcome in explained}
        assert told == Counter(expected), "the stored outcomes are not the counted ones"

    def upload(self, upload_id: str) -> dict[str, Any]:
        """The upload's item."""
        return next(item for item in self._items(upload_id) if item["sk"] == "UPLOAD")

    def batches(self, upload_id: str) -> list[dict[str, Any]]:
        """The items of the upload's batches."""
        return [
            item for item in self._items(upload_id) if item["sk"].startswith("BATCH#") and "ATTEMPT" not in item["sk"]
        ]

    def attempts(self, upload_id: str) -> list[dict[str, Any]]:
        """The items of all attempts of the upload's batches."""
        return [item for item in self._items(upload_id) if "#ATTEMPT#" in item["sk"]]

    def rows_with_reasons(self, upload: dict[str, Any], batches: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Every row that was not accepted, from the files that the outcome files are made of."""
        keys = [batch["outcome_part"] for batch in batches if batch.get("outcome_part")]
        if int(upload["rejected"]):
            keys.append(f"uploads/{upload['upload_id']}/rejected.jsonl")
        return [json.loads(line) for key in keys for line in self.object(key).splitlines()]

    def object(self, key: str) -> bytes:
        """An object of the data bucket."""
        return bytes(self._s3.get_object(Bucket=self._deployment.data_bucket, Key=key)["Body"].read())

    def _items(self, upload_id: str) -> list[dict[str, Any]]:
        found = self._dynamodb.query(
            TableName=self._deployment.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"UPLOAD#{upload_id}"}},
            ConsistentRead=True,
        )["Items"]
        return [{name: next(iter(value.values())) for name, value in item.items()} for item in found]
