"""A report comes as it is, by a link whose secret goes nowhere else."""

import gzip
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest

from chalicelib.amazon.downloads import DownloadFailed, LinkExpired, download
from tests.unit.amazon.http_answers import Answer, AnsweringServer, drip, raw, reset, say_nothing
from tests.unit.amazon.tls_answers import TlsServer

SECRET = "X-Amz-Security-Token=IQoJsecret%2f%7E&X-Amz-Signature=00ffsecret"
EXPIRED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message>'
    b"<X-Amz-Expires>3600</X-Amz-Expires><HostId>x</HostId></Error>"
)
TOKEN_EXPIRED = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"


def read(link: str, **arguments: Any) -> bytes:
    with download(link, http_allowed=True, **arguments) as report:
        return report.read()


@pytest.fixture
def link(server: AnsweringServer) -> str:
    return f"{server.url}/bucket/ing-1.json?{SECRET}"


def test_the_report_comes_byte_for_byte(server: AnsweringServer, link: str) -> None:
    body = bytes(range(256)) * 5000
    server.answers(Answer(200, body))
    assert read(link) == body


def test_a_compressed_report_is_left_as_it_is(server: AnsweringServer, link: str) -> None:
    body = gzip.compress(b"[]")
    server.answers(Answer(200, body, {"Content-Encoding": "gzip", "Content-Type": "application/json"}))
    assert read(link) == body


def test_a_chunked_report_is_put_together(server: AnsweringServer, link: str) -> None:
    server.answers(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"))
    assert read(link) == b"hello world"


@pytest.mark.parametrize(
    "target",
    [
        f"/bucket/ing-1.json?{SECRET}",
        "/a/../b/./c//d?x=%2f%7e%41&y=a+b&z",
        "/%E2%98%83'()*!~.json?a=[1]|{2}",
        "/",
        "/?x",
    ],
)
def test_the_link_is_sent_byte_for_byte_without_authorization(server: AnsweringServer, target: str) -> None:
    read(f"{server.url}{target}#part")
    seen = server.requests[0]
    assert (seen.method, seen.target) == ("GET", target)
    assert set(seen.headers) == {"host", "accept-encoding"}
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers["host"] == server.url.removeprefix("http://")


@pytest.mark.parametrize("suffix", ["", "?x=1"])
def test_a_link_without_a_path_asks_for_the_root(server: AnsweringServer, suffix: str) -> None:
    read(f"{server.url}{suffix}")
    assert server.requests[0].target == f"/{suffix}"


def test_credentials_of_the_machine_do_not_get_in(
    server: AnsweringServer, link: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    read(link)
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(("status", "body"), [(403, EXPIRED), (403, TOKEN_EXPIRED), (400, TOKEN_EXPIRED)])
def test_an_expired_link_is_told_apart(server: AnsweringServer, link: str, status: int, body: bytes) -> None:
    server.answers(Answer(status, body, {"Content-Type": "application/xml"}))
    with pytest.raises(LinkExpired, match="status operation"):
        read(link)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"), "403, AccessDenied"),
        (Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>"), "403, SignatureDoesNotMatch"),
        (Answer(404, b"<Error><Code>NoSuchKey</Code></Error>"), "404, NoSuchKey"),
        (Answer(503, b"<Error><Code>SlowDown</Code></Error>"), "503, SlowDown"),
        (Answer(500, b"Request has expired, says some proxy"), "HTTP 500 instead"),
        (Answer(500, b"x" * 1_000_000), "HTTP 500 instead"),
        (Answer(302, b"", {"Location": "/elsewhere"}), "HTTP 302 instead"),
        (Answer(206, b"a part"), "HTTP 206 instead"),
        (Answer(204, b""), "HTTP 204 instead"),
    ],
)
def test_any_other_answer_is_a_failure_that_may_pass(
    server: AnsweringServer, link: str, answer: Answer, said: str
) -> None:
    server.answers(answer)
    with pytest.raises(DownloadFailed, match=said):
        read(link)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        Answer(200, b"x" * 1000, missing_bytes=1),
        Answer(200, b"", missing_bytes=1),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"HTTP/1.1 2"),
        raw(b""),
        reset,
    ],
)
def test_a_report_that_breaks_off_is_never_taken_for_whole(server: AnsweringServer, link: str, script: Any) -> None:
    server.answers(script)
    with pytest.raises(DownloadFailed):
        read(link)


