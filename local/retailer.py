"""What the retailer does with the system: drop a file, follow its upload over the status API."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests_aws4auth import AWS4Auth

from chalicelib.tracking.outcomes import Outcome, check_law
from chalicelib.tracking.states import UploadState
from chalicelib.use_cases.start import upload_id_of
from local.deployment import Deployment
from local.emulator import REGION

LOOK_AGAIN_AFTER = 0.3
"""Seconds between two looks at an upload."""


class UploadDidNotEnd(Exception):
    """The upload was not final within its limit; the text says where it stood."""


@dataclass(frozen=True)
class Reason:
    """Why an upload or a batch ended as it did."""

    code: str
    message: str


@dataclass(frozen=True)
class UploadView:
    """An upload as the status API shows it."""

    upload_id: str
    state: UploadState
    reason: Reason | None
    rows_read: int
    batches: int
    outcomes: Mapping[Outcome, int]

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> "UploadView":
        """Read the answer of `GET /uploads/{id}`."""
        return cls(
            upload_id=answer["upload_id"],
            state=UploadState(answer["state"]),
            reason=Reason(**answer["reason"]) if answer["reason"] else None,
            rows_read=answer["rows_read"],
            batches=answer["batches"],
            outcomes={outcome: answer["outcomes"][outcome.value] for outcome in Outcome},
        )

    def check_law(self) -> None:
        """Check the accounting law.

        Raises:
            chalicelib.tracking.outcomes.AccountingLawBroken: it does not hold.
        """
        check_law(self.rows_read, self.outcomes, final=self.state.is_final)


class Retailer:
    """A user of the retailer's, with rights of its own: may write to the inbox and call the status API."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._s3 = deployment.emulator.client("s3", deployment.retailer)
        keys = deployment.retailer
        self._auth = AWS4Auth(keys.access_key, keys.secret_key, REGION, "execute-api")
        self._http = requests.Session()

    def drop(self, key: str, body: bytes, metadata: Mapping[str, str] | None = None) -> str:
        """Put a file into the inbox; gives the ID of the upload that will be made of it."""
        bucket = self._deployment.inbox_bucket
        stored = self._s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=dict(metadata or {}))
        return upload_id_of(bucket, key, stored["VersionId"])

    def call(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        """Call the status API, signed."""
        return self._http.request(
            method,
            f"{self._deployment.api_url}{path}",
            params=query,
            data=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"},
            auth=self._auth,
            timeout=30,
        )

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """The JSON answer of a GET.

        Raises:
            requests.HTTPError: the API refuses.
        """
        answer = self.call("GET", path, **query)
        answer.raise_for_status()
        return dict(answer.json())

    def find(self, upload_id: str) -> UploadView | None:
        """The upload, if it has been made."""
        answer = self.call("GET", f"/uploads/{upload_id}")
        if answer.status_code == requests.codes.not_found:
            return None
        answer.raise_for_status()
        return UploadView.from_json(answer.json())

    def wait(self, upload_id: str, limit: float = 90.0, *, until: UploadState | None = None) -> UploadView:
        """Wait until the upload is in a final state, or in the one given. The accounting law is checked at every look.

        Raises:
            UploadDidNotEnd: it is not within `limit` seconds.
            chalicelib.tracking.outcomes.AccountingLawBroken: the law does not hold, for once.
        """
        deadline = time.monotonic() + limit
        while True:
            upload = self.find(upload_id)
            if upload:
                upload.check_law()
            if upload and (upload.state.is_final if until is None else upload.state is until):
                return upload
            if time.monotonic() > deadline:
                raise UploadDidNotEnd(f"upload {upload_id} has not ended within {limit:.0f} seconds: {upload}")
            time.sleep(LOOK_AGAIN_AFTER)
