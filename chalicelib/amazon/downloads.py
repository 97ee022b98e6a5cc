"""Getting what is behind a link byte for byte: a report by its presigned link, a certificate of SNS.

A presigned link's query string is a secret. So this uses http.client: it sends the link exactly as it came (requests
would write its escapes anew), adds no header of its own, and no exception or debug log of it has the query string, as
those of requests and urllib3 do.
"""

import http.client
import io
import re
import socket
import ssl
import time
from urllib.parse import urlsplit

import certifi

DOWNLOAD_SECONDS = 90.0
_ERROR_BYTES = 4096
_CHUNK_BYTES = 256 * 1024
_EXPIRED = ("Request has expired", "ExpiredToken")
_PRINTABLE = re.compile(r"[!-~]+")


class LinkExpired(Exception):
    """The presigned link is no longer good: ask the status operation for a fresh one."""


class DownloadFailed(Exception):
    """It did not come, or not whole; another try may succeed."""


def download(
    link: str,
    *,
    connect_timeout: float = 5.0,
    read_timeout: float = 30.0,
    total_timeout: float = DOWNLOAD_SECONDS,
    http_allowed: bool = False,
) -> io.BufferedReader:
    """Open what is behind a link as a stream; close it, or use it in a `with`.

    Reading gives the bytes as they came, also if they are compressed, and raises DownloadFailed when they break off.

    Args:
        link: an https link; its query string is a secret.
        connect_timeout: seconds to connect.
        read_timeout: seconds without a byte after which it is given up.
        total_timeout: seconds for the whole download; less than the function's own time-out.
        http_allowed: whether a plain http link is followed; for the local AWS only.

    Raises:
        LinkExpired: the presigned link is no longer good.
        DownloadFailed: any other answer than what was asked for, or none.
    """
    host, target, connection = _connection_to(link, connect_timeout, http_allowed)
    end = time.monotonic() + total_timeout
    try:
        line, answer = _ask(connection, target, read_timeout)
        if answer.status != 200:
            raise _refusal(answer, host)
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise DownloadFailed(f"nothing came from {host}: {_what(error)}") from None
    except (LinkExpired, DownloadFailed):
        connection.close()
        raise
    return io.BufferedReader(_Body(line, answer, host, read_timeout, end), _CHUNK_BYTES)


def _connection_to(link: str, timeout: float, http_allowed: bool) -> tuple[str, str, http.client.HTTPConnection]:
    """Host, request target and a connection that is not open yet."""
    try:
        parts = urlsplit(link)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not _PRINTABLE.fullmatch(link):
        raise DownloadFailed("the link is not a URL")
    # Cut out of the link by hand: splitting and joining again could change it.
    _, _, after_scheme = link.partition("://")
    start = min((after_scheme.find(sign) for sign in "/?#" if sign in after_scheme), default=len(after_scheme))
    target, _, _ = after_scheme[start:].partition("#")
    target = target if target.startswith("/") else f"/{target}"
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=certifi.where())
        return host, target, http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    if parts.scheme == "http" and http_allowed:
        return host, target, http.client.HTTPConnection(host, port, timeout=timeout)
    raise DownloadFailed(f"the link to {host} is not https")


def _ask(
    connection: http.client.HTTPConnection, target: str, read_timeout: float
) -> tuple[socket.socket, http.client.HTTPResponse]:
    """The socket, whose time-out the body sets, and the answer; http.client drops the socket before the body."""
    connection.connect()
    line: socket.socket = connection.sock
    line.settimeout(read_timeout)
    connection.putrequest("GET", target, skip_accept_encoding=True)
    connection.putheader("Accept-Encoding", "identity")
    connection.endheaders()
    return line, connection.getresponse()


def _refusal(answer: http.client.HTTPResponse, host: str) -> LinkExpired | DownloadFailed:
    with answer:
        text = answer.read(_ERROR_BYTES).decode("utf-8", errors="replace")
    if 400 <= answer.status < 500 and any(sign in text for sign in _EXPIRED):
        return LinkExpired(f"the link to {host} has expired; the status operation gives a fresh one")
    code = re.search(r"<Code>([A-Za-z0-9]{1,60})</Code>", text)
    said = f"HTTP {answer.status}{f', {code[1]}' if code else ''}"
    return DownloadFailed(f"{host} answered {said} instead of what was asked for")


def _what(error: Exception) -> str:
    """An exception in words. Its own text is left out where it may repeat a part of the request."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "no such host"
    return type(error).__name__


class _Body(io.RawIOBase):
    """The body of an answer; ends with DownloadFailed instead of quietly when bytes are missing."""

    def __init__(
        self, line: socket.socket, answer: http.client.HTTPResponse, host: str, read_timeout: float, end: float
    ) -> None:
        self._line = line
        self._answer = answer
        self._host = host
        self._read_timeout = read_timeout
        self._end = end
        self._missing = answer.length
        """Bytes that are still to come; None if the answer does not say."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = len(buffer) if self._missing is None else min(len(buffer), self._missing)
        if size == 0 or self._answer.isclosed():
            return 0
        left = self._end - time.monotonic()
        if left <= 0:
            raise DownloadFailed(f"the download from {self._host} took too long")
        try:
            self._line.settimeout(min(self._read_timeout, left))
            # read1 waits for one packet; readinto would wait for all the bytes, however slowly they drip.
            data = self._answer.read1(size)
        except (OSError, http.client.HTTPException) as error:
            raise DownloadFailed(f"the download from {self._host} broke off: {_what(error)}") from None
        if self._missing is not None:
            if not data:
                raise DownloadFailed(f"the download from {self._host} broke off: {self._missing} bytes to go")
            self._missing -= len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._answer.close()
        self._line.close()
        super().close()
