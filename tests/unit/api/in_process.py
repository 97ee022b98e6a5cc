"""The status API in this process, behind Chalice's local gateway: tests call it with `requests`, as they would AWS."""

import io
import warnings
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import requests
from chalice.config import Config
from chalice.local import LocalGateway, LocalGatewayException
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

import app

URL = "http://status-api.test"


class InProcess(BaseAdapter):
    """Answers requests by calling the app; nothing leaves the process."""

    def __init__(self) -> None:
        super().__init__()
        self._gateway = LocalGateway(app.app, Config.create(lambda_memory_size=512, app_name="store-catalog"))

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="IAMAuthorizer is not a supported")
                answer = self._gateway.handle_request(
                    str(request.method), str(request.path_url), {**request.headers}, body or b""
                )
        except LocalGatewayException as refusal:
            return _response(request, refusal.CODE, refusal.headers, refusal.body or b"")
        headers = {**answer["headers"], **answer["multiValueHeaders"]}
        return _response(request, answer["statusCode"], headers, (answer["body"] or "").encode())

    def close(self) -> None:
        """There is nothing to close."""


def session() -> requests.Session:
    """A session that reaches the API below `URL`, and nothing else."""
    found = requests.Session()
    found.adapters.clear()
    found.mount(URL, InProcess())
    return found


class Api:
    """The API, for tests that speak to it by path."""

    def __init__(self) -> None:
        self._session = session()

    def get(self, path: str, **parameters: Any) -> requests.Response:
        return self._session.get(URL + path, params=parameters)

    def post(self, body: Any) -> requests.Response:
        return self._session.post(f"{URL}/uploads", json=body)

    def send(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return self._session.request(method, URL + path, **arguments)


def _response(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, Any], body: bytes
) -> requests.Response:
    raw = HTTPResponse(
        body=io.BytesIO(body),
        headers={name: str(value) for name, value in headers.items()},
        status=status,
        reason=HTTPStatus(status).phrase,
        preload_content=False,
    )
    response: requests.Response = HTTPAdapter().build_response(request, raw)
    return response