def test_a_host_that_says_nothing_is_given_up(server: AnsweringServer, link: str) -> None:
    server.answers(say_nothing)
    with pytest.raises(DownloadFailed, match="no answer in time"):
        read(link, read_timeout=0.1)


def test_a_report_that_only_drips_is_given_up(server: AnsweringServer, link: str) -> None:
    server.answers(drip)
    with pytest.raises(DownloadFailed, match=r"too long|no answer in time"):
        read(link, total_timeout=0.3)


def test_a_report_that_has_no_time_left_is_given_up(server: AnsweringServer, link: str) -> None:
    server.answers(Answer(200, b"[]"))
    with pytest.raises(DownloadFailed, match="took too long"):
        read(link, total_timeout=0.0)


def test_a_silence_in_the_middle_is_given_up(server: AnsweringServer, link: str) -> None:
    def stop(line: socket.socket, request: Any) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello")
        say_nothing(line, request)

    server.answers(stop)
    with pytest.raises(DownloadFailed, match="no answer in time"):
        read(link, read_timeout=0.1)


def test_a_host_that_refuses_the_connection_or_is_unknown_fails(server: AnsweringServer) -> None:
    with AnsweringServer() as gone:
        url = gone.url
    with pytest.raises(DownloadFailed, match="ConnectionRefusedError"):
        read(f"{url}/x?{SECRET}")


def test_an_unknown_host_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DownloadFailed, match=r"b\.example\.com: no such host"):
        read(f"https://b.example.com/x?{SECRET}")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "not a link",
        "https://",
        "https:///x",
        "https://[::1/x",
        "https://h:99999/x",
        "https://h/a b",
        "https://h/\u2603",
    ],
)
def test_what_is_no_link_is_not_tried(link: str) -> None:
    with pytest.raises(DownloadFailed, match="is not a URL"):
        read(link)


@pytest.mark.parametrize("link", [f"http://127.0.0.1:1/x?{SECRET}", f"ftp://h/x?{SECRET}", f"file://h/etc?{SECRET}"])
def test_only_https_is_followed(link: str) -> None:
    with pytest.raises(DownloadFailed, match="is not https"):
        download(link)


def test_the_secret_of_the_link_is_in_no_error_and_no_log(
    server: AnsweringServer, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for script in (
        Answer(200, b"[]"),
        Answer(403, EXPIRED),
        Answer(500),
        Answer(200, missing_bytes=1),
        reset,
        raw(b"x"),
    ):
        server.answers(script)
        try:
            read(link)
        except (LinkExpired, DownloadFailed) as error:
            chain = [error, error.__cause__, None if error.__suppress_context__ else error.__context__]
            assert not any("secret" in repr(each) for each in chain)
    assert "secret" not in caplog.text


@pytest.fixture
def tls_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server with a certificate of its own that this process trusts."""
    with TlsServer(tmp_path) as server:
        server.answers(Answer(200, b"over TLS"))
        monkeypatch.setattr(certifi, "where", lambda: str(server.certificate))
        yield server.url


def test_an_https_link_is_followed_to_a_host_with_a_certificate_to_trust(tls_server: str) -> None:
    with download(f"{tls_server}/ing-1.json?{SECRET}") as report:
        assert report.read() == b"over TLS"


def test_a_certificate_that_nobody_vouches_for_is_refused(tls_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(DownloadFailed, match="SSLCertVerificationError"):
        download(f"{tls_server}/ing-1.json?{SECRET}")
