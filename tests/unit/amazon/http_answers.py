"""A server on this machine that answers what a test tells it to, down to the broken ones."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(frozen=True)
class Request:
    """What arrived, byte for byte; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An answer as it goes over the wire."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    missing_bytes: int = 0
    """So many more bytes are promised than are sent."""

    def __call__(self, line: socket.socket, request: Request) -> None:
        headers = {"Connection": "close", "Content-Length": str(len(self.body) + self.missing_bytes), **self.headers}
        head = f"HTTP/1.1 {self.status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line.sendall(head.encode("latin-1") + b"\r\n" + self.body)


def raw(data: bytes) -> "Script":
    """Send these bytes, whatever they are, and close."""
    return lambda line, request: line.sendall(data)


def reset(line: socket.socket, request: Request) -> None:
    """Break the connection off as a crashed peer does."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def say_nothing(line: socket.socket, request: Request) -> None:
    """Keep the caller waiting until it gives up."""
    line.settimeout(30)
    line.recv(1)


def drip(line: socket.socket, request: Request) -> None:
    """Send a byte now and then, for ever."""
    line.sendall(b"HTTP/1.1 200 Said\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n")
    while True:
        line.sendall(b".")
        time.sleep(0.02)


Script = Callable[[socket.socket, Request], None]


class AnsweringServer:
    """Gives one answer after the other; the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._answers: list[Script] = [Answer()]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def answers(self, *answers: Script) -> None:
        self._answers = list(answers)

    def __enter__(self) -> "AnsweringServer":
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # shutdown wakes the thread that accepts; close alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=10)
        assert not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            try:
                request = _read_request(line)
                if request is None:
                    return
                self.requests.append(request)
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                answer(line, request)
            except OSError:
                return


def _read_request(line: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = line.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in rest)}
    while len(body) < int(headers.get("content-length", "0")):
        body += line.recv(65536)
    method, target, _ = first.split(" ")
    return Request(method, target, headers, body)
