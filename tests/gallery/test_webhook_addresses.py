"""Webhooks reach public hosts alone: by number, by name, by redirect and by a name that changes."""

import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gallery.webhooks import addresses, sending
from gallery.webhooks.addresses import AddressError, is_allowed, resolve, target_of
from gallery.webhooks.sending import SendError, post
from tests.support.webhook_receiver import Receiver

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]
PRIVATE = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "::1", "fd00::1"]
NEVER = [
    "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "::", "fe80::1", "ff02::1",
    "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "100.64.0.1", "240.0.0.1",
]  # fmt: skip
DISGUISED = ["::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::", "2002:c0a8:101::1"]


@pytest.fixture
def private_allowed(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True


def resolver(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Stand in for the name server, which cannot be had here; each call takes the next answer."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: str, port: int, *args: int, **kwargs: int) -> list[tuple]:
        if host[0].isdigit():
            return real(host, port, *args, **kwargs)
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in found]

    monkeypatch.setattr(addresses.socket, "getaddrinfo", answer)
    return asked


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE + NEVER + DISGUISED)
def test_no_other_address_is_called(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_an_intranets_addresses_are_called_where_the_operator_allows_it(
    address: str, private_allowed: None
) -> None:
    assert is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_are_never_called(address: str, private_allowed: None) -> None:
    assert not is_allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.1", "169.254.169.254"])
def test_a_private_number_is_refused_when_it_is_named(host: str) -> None:
    with pytest.raises(AddressError) as refused:
        target_of(f"https://{host}/hook")
    assert refused.value.code == "private_address"


def test_plain_http_is_for_installations_that_allow_private_hosts(settings: Any) -> None:
    with pytest.raises(AddressError):
        target_of("http://example.org/")
    settings.WEBHOOK_ALLOW_PRIVATE = True
    assert target_of("http://example.org/").port == 80


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1"])
def test_a_name_or_spelling_of_loopback_is_refused_when_it_is_sent_to(host: str) -> None:
    with pytest.raises(AddressError) as refused:
        post(f"https://{host}/", {}, b"{}")
    assert refused.value.code in ("private_address", "name_not_found")


def test_a_name_with_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver(monkeypatch, [PUBLIC[0], "10.0.0.7"])
    with pytest.raises(AddressError):
        resolve(target_of("https://mixed.example.org/"))


def test_a_name_that_turns_private_after_it_was_judged_gains_nothing(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    asked = resolver(monkeypatch, [PUBLIC[0]], ["127.0.0.1"])
    called: list[tuple] = []

    def connect(address: tuple, timeout: float) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(sending.socket, "create_connection", connect)
    with pytest.raises(SendError):
        post(f"https://rebinding.example.org:{receiver.port}/", {}, b"{}")
    assert asked == ["rebinding.example.org"]
    assert called == [(PUBLIC[0], receiver.port)]
    assert receiver.received == []


def test_redirects_are_not_followed(private_allowed: None, receiver: Receiver) -> None:
    receiver.answers = [302]
    assert post(receiver.url, {}, b"{}") == 302
    assert len(receiver.received) == 1


def test_a_receiver_that_hangs_is_cut_off(
    private_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        started = time.monotonic()
        with pytest.raises(SendError, match="timed_out"):
            post(f"http://127.0.0.1:{deaf.getsockname()[1]}/", {}, b"{}")
    assert time.monotonic() - started < 2


def test_a_receiver_that_answers_letter_by_letter_is_cut_off(
    private_allowed: None, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 0.6)
    receiver.drip_seconds = 5
    started = time.monotonic()
    with pytest.raises(SendError, match="timed_out"):
        post(receiver.url, {}, b"{}")
    assert time.monotonic() - started < 2


def test_nobody_there_is_an_error_of_its_own(private_allowed: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(SendError, match="connection_failed"):
        post(f"http://127.0.0.1:{port}/", {}, b"{}")
    with pytest.raises(AddressError, match="no address"):
        post("http://nobody.invalid/", {}, b"{}")


def test_what_is_no_http_is_an_error_of_its_own(
    private_allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_SECONDS", 2)
    with OtherProtocol() as port, pytest.raises(SendError, match="connection_failed"):
        post(f"http://127.0.0.1:{port}/", {}, b"{}")


class OtherProtocol:
    """A server that speaks another protocol."""

    def __enter__(self) -> int:
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._answer, daemon=True).start()
        return int(self.server.getsockname()[1])

    def _answer(self) -> None:
        peer, _ = self.server.accept()
        peer.sendall(b"-ERR unknown command\r\n")
        peer.close()

    def __exit__(self, *args: object) -> None:
        self.server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate of hooks.example.org that signs itself."""
    folder = tmp_path_factory.mktemp("certificate")
    path = folder / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"),
         "-days", "1", "-subj", "/CN=hooks.example.org",
         "-addext", "subjectAltName=DNS:hooks.example.org"],
        check=True, capture_output=True,
    )  # fmt: skip
    both = (folder / "key.pem").read_text() + (folder / "certificate.pem").read_text()
    path.write_text(both)
    return path


@pytest.fixture
def secure_receiver(certificate: Path) -> Iterator[Receiver]:
    running = Receiver(certificate)
    yield running
    running.stop()


@pytest.mark.skipif(not Path("/usr/bin/openssl").exists(), reason="openssl makes the certificate")
def test_the_certificate_must_be_the_names_although_a_number_is_called(
    private_allowed: None, secure_receiver: Receiver, certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    resolver(monkeypatch, ["127.0.0.1"])
    url = f"https://hooks.example.org:{secure_receiver.port}/hook"
    with pytest.raises(SendError, match="tls_failed"):
        post(url, {}, b"{}")
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(sending.ssl, "create_default_context", lambda: trusting)
    assert post(url, {}, b"{}") == 204
    assert secure_receiver.received[0][0]["host"] == f"hooks.example.org:{secure_receiver.port}"
    with pytest.raises(SendError, match="tls_failed"):
        post(url.replace("hooks.", "other."), {}, b"{}")
