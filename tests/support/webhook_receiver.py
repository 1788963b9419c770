"""A program that receives webhooks on loopback, and answers as a test wants it to."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class Receiver:
    """Keeps what it received; `answers` are statuses for the next requests, then 204."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.drip_seconds = 0.0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook?token=secret"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append(({**headers, ":path": self.path}, body))
                if receiver.drip_seconds:
                    receiver.drip(self.wfile.write)
                    return
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", receiver.url)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        return Handler

    def drip(self, write: Callable[[bytes], object]) -> None:
        """Answer letter by letter, so that no single wait is long."""
        deadline = time.monotonic() + self.drip_seconds
        try:
            write(b"HTTP/1.1 200 OK\r\n")
            while time.monotonic() < deadline:
                write(b"X: y\r\n")
                time.sleep(0.1)
        except OSError:
            return

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.stop()
