"""Private files: written whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, default_storage
from PIL import Image

from gallery import runs, storage
from gallery.models import Photo
from retouch_engine import retoucher


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


def test_on_other_storages_two_that_write_at_once_leave_one_file(
    settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": memory}
    name, delete = "photos/raced/preview.webp", InMemoryStorage.delete

    def delete_while_another_writes(self: InMemoryStorage, path: str) -> None:
        delete(self, path)
        if path == name:
            self.save(name, ContentFile(b"theirs"))

    storage.replace(name, b"old")
    storage.replace(name, b"newer")
    assert storage.read(name) == b"newer"
    with monkeypatch.context() as patched:
        patched.setattr(InMemoryStorage, "delete", delete_while_another_writes)
        storage.replace(name, b"ours")
    assert storage.read(name) == b"theirs"
    assert default_storage.listdir("photos/raced") == ([], ["preview.webp"])


@pytest.mark.django_db
def test_two_workers_that_make_the_same_previews_leave_one_of_each(photo: Photo) -> None:
    decoded = retoucher.decode(storage.read(photo.file))
    # Each read the row before the other had finished.
    for row in [Photo.objects.get(pk=photo.pk) for _ in range(2)]:
        assert not row.has_preview
        runs.photo_make_previews(row, decoded)
    folder = Path(default_storage.path(photo.file)).parent
    assert {path.name for path in folder.iterdir()} == {
        "grid",
        "original",
        "preview.webp",
        "thumbnail.webp",
    }
    with Image.open(folder / "thumbnail.webp") as picture:
        assert picture.size == (512, 512)
