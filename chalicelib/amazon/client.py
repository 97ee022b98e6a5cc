"""The Catalog API: four operations, signed and sent. When to try again is the state machine's to decide.

Two refusals are mended here, once per call: a session that is over (the role is assumed again), and a signature that is
too old (it is signed again). Such a second request takes no turn from the pacer of its own.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from requests_aws4auth import AWS4Auth
from urllib3.exceptions import NewConnectionError, ProxyError

from chalicelib.amazon import errors
from chalicelib.amazon.credentials import RoleCredentials
from chalicelib.amazon.errors import CallContext, CatalogApiError
from chalicelib.amazon.ingestions import IngestionStatus, ProcessingStatus, ingestion_id_of
from chalicelib.amazon.refusals import classify, no_answer, unreadable_answer

SIGNED_SERVICE = "execute-api"

_ANSWER_BYTES_READ = 1024 * 1024
_NO_SUCH_INGESTION = "store-catalog-access-check"
_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Endpoint:
    """Where the Catalog API is, as Amazon handed it out.

    Raises:
        ValueError: `url` is no https URL, or has a query, a fragment or a user. Plain http is for this machine only
            (the local AWS), because the session's token travels with every request.
    """

    url: str
    """Scheme and host, without the stage; and a custom domain's base path, which to IAM is no part of the path."""
    region: str
    """Region to sign for; never parsed out of the host."""
    stage: str | None = None
    upload_path: str = "/v1/catalog/upload"
    cart_path: str = "/v1/catalog/cart/upload"
    archive_path: str = "/v1/catalog/archive"
    status_path: str = "/v1/catalog/getCatalogUploadStatus"

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        local = parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS
        if not parts.hostname or not (parts.scheme == "https" or local):
            raise ValueError(f"the Catalog API's URL is {self.url!r}: give https and the host that Amazon handed out")
        if parts.query or parts.fragment or parts.username:
            raise ValueError("the Catalog API's URL has a query, a fragment or a user: give scheme and host alone")

    def url_of(self, operation: str) -> str:
        """The URL of `catalog`, `cart`, `archive` or `status`.

        >>> Endpoint("https://api.example.com/", "us-east-1", stage="prod").url_of("archive")
        'https://api.example.com/prod/v1/catalog/archive'
        """
        path: str = getattr(self, {"catalog": "upload_path"}.get(operation, f"{operation}_path"))
        parts = [part.strip("/") for part in (self.stage or "", path)]
        return "/".join([self.url.rstrip("/"), *filter(None, parts)])


@dataclass(frozen=True)
class Answer:
    """Amazon took the request."""

    ingestion_id: str
    http_status: int
    request_id: str | None


@dataclass(frozen=True)
class _RawAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    access_key: str

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-amzn-requestid")


class _Connection(threading.local):
    """A session and an auth for each thread: AWS4Auth keeps the signing key of the request that it is signing."""

    def __init__(self, region: str, credentials: RoleCredentials) -> None:
        self.auth = AWS4Auth(region=region, service=SIGNED_SERVICE, refreshable_credentials=credentials)
        self.session = requests.Session()
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(max_retries=0))


