"""Credentials of the role that Amazon has allow-listed: assumed by STS, renewed before they end."""

import threading
from typing import TYPE_CHECKING, Any

from botocore.credentials import DeferredRefreshableCredentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from chalicelib.amazon.errors import CatalogApiUnreachable, RoleNotAssumable

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

MAX_SESSION_SECONDS = 3600
"""STS gives no longer session to a caller that is a role's session itself, as a Lambda function is (role chaining)."""

_MIN_SESSION_SECONDS = 900

_STS_IS_BUSY = frozenset(
    {"Throttling", "ThrottlingException", "RequestThrottled", "InternalFailure", "InternalError", "ServiceUnavailable"}
)


class RoleCredentials:
    """Session credentials of one role, as `requests_aws4auth.AWS4Auth(refreshable_credentials=...)` takes them.

    One object serves all threads. The role is assumed at the first call of `get_frozen_credentials`, and again some
    minutes before the session ends.

    Args:
        role_arn: the role that Amazon has allow-listed.
        sts_client: boto3's client of the function's own region, so that the regional endpoint of STS is asked.
        external_id: given when the role's trust policy asks for one.
        session_name: 2 to 64 characters; Amazon and CloudTrail see it as the end of the caller's ARN.
        session_seconds: 900 to 3600.
    """

    def __init__(
        self,
        role_arn: str,
        sts_client: "STSClient",
        *,
        external_id: str | None = None,
        session_name: str = "store-catalog",
        session_seconds: int = MAX_SESSION_SECONDS,
    ) -> None:
        if not _MIN_SESSION_SECONDS <= session_seconds <= MAX_SESSION_SECONDS:
            raise ValueError(f"a session lasts {_MIN_SESSION_SECONDS} to {MAX_SESSION_SECONDS} seconds")
        if len(session_name) < 2:
            raise ValueError("a session name has 2 characters at least")
        self.role_arn = role_arn
        self._sts = sts_client
        self._external_id = external_id or None
        self._request: dict[str, Any] = {
            "RoleArn": role_arn,
            "RoleSessionName": session_name[:64],
            "DurationSeconds": session_seconds,
        }
        if self._external_id:
            self._request["ExternalId"] = self._external_id
        self._lock = threading.Lock()
        self._credentials = self._new_credentials()

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Access key, secret key and token that are good now.

        Raises:
            RoleNotAssumable: STS refused; the text says who has to allow what.
            CatalogApiUnreachable: STS gave no answer, or is busy; it may give one later.
        """
        try:
            return self._credentials.get_frozen_credentials()
        except ClientError as error:
            raise self._refused(error) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise RoleNotAssumable(
                f"There are no AWS credentials to assume {self.role_arn} with: {error} Give the function a role."
            ) from error
        except BotoCoreError as error:
            raise CatalogApiUnreachable(
                f"STS gave no answer to AssumeRole of {self.role_arn}: {error}. Nothing was sent; it is tried again. "
                "If it stays so, check that the function can reach STS in its own region."
            ) from error
        except RuntimeError as error:
            # botocore's own check: what STS has just given is over already, by this machine's clock.
            raise RoleNotAssumable(
                f"The new session of {self.role_arn} is over already by the clock of this machine: set the clock right."
            ) from error

    def renew(self, access_key: str) -> None:
        """Assume the role again at the next call, if `access_key` is still the one in use.

        Many threads are told at once that a session is over; the first of them gets a new one for all.
        """
        with self._lock:
            if self.get_frozen_credentials().access_key == access_key:
                self._credentials = self._new_credentials()

    def _new_credentials(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(refresh_using=self._assume, method="sts-assume-role")

    def _assume(self) -> dict[str, str]:
        given = self._sts.assume_role(**self._request)["Credentials"]
        return {
            "access_key": given["AccessKeyId"],
            "secret_key": given["SecretAccessKey"],
            "token": given["SessionToken"],
            "expiry_time": given["Expiration"].isoformat(),
        }

    def _refused(self, error: ClientError) -> CatalogApiUnreachable | RoleNotAssumable:
        said = error.response.get("Error", {})
        answer = error.response.get("ResponseMetadata", {})
        code, status = said.get("Code", "Unknown"), answer.get("HTTPStatusCode")
        request_id = answer.get("RequestId")
        head = f"STS answered AssumeRole of {self.role_arn} with {code} (request ID {request_id or 'not given'})"
        if code in _STS_IS_BUSY or (status is not None and status >= 500):
            return CatalogApiUnreachable(
                f"{head}. Nothing was sent; it is tried again.", text=code, http_status=status, request_id=request_id
            )
        text = said.get("Message", "")
        return RoleNotAssumable(
            f"{head}: {text.rstrip('.')!r}. {self._what_to_allow(code)}",
            text=text,
            http_status=status,
            request_id=request_id,
            error_type=code,
        )

    def _what_to_allow(self, code: str) -> str:
        if code in ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"):
            return "The caller's own credentials are not valid: give the function its role, or sign in again."
        if code == "RegionDisabledException":
            return "Enable the region in the account's settings, or use the STS of one that is enabled."
        if code == "ValidationError":
            return "Correct the setting CATALOG_API_ROLE_ARN, CATALOG_API_EXTERNAL_ID or the session's length."
        external_id = (
            f"that expects the external ID of the setting CATALOG_API_EXTERNAL_ID ({self._external_id!r})"
            if self._external_id
            else "that expects no external ID (the setting CATALOG_API_EXTERNAL_ID is empty)"
        )
        return (
            f"The role must exist, its trust policy must name the caller's role {external_id}, "
            "and the caller's own policy must allow sts:AssumeRole on it."
        )
