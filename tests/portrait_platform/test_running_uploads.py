"""Uploads against a real server and database: torn lines, kills, races, and its memory."""

import base64
import hashlib
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from tests.support.platform_process import ApiClient, Platform
from tests.support.portraits import encoded
from tests.support.uploads import PIECE

MIB = 2**20


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    running = Platform(tmp_path_factory.mktemp("platform"))
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


class Sender:
    """A program that sends one file by tus."""

    def __init__(self, platform: Platform, key: str, data: bytes) -> None:
        self.platform, self.data = platform, data
        self.session = requests.Session()
        self.session.headers.update({"Authorization": key, "Tus-Resumable": "1.0.0"})
        self.path = ""

    def begin(self) -> int:
        """Begin the upload; returns the answer's status."""
        name = base64.b64encode(b"noise.png").decode()
        wish = f"filename {name},retouch {base64.b64encode(b'start').decode()}"
        headers = {"Upload-Length": str(len(self.data)), "Upload-Metadata": wish}
        where = f"{self.platform.url}/api/v1/uploads/"
        answer = self.session.post(where, headers=headers, timeout=60)
        self.path = answer.headers.get("Location", "")
        return answer.status_code

    def offset(self) -> int:
        answer = self.session.head(self.platform.url + self.path, timeout=30)
        return int(answer.headers["Upload-Offset"])

    def send(self, offset: int, size: int) -> requests.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": PIECE}
        piece = self.data[offset : offset + size]
        where = self.platform.url + self.path
        return self.session.patch(where, piece, headers=headers, timeout=60)

    def tear(self, offset: int, size: int) -> None:
        """Promise a piece and close the connection in its middle."""
        head = (
            f"PATCH {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.platform.port}\r\n"
            f"Authorization: {self.session.headers['Authorization']}\r\nTus-Resumable: 1.0.0\r\n"
            f"Content-Type: {PIECE}\r\nUpload-Offset: {offset}\r\nContent-Length: {size}\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", self.platform.port)) as line:
            line.sendall(head.encode() + self.data[offset : offset + size // 2])

    def finish(self, step: int) -> dict[str, object]:
        """Send what is missing; returns the photo."""
        offset = self.offset()
        while offset < len(self.data):
            offset = int(self.send(offset, step).headers["Upload-Offset"])
        row = self.session.get(self.platform.url + self.path, timeout=30).json()
        return dict(row["photo"])


def key_of(platform: Platform, email: str) -> str:
    """Return the header by which a new person's program signs in."""
    return str(ApiClient(platform, email).session.headers["Authorization"])


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make calls in as many threads; returns their answers."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def noise(side: int) -> bytes:
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    return encoded(pixels, "PNG", compress_level=0)


def test_a_torn_connection_and_a_killed_server_leave_what_was_noted(platform: Platform) -> None:
    sender = Sender(platform, key_of(platform, "torn@example.org"), noise(1200))
    sender.begin()
    sender.send(0, MIB)
    sender.tear(MIB, MIB)
    time.sleep(0.3)
    assert sender.offset() == MIB
    assert sender.send(MIB, MIB).headers["Upload-Offset"] == str(2 * MIB)
    platform.kill("uvicorn")
    platform.wait_until_ready()
    assert sender.offset() == 2 * MIB
    photo = sender.finish(MIB)
    assert (photo["name"], photo["bytes"]) == ("noise.png", len(sender.data))
    original = f"{platform.url}/api/v1/photos/{photo['id']}/"
    assert sender.session.get(original, timeout=30).json()["sha256"] == photo["sha256"]


def test_a_large_piece_is_never_whole_in_memory(platform: Platform) -> None:
    sender = Sender(platform, key_of(platform, "large@example.org"), noise(4500))
    sender.begin()
    assert len(sender.data) > 55 * MIB
    before = peak_memory(platform)
    photo = sender.finish(len(sender.data))
    assert photo["bytes"] == len(sender.data)
    assert peak_memory(platform) - before < 30 * MIB


def test_of_equal_pieces_at_once_one_is_written(platform: Platform) -> None:
    sender = Sender(platform, key_of(platform, "many@example.org"), noise(1000))
    sender.begin()
    others = []
    for _ in range(4):
        other = Sender(platform, str(sender.session.headers["Authorization"]), sender.data)
        other.path = sender.path
        others.append(other)
    for offset in range(0, len(sender.data), MIB):
        calls = [lambda o=other, at=offset: o.send(at, MIB).status_code for other in others]
        statuses = Counter(at_once(calls))
        assert statuses[204] == 1
        assert set(statuses) <= {204, 409, 423}
    photo = sender.finish(MIB)
    assert photo["sha256"] == hashlib.sha256(sender.data).hexdigest()


def quota(platform: Platform, email: str, photos: int) -> None:
    code = f"User.objects.filter(email={email!r}).update(quota_photos={photos})"
    platform.manage("shell", "-c", f"from accounts.models import User; {code}")


def test_files_at_once_do_not_pass_the_quota(platform: Platform) -> None:
    key = key_of(platform, "full@example.org")
    quota(platform, "full@example.org", 6)
    senders = [Sender(platform, key, noise(20 + number)) for number in range(9)]
    statuses = at_once([sender.begin for sender in senders])
    assert Counter(statuses) == {201: 6, 413: 3}
    begun = [sender for sender in senders if sender.path]
    quota(platform, "full@example.org", 2)
    answers = at_once([lambda s=s: s.send(0, MIB) for s in begun])
    assert Counter(answer.status_code for answer in answers) == {204: 2, 413: 4}
    refused = [s for s, answer in zip(begun, answers, strict=True) if answer.status_code == 413]
    quota(platform, "full@example.org", 6)
    assert {s.send(len(s.data), 0).status_code for s in refused} == {204}
    rows = senders[0].session.get(f"{platform.url}/api/v1/photos/", timeout=30).json()["results"]
    expected = {hashlib.sha256(sender.data).hexdigest() for sender in begun}
    assert {row["sha256"] for row in rows} == expected


def test_the_same_file_sent_twice_at_once_is_one_photo_and_one_retouch(
    platform: Platform,
) -> None:
    key = key_of(platform, "twin@example.org")
    senders = [Sender(platform, key, noise(60)) for _ in range(3)]
    at_once([sender.begin for sender in senders])
    photos = at_once([lambda s=s: s.finish(MIB) for s in senders])
    assert len({photo["id"] for photo in photos}) == 1
    lists = [
        senders[0].session.get(f"{platform.url}/api/v1/{name}/", timeout=30).json()["results"]
        for name in ("photos", "retouches")
    ]
    assert [len(rows) for rows in lists] == [1, 1]


def peak_memory(platform: Platform) -> int:
    """Return the most bytes that the web process ever held."""
    children = Path(f"/proc/{platform.process.pid}/task/{platform.process.pid}/children")
    for child in children.read_text().split():
        if "uvicorn" in Path(f"/proc/{child}/cmdline").read_text():
            status = Path(f"/proc/{child}/status").read_text()
            return int(status.split("VmHWM:")[1].split()[0]) * 1024
    raise AssertionError("no web process")