class CatalogApi:
    """Client of the Catalog API. One object serves all threads.

    Every method raises a CatalogApiError (see errors.py) when the answer is no success.

    Args:
        endpoint: where it is.
        credentials: of the role that Amazon has allow-listed.
        connect_timeout: seconds to connect, and again to hand over the whole body.
        read_timeout: seconds to wait for the answer; more than the 29 s that API Gateway allows itself.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: RoleCredentials,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 40.0,
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._timeouts = (connect_timeout, read_timeout)
        self._connection = _Connection(endpoint.region, credentials)

    def upload(self, body: bytes) -> Answer:
        """Upload a batch of items. `body` is sent as it is."""
        return self.send("catalog", body)

    def upload_cart(self, body: bytes) -> Answer:
        """Upload a batch of items of the Dash Cart's catalog. `body` is sent as it is."""
        return self.send("cart", body)

    def archive(self, body: bytes) -> Answer:
        """Archive items. `body` is sent as it is."""
        return self.send("archive", body)

    def send(self, operation: str, body: bytes) -> Answer:
        """Upload or archive a batch: `operation` is `catalog`, `cart` or `archive`, `body` is sent as it is."""
        answer = self._call(operation, body)
        ingestion_id = ingestion_id_of(_object_of(answer.body).get("ingestionId"))
        if ingestion_id is None:
            raise unreadable_answer(answer.status, answer.headers, "no ingestion ID", self._context(operation))
        return Answer(ingestion_id, answer.status, answer.request_id)

    def status(self, ingestion_id: str) -> IngestionStatus:
        """Ask where an ingestion is."""
        answer = self._call("status", orjson.dumps({"ingestionId": ingestion_id}))
        value = _object_of(answer.body)
        word = str(value.get("processingStatus") or "").strip().upper()
        if word not in ProcessingStatus.__members__:
            raise unreadable_answer(
                answer.status, answer.headers, f"the processing status {word[:40]!r}", self._context("status")
            )
        link = value.get("reportDownloadLink")
        return IngestionStatus(ProcessingStatus(word), link.strip() or None if isinstance(link, str) else None)

    def check_access(self) -> None:
        """Prove that the role can be assumed and may call: ask for the status of an ingestion that cannot exist.

        An answer that comes from behind the gateway's door, be it a refusal of that ingestion or a server error, is
        the proof.

        Raises:
            AccessRefused: Amazon or STS says no.
            CatalogApiThrottled, CatalogApiUnreachable, CatalogApiOutcomeUnknown: nothing is proven yet.
            OtherInputRefused: a redirect, 404 or 405: the URL or path is wrong.
        """
        try:
            self.status(_NO_SUCH_INGESTION)
        except CatalogApiError as error:
            status = error.http_status or 0
            if isinstance(error, errors.AccessRefused) or not (status == 400 or status >= 500):
                raise

    def _call(self, operation: str, body: bytes) -> _RawAnswer:
        mended: set[type[CatalogApiError]] = set()
        while True:
            answer = self._post(operation, body)
            if 200 <= answer.status < 300:
                return answer
            error = classify(answer.status, answer.headers, answer.body, self._context(operation))
            kind = type(error)
            if kind not in (errors.SecurityTokenExpired, errors.SignatureExpired) or kind in mended:
                raise error
            mended.add(kind)
            if kind is errors.SecurityTokenExpired:
                self._credentials.renew(answer.access_key)

    def _post(self, operation: str, body: bytes) -> _RawAnswer:
        connection = self._connection
        try:
            with connection.session.post(
                self._endpoint.url_of(operation),
                data=body,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                auth=connection.auth,
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            ) as response:
                read = b""
                for chunk in response.iter_content(_ANSWER_BYTES_READ):
                    read += chunk
                    if len(read) >= _ANSWER_BYTES_READ:
                        break
                return _RawAnswer(response.status_code, response.headers, read, connection.auth.access_id)
        except requests.RequestException as error:
            raise self._no_answer(operation, error) from error

    def _no_answer(self, operation: str, error: requests.RequestException) -> CatalogApiError:
        connect_timeout, read_timeout = self._timeouts
        kind: type[CatalogApiError]
        cause = getattr(error.args[0], "reason", None) if error.args else None
        if isinstance(cause, (NewConnectionError, ProxyError)):
            kind, what = errors.CatalogApiUnreachable, "no connection (host not found, or connection refused)"
        elif isinstance(error, requests.ConnectTimeout):
            kind, what = errors.CatalogApiUnreachable, f"no connection within {connect_timeout:g} seconds"
        elif isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            kind, what = errors.CatalogApiUnreachable, "its certificate is not one that can be trusted"
        elif isinstance(error, requests.Timeout):
            kind, what = errors.CatalogApiOutcomeUnknown, f"no answer within {read_timeout:g} seconds"
        else:
            kind, what = errors.CatalogApiOutcomeUnknown, "the connection broke off before the answer was complete"
        return no_answer(kind, what, self._context(operation))

    def _context(self, operation: str) -> CallContext:
        path = urlsplit(self._endpoint.url_of(operation)).path
        return CallContext(operation, path, self._endpoint.region, self._credentials.role_arn)


def _object_of(body: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
