"""One signed POST to a judged address: no redirects, no proxies, nothing read but the status."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gallery.webhooks.addresses import Target, resolve, target_of

CONNECT_SECONDS = 3.0
# Of the whole exchange: a receiver that answers letter by letter holds no worker.
TOTAL_SECONDS = 8.0


class SendError(Exception):
    """The receiver gave no answer; code is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """Send `body` and return the answer's status; raises AddressError or SendError."""
    target = target_of(url)
    deadline = time.monotonic() + TOTAL_SECONDS
    try:
        with _connected(target, resolve(target)) as plain, _cut_off(plain, deadline):
            status = _exchange(target, plain, headers, body)
    except TimeoutError as error:
        raise SendError("timed_out") from error
    except ssl.SSLError as error:
        raise SendError("tls_failed") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = time.monotonic() >= deadline
        raise SendError("timed_out" if late else "connection_failed") from error
    # An answer that was cut off among its headers looks like a whole one.
    if time.monotonic() >= deadline:
        raise SendError("timed_out")
    return status


@contextmanager
def _connected(target: Target, addresses: list[str]) -> Iterator[socket.socket]:
    """Connect to the first address that takes it, by number: the name is not asked for again."""
    plain = _first_connection(addresses, target.port)
    with plain:
        plain.settimeout(TOTAL_SECONDS)
        yield plain


def _first_connection(addresses: list[str], port: int) -> socket.socket:
    failure: OSError = OSError("no address")
    for address in addresses[:2]:
        try:
            return socket.create_connection((address, port), CONNECT_SECONDS)
        except OSError as error:
            failure = error
    raise failure


@contextmanager
def _cut_off(plain: socket.socket, deadline: float) -> Iterator[None]:
    """End a connection at the deadline, whatever it does then."""
    with plain.dup() as copy:
        timer = threading.Timer(max(0.0, deadline - time.monotonic()), _shut, [copy])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _shut(plain: socket.socket) -> None:
    try:
        plain.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _exchange(target: Target, plain: socket.socket, headers: dict[str, str], body: bytes) -> int:
    connection = http.client.HTTPConnection(target.host, target.port)
    secure = target.scheme == "https"
    # The certificate is the name's, wherever the name led.
    connection.sock = (
        ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
        if secure
        else plain
    )
    try:
        # http.client writes the port for http's own default alone.
        standard = target.port == (443 if secure else 80)
        name = f"[{target.host}]" if ":" in target.host else target.host
        host = name if standard else f"{name}:{target.port}"
        connection.request("POST", target.path, body, {"Host": host, **headers})
        return connection.getresponse().status
    finally:
        connection.close()
