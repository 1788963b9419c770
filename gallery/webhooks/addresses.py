"""Which addresses may be called: public hosts, so that nobody reaches our network through us.

A name is resolved when a message is sent, and the connection goes to the very address that was
judged: a name that answers differently the second time gains nothing.
"""

import ipaddress
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

LONGEST_URL = 500
RESOLVE_SECONDS = 5.0
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressError(Exception):
    """An address that is not called; code is stable, the message says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Target:
    """Where a URL points; host in ASCII, path with its query."""

    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Return where a URL points; raises AddressError where it is none that may be called.

    Nothing is resolved here. Plain http is for installations that allow private addresses.
    """
    if len(url) > LONGEST_URL or not url.isprintable() or not url.isascii() or " " in url:
        raise AddressError(
            "invalid_url", f"Send an address of at most {LONGEST_URL} ASCII letters."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressError("invalid_url", f"This is no address: {error}.") from error
    schemes = ("https", "http") if settings.WEBHOOK_ALLOW_PRIVATE else ("https",)
    if parts.scheme not in schemes or not host:
        raise AddressError("invalid_url", "The address must begin with https:// and a host.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressError("invalid_url", "The address must have no user, password or #fragment.")
    _refuse_forbidden_literal(host)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def _refuse_forbidden_literal(host: str) -> None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return
    if not is_allowed(address):
        raise AddressError("private_address", "Addresses of a private network are not called.")


def resolve(target: Target) -> list[str]:
    """Return the addresses of a host, each of which may be called; raises AddressError."""
    found = list(dict.fromkeys(_lookup(target.host, target.port)))
    if not found:
        raise AddressError("name_not_found", "The host's name has no address.")
    if not all(is_allowed(ipaddress.ip_address(address)) for address in found):
        raise AddressError("private_address", "Addresses of a private network are not called.")
    return found


def is_allowed(address: Address) -> bool:
    """Return whether an address is public, or of a private network where those are allowed."""
    inner = _embedded(address)
    if inner is not None:
        return is_allowed(inner)
    # By Python's ranges ::1 is reserved too.
    reserved = address.is_reserved and not address.is_loopback
    if address.is_multicast or address.is_unspecified or address.is_link_local or reserved:
        return False
    if address.is_global:
        return True
    private = address.is_private or address.is_loopback
    return bool(settings.WEBHOOK_ALLOW_PRIVATE and private)


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo


def _lookup(host: str, port: int) -> list[str]:
    """Ask the system's resolver, which knows no time limit of its own."""
    found: list[str] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(str(row[4][0]) for row in rows)

    thread = threading.Thread(target=ask, name="resolver", daemon=True)
    thread.start()
    thread.join(RESOLVE_SECONDS)
    if thread.is_alive():
        raise AddressError("name_not_found", "The host's name was not resolved in time.")
    return [address.partition("%")[0] for address in found]
