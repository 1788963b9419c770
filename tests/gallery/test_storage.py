"""Private files: written whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from gallery import storage


def test_a_file_that_two_write_is_always_whole_and_leaves_nothing_beside_it() -> None:
    name = "photos/raced/preview.webp"
    contents = [bytes([letter]) * 200_000 for letter in b"ab"]
    storage.replace(name, contents[0])
    seen: set[bytes] = set()

    def write(number: int) -> None:
        storage.replace(name, contents[number % 2])
        seen.add(storage.read(name))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(100)))
    assert seen <= set(contents)
    assert [path.name for path in Path(default_storage.path(name)).parent.iterdir()] == [
        "preview.webp"
    ]


def test_a_write_that_fails_keeps_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "photos/full/preview.webp"
    storage.replace(name, b"old")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(OSError, match="No space"):
            storage.replace(name, b"new")
    assert storage.read(name) == b"old"
