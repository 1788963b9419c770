"""One zip of many photos: names, contents, who may, what is gone, and memory."""

import io
import tracemalloc
import zipfile
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncClient
from django.utils import timezone

from accounts.models import User
from gallery import archives, runs, services, storage
from gallery.models import Album, Photo
from job_queue.queue import job_id
from tests.support.albums import rows, uploaded
from tests.support.people import api

pytestmark = pytest.mark.django_db

PATH = "/photos/zip/"


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


def ask(user: User | None, **form: Any) -> Any:
    return api(user).post(PATH, form, format="multipart")


def opened(answer: Any) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return archive


def retouched(owner: User, photo: Photo) -> None:
    retouch, _ = services.retouch_create(owner=owner, photo=photo)
    runs.retouch_run(job_id(str(retouch.pk), retouch.enqueue_number))


def test_originals_and_results_of_a_selection(owner: User, photo: Photo) -> None:
    waiting = uploaded(owner, "waiting.jpg")
    retouched(owner, photo)
    chosen = [photo.pk, waiting.pk]
    originals = opened(ask(owner, photo=chosen, content="originals"))
    assert originals.namelist() == ["portrait.jpg", "waiting.jpg"]
    assert originals.read("portrait.jpg") == storage.read(photo.file)
    assert {entry.compress_type for entry in originals.infolist()} == {zipfile.ZIP_STORED}
    results = opened(ask(owner, photo=chosen))
    assert results.namelist() == ["portrait-retouched.jpg", archives.NOTE]
    rendition = photo.retouches.get().versions.get().rendition
    assert results.read("portrait-retouched.jpg") == storage.read(rendition.file)
    assert "waiting.jpg" in results.read(archives.NOTE).decode()
    both = opened(ask(owner, photo=chosen, content="both"))
    assert both.namelist() == [
        "portrait.jpg", "portrait-retouched.jpg", "waiting.jpg", archives.NOTE,
    ]  # fmt: skip


def test_an_album_and_a_search_as_a_whole(owner: User, album: Album) -> None:
    uploaded(owner, "anna.jpg", 1, album)
    uploaded(owner, "zoe.jpg", 2, album)
    uploaded(owner, "anna elsewhere.jpg", 3)
    whole = {"content": "originals"}
    assert len(opened(ask(owner, album=album.pk, **whole)).namelist()) == 2
    found = opened(ask(owner, q="anna", all="1", **whole)).namelist()
    assert sorted(found) == ["anna elsewhere.jpg", "anna.jpg"]
    assert len(opened(ask(owner, all="1", **whole)).namelist()) == 3


def test_only_ones_own_photos_come(
    owner: User, stranger: User, staff: User, album: Album, photo: Photo
) -> None:
    photo.albums.add(album)
    for person in (stranger, staff):
        assert ask(person, photo=[photo.pk], content="originals").status_code == 400
        assert ask(person, album=album.pk, content="originals").status_code == 404
        assert ask(person, all="1", content="originals").status_code == 400
    mine = uploaded(stranger, "mine.jpg")
    form = {"photo": [photo.pk, mine.pk], "content": "originals"}
    assert opened(ask(stranger, **form)).namelist() == ["mine.jpg"]
    assert ask(None, photo=[photo.pk]).status_code == 302
    assert api(owner).get(PATH).status_code == 405


@pytest.mark.parametrize("form", [{}, {"photo": ["x"]}, {"q": "\0"}, {"photo": [str(uuid4())]}])
def test_a_form_that_chooses_nothing_gets_a_page_that_says_so(
    owner: User, form: dict[str, Any]
) -> None:
    answer = ask(owner, **form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()


def test_a_file_that_vanished_is_left_out_with_a_note(owner: User) -> None:
    kept, lost = uploaded(owner, "kept.jpg", 1), uploaded(owner, "lost.jpg", 2)
    storage.remove(lost.file)
    archive = opened(ask(owner, photo=[lost.pk, kept.pk], content="originals"))
    assert archive.namelist() == ["kept.jpg", archives.NOTE]
    assert "lost.jpg" in archive.read(archives.NOTE).decode()


def test_names_are_safe_unique_and_in_any_language(owner: User) -> None:
    given = [
        "Jürgen 木.jpg", "a.jpg", "A.JPG", "a.jpg", "../../etc/passwd.jpg", "con.jpg",
        "x\r\ny.jpg", "....jpg", "noending", "NOT INCLUDED.txt",
    ]  # fmt: skip
    photos = [rows(owner, 1, name=name)[0] for name in given]
    entries, _notes = archives.entries_of(photos, {}, archives.Content.ORIGINALS)
    names = [entry.name for entry in entries]
    assert names[:4] == ["Jürgen 木.jpg", "a.jpg", "A (2).JPG", "a (3).jpg"]
    assert len({name.casefold() for name in names}) == len(names)
    assert names[5] == "_con.jpg"
    assert names[9] != archives.NOTE
    for name in names:
        assert not set(name) & set('/\\:*?"<>|\r\n')
        assert not name.startswith(".")
    data = b"".join(archives.zip_pieces([], ["x"]))
    assert zipfile.ZipFile(io.BytesIO(data)).namelist() == [archives.NOTE]


def test_memory_holds_one_piece_and_not_the_photos(owner: User) -> None:
    size = 24 * archives.PIECE
    stored = storage.store("big", bytes(size))
    moment = datetime(1970, 1, 1, tzinfo=UTC)
    entries = [archives.Entry(f"{n}.jpg", stored, size, moment) for n in range(12)]
    tracemalloc.start()
    total = sum(len(piece) for piece in archives.zip_pieces(entries, []))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 12 * size
    assert peak < size


def test_files_beyond_four_gigabytes_are_written_as_zip64(tmp_path: Any, owner: User) -> None:
    stored = storage.store("small", b"x")
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    entry = archives.Entry("a.jpg", stored, 5 * 1024**3, moment)
    data = b"".join(archives.zip_pieces([entry], []))
    # Version 4.5 of the format in the entry's own head, before its size is known.
    assert data[4] == 45
    assert zipfile.ZipFile(io.BytesIO(data)).read("a.jpg") == b"x"


@pytest.mark.django_db(transaction=True)
async def test_an_asgi_server_gets_it_piece_by_piece(owner: User, photo: Photo) -> None:
    client = AsyncClient()
    await client.aforce_login(owner)
    answer = await client.post(PATH, {"photo": [photo.pk], "content": "originals"})
    pieces = [piece async for piece in answer]
    assert len(pieces) > 1
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.namelist() == ["portrait.jpg"]
    assert answer["Content-Disposition"].startswith("attachment")


def test_entries_tell_what_the_cameras_clock_showed(owner: User) -> None:
    photo = uploaded(owner, "a.jpg")
    photo.taken_at = datetime(2027, 6, 10, 23, 30, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        (entry,), _ = archives.entries_of([photo], {}, archives.Content.ORIGINALS)
        assert archives._info(entry).date_time == (2027, 6, 10, 23, 30, 0)
