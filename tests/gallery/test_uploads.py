"""Uploads in pieces by tus 1.0: the protocol, its refusals, who may, and what becomes of a file."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from gallery import albums, personal_data, services, storage
from gallery.models import Album, Photo, Retouch, Upload
from gallery.sharing import roles
from gallery.uploads import partial_files
from gallery.uploads.sweeping import upload_sweep
from retouch_engine.retoucher import CheckpointError
from tests.support.people import api, program
from tests.support.portraits import encoded
from tests.support.uploads import PATH, PIECE, begin, metadata, piece, send

pytestmark = pytest.mark.django_db
TUS = {"Tus-Resumable": "1.0.0"}


def picture(number: int = 0) -> bytes:
    """Return a small picture that is unlike those of other numbers."""
    return encoded(np.full((40, 60, 3), number, np.uint8), "PNG")


def partial(where: str) -> Any:
    return partial_files.folder() / f"{where.rstrip('/').rsplit('/', 1)[-1]}.part"


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> None:
    """Give each test partial files of its own."""
    settings.DATA_DIR = tmp_path


@pytest.fixture
def album(owner: User) -> Album:
    return services.album_create(owner=owner, title="June")


@pytest.fixture
def client(owner: User) -> APIClient:
    return api(owner)


def refused(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer["Tus-Resumable"] == "1.0.0"
    return answer.status_code, answer.json()["code"]


# --- the way of one file


def test_a_file_in_pieces_becomes_a_photo_in_its_album(client: APIClient, album: Album) -> None:
    data = picture()
    answer = begin(client, len(data), filename="Anna.png", album=str(album.pk), retouch="start")
    where = answer["Location"]
    assert (answer.status_code, answer["Upload-Offset"], answer.content) == (201, "0", b"")
    assert answer["Upload-Expires"].endswith("GMT")
    first = piece(client, where, data[:50], 0)
    assert (first.status_code, first["Upload-Offset"]) == (204, "50")
    head = client.head(where, headers=TUS)
    assert (head["Upload-Offset"], head["Upload-Length"]) == ("50", str(len(data)))
    assert head["Cache-Control"] == "no-store"
    row = client.get(where).json()
    assert (row["offset"], row["photo"], row["name"]) == (50, None, "Anna.png")
    last = piece(client, where, data[50:], 50)
    photo, retouch = Photo.objects.get(), Retouch.objects.get()
    assert last["Upload-Photo"] == f"/api/v1/photos/{photo.pk}/"
    assert last["Upload-Retouch"] == f"/api/v1/retouches/{retouch.pk}/"
    assert (photo.name, photo.sha256) == ("Anna.png", hashlib.sha256(data).hexdigest())
    assert storage.read(photo.file) == data
    assert list(photo.albums.all()) == [album]
    assert not partial(where).exists()
    row = client.get(where).json()
    assert (row["photo"]["id"], row["retouch"]["status"]) == (str(photo.pk), "queued")
    assert row["already_here"] is False


def test_without_album_and_wish_a_file_becomes_a_photo_alone(client: APIClient) -> None:
    row = send(client, picture()).json()
    assert (row["photo"]["albums"], row["photo"]["name"], row["retouch"]) == ([], "photo", None)
    assert not Retouch.objects.exists()


def test_a_first_piece_may_come_with_the_creation(client: APIClient) -> None:
    data = picture()
    headers = {**TUS, "Upload-Length": str(len(data))}
    answer = client.generic("POST", PATH, data, PIECE, headers=headers)
    assert (answer.status_code, answer["Upload-Offset"]) == (201, str(len(data)))
    assert answer["Upload-Photo"] == f"/api/v1/photos/{Photo.objects.get().pk}/"


def test_what_the_server_can_is_told(client: APIClient, settings: Any) -> None:
    answer = client.options(PATH)
    assert (answer.status_code, answer["Tus-Version"]) == (204, "1.0.0")
    assert "creation" in answer["Tus-Extension"]
    assert answer["Tus-Max-Size"] == str(settings.UPLOAD_MAX_BYTES)
    assert answer["Tus-Checksum-Algorithm"] == "sha256,sha1"


def test_a_client_that_cannot_patch_says_so_in_a_header(client: APIClient) -> None:
    data = picture()
    where = begin(client, len(data))["Location"]
    headers = {**TUS, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    answer = client.generic("POST", where, data, PIECE, headers=headers)
    assert (answer.status_code, Photo.objects.count()) == (204, 1)


def test_the_answer_that_got_lost_is_read_again(client: APIClient) -> None:
    data = picture()
    where = begin(client, len(data))["Location"]
    piece(client, where, data, 0)
    assert client.head(where, headers=TUS)["Upload-Offset"] == str(len(data))
    assert piece(client, where, b"", len(data)).status_code == 204
    assert Photo.objects.count() == 1
    assert not partial(where).exists()


def test_the_same_bytes_again_are_the_same_photo_and_say_so(client: APIClient) -> None:
    first, second = (send(client, picture()).json() for _ in range(2))
    assert first["photo"]["id"] == second["photo"]["id"]
    assert (first["already_here"], second["already_here"]) == (False, True)


def test_the_albums_recipe_is_that_of_the_retouch(client: APIClient, album: Album) -> None:
    services.album_upload_settings(album=album, recipe={"blemishes": 0.25, "light": 0})
    send(client, picture(), album=str(album.pk), retouch="start")
    recipe = Retouch.objects.get().recipe
    assert (recipe["blemishes"], recipe["light"], recipe["keep_marks"]) == (0.25, 0.0, True)


# --- refusals


@pytest.mark.parametrize("version", [None, "0.2.2", "2.0.0"])
def test_another_version_of_the_protocol_is_refused(client: APIClient, version: Any) -> None:
    where = begin(client, 10)["Location"]
    headers = {"Upload-Length": "10", "Upload-Offset": "0"}
    if version:
        headers["Tus-Resumable"] = version
    answers = [
        client.post(PATH, headers=headers),
        client.generic("PATCH", where, b"x", PIECE, headers=headers),
        client.delete(where, headers=headers),
    ]
    for answer in answers:
        assert refused(answer) == (412, "unsupported_version")
        assert answer["Tus-Version"] == "1.0.0"
    assert client.head(where, headers=headers).status_code == 412
    assert Upload.objects.get().offset == 0


@pytest.mark.parametrize("length", ["", "-1", "1.5", "ten", "٣", str(2**63)])
def test_a_length_must_be_a_number(client: APIClient, length: str) -> None:
    assert refused(begin(client, length)) == (400, "invalid_header")


def test_a_length_that_no_photo_has_is_refused_before_its_bytes(
    client: APIClient, settings: Any
) -> None:
    settings.UPLOAD_MAX_BYTES = 3 * 2**20
    assert refused(begin(client, 0)) == (400, "empty_file")
    answer = begin(client, 3 * 2**20 + 1)
    assert refused(answer) == (413, "too_large")
    assert answer.json()["detail"] == "The file is larger than 3 MB."
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "header",
    [
        "filename ???",
        f"filename {base64.b64encode(bytes([255, 254])).decode()}",
        metadata(filename="a\0b"),
        metadata(album="no-id"),
        metadata(sha256="abc"),
        metadata(retouch="perhaps"),
    ],
)
def test_metadata_that_says_nothing_sensible_is_refused(client: APIClient, header: str) -> None:
    answer = begin(client, 10, {"Upload-Metadata": header})
    assert refused(answer) == (400, "invalid_metadata")


def test_metadata_of_other_programs_is_left_alone(client: APIClient) -> None:
    header = f"is_confidential,relativePath {base64.b64encode(b'a/b').decode()}"
    assert begin(client, 10, {"Upload-Metadata": header}).status_code == 201


def test_a_long_name_with_folders_is_shortened(client: APIClient) -> None:
    row = send(client, picture(), filename=f"../../etc/{'ä' * 300}.png").json()
    assert row["photo"]["name"] == "ä" * 255


def test_a_piece_at_the_wrong_place_is_refused_and_changes_nothing(client: APIClient) -> None:
    data = picture()
    where = begin(client, len(data))["Location"]
    piece(client, where, data[:20], 0)
    for offset in (0, 19, 21):
        answer = piece(client, where, data[20:], offset)
        assert refused(answer) == (409, "offset_conflict")
        assert "20 bytes are here" in answer.json()["detail"]
    assert refused(piece(client, where, data[20:], "x")) == (400, "invalid_header")
    piece(client, where, data[20:], 20)
    assert storage.read(Photo.objects.get().file) == data


def test_a_piece_of_another_type_is_refused(client: APIClient) -> None:
    where = begin(client, 10)["Location"]
    answer = piece(client, where, b"x", 0, {"Content-Type": "application/octet-stream"})
    assert refused(answer) == (415, "unsupported_media_type")


def test_more_bytes_than_announced_are_refused_and_not_kept(client: APIClient) -> None:
    where = begin(client, 10)["Location"]
    piece(client, where, b"12345", 0)
    assert refused(piece(client, where, b"678901", 5)) == (413, "too_large")
    assert partial(where).read_bytes() == b"12345"
    assert client.head(where, headers=TUS)["Upload-Offset"] == "5"


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_piece_that_arrives_changed_is_refused_and_not_kept(
    client: APIClient, algorithm: str
) -> None:
    where = begin(client, 10)["Location"]
    digest = base64.b64encode(hashlib.new(algorithm, b"12345").digest()).decode()
    check = {"Upload-Checksum": f"{algorithm} {digest}"}
    assert refused(piece(client, where, b"12x45", 0, check)) == (460, "checksum_mismatch")
    assert partial(where).read_bytes() == b""
    assert piece(client, where, b"12345", 0, check)["Upload-Offset"] == "5"


@pytest.mark.parametrize("check", ["md5 AAAA", "sha256 ???", "sha1"])
def test_a_checksum_must_be_of_a_known_kind(client: APIClient, check: str) -> None:
    where = begin(client, 10)["Location"]
    answer = piece(client, where, b"12345", 0, {"Upload-Checksum": check})
    assert answer.status_code in (400, 460)
    assert client.head(where, headers=TUS)["Upload-Offset"] == "0"


def test_a_whole_file_that_arrives_changed_is_forgotten(client: APIClient) -> None:
    data = picture()
    answer = send(client, data, sha256=hashlib.sha256(b"other").hexdigest())
    assert refused(answer) == (460, "file_changed")
    assert not Photo.objects.exists()
    assert not Upload.objects.exists()
    assert not list(partial_files.folder().iterdir())
    assert send(client, data, sha256=hashlib.sha256(data).hexdigest()).status_code == 200


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"no picture at all", 400, "not_an_image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_format"),
    ],
)
def test_a_file_that_is_no_photo_is_refused_at_its_end_and_forgotten(
    client: APIClient, data: bytes, status: int, code: str
) -> None:
    where = begin(client, len(data))["Location"]
    answer = piece(client, where, data, 0)
    assert answer.status_code in (status, 400)
    assert answer.json()["code"] in (code, "not_an_image")
    assert not partial(where).exists()
    assert client.get(where).status_code == 404


def test_more_pixels_than_allowed_are_refused(client: APIClient, settings: Any) -> None:
    settings.UPLOAD_MAX_PIXELS = 1000
    assert refused(send(client, picture())) == (413, "too_many_pixels")
    assert not Upload.objects.exists()


def test_an_album_that_was_deleted_is_named(client: APIClient, album: Album) -> None:
    name = str(album.pk)
    where = begin(client, 10, album=name)["Location"]
    albums.album_delete(album=album)
    assert refused(piece(client, where, b"0123456789", 0)) == (404, "album_not_found")
    answer = begin(client, 10, album=name)
    assert refused(answer) == (404, "album_not_found")
    assert "not there any more" in answer.json()["detail"]


def test_without_weights_the_bytes_wait_until_there_are_some(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise CheckpointError("checkpoint_missing", "there are no weights")

    data = picture()
    where = begin(client, len(data), retouch="start")["Location"]
    with monkeypatch.context() as patched:
        patched.setattr(services, "promoted_checkpoint", missing)
        assert refused(piece(client, where, data, 0)) == (503, "checkpoint_missing")
    assert client.head(where, headers=TUS)["Upload-Offset"] == str(len(data))
    assert piece(client, where, b"", len(data)).status_code == 204
    assert (Photo.objects.count(), Retouch.objects.count()) == (1, 1)


# --- time


def test_an_upload_that_expired_is_gone(client: APIClient) -> None:
    where = begin(client, 10)["Location"]
    piece(client, where, b"123", 0)
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert refused(client.get(where)) == (410, "gone")
    assert client.head(where, headers=TUS).status_code == 410
    assert refused(piece(client, where, b"4", 3)) == (410, "gone")
    assert client.get(PATH).json()["results"] == []


def test_bytes_that_were_lost_are_sent_again(client: APIClient) -> None:
    where = begin(client, 10)["Location"]
    piece(client, where, b"12345", 0)
    partial(where).unlink()
    assert refused(piece(client, where, b"6", 5)) == (410, "gone")
    assert client.get(where).status_code == 404


def test_bytes_that_a_killed_process_left_are_written_over(client: APIClient) -> None:
    data = picture()
    where = begin(client, len(data))["Location"]
    piece(client, where, data[:20], 0)
    with partial(where).open("ab") as file:
        file.write(b"x" * 1000)
    piece(client, where, data[20:], 20)
    assert storage.read(Photo.objects.get().file) == data


def test_the_sweep_forgets_expired_uploads_and_files_of_nobody(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on, expired = (begin(client, 10)["Location"] for _ in range(2))
    for where in (going_on, expired):
        piece(client, where, b"123", 0)
    pk = expired.rstrip("/").rsplit("/", 1)[-1]
    Upload.objects.filter(pk=pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    orphan = partial_files.folder() / "8f3b1f0e-6d43-4c0e-9d5e-0a2f1f0e6d43.part"
    orphan.write_bytes(b"x")
    upload_sweep()
    assert orphan.exists()
    monkeypatch.setattr("gallery.uploads.sweeping.ORPHAN_SECONDS", -1.0)
    upload_sweep()
    assert [path.exists() for path in (partial(going_on), partial(expired), orphan)] == [
        True,
        False,
        False,
    ]
    assert client.head(going_on, headers=TUS).status_code == 200
    assert client.get(expired).status_code == 404


def test_an_upload_is_ended_and_its_photo_stays(client: APIClient) -> None:
    where = begin(client, 10)["Location"]
    piece(client, where, b"123", 0)
    assert client.delete(where, headers=TUS).status_code == 204
    assert not partial(where).exists()
    assert client.delete(where, headers=TUS).status_code == 404
    finished = send(client, picture()).json()["id"]
    assert client.delete(f"{PATH}{finished}/", headers=TUS).status_code == 204
    assert Photo.objects.count() == 1


def test_who_is_erased_leaves_no_upload(client: APIClient, owner: User) -> None:
    where = begin(client, 10)["Location"]
    piece(client, where, b"123", 0)
    assert personal_data.erase(owner)
    assert not partial(where).exists()
    assert not Upload.objects.exists()


# --- at once


def test_a_piece_that_meets_another_one_is_told_to_ask_again(owner: User) -> None:
    client = api(owner)
    where = begin(client, 10)["Location"]
    with partial_files.locked(Upload.objects.get().pk):
        answer = piece(client, where, b"x", 0)
    assert (answer.status_code, answer.json()["code"]) == (423, "busy")
    assert piece(client, where, b"x", 0).status_code == 204


def test_an_upload_that_is_ended_while_a_piece_arrives_is_gone(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = api(owner)
    where = begin(client, 10)["Location"]
    append = partial_files.append

    def end_first(*args: Any) -> int:
        Upload.objects.all().delete()
        return append(*args)

    monkeypatch.setattr(partial_files, "append", end_first)
    answer = piece(client, where, b"12345", 0)
    assert (answer.status_code, answer.json()["code"]) == (410, "gone")
    assert not list(partial_files.folder().iterdir())


def test_unfinished_bytes_count_until_they_end(owner: User, settings: Any) -> None:
    settings.QUOTA_BYTES = 1000
    client = api(owner)
    where = begin(client, 600)["Location"]
    assert begin(client, 600).json()["code"] == "quota_exceeded"
    assert begin(client, 400).status_code == 201
    client.delete(where, headers=TUS)
    assert begin(client, 600).status_code == 201


def test_a_photo_that_finds_no_room_is_kept_to_be_tried_again(
    client: APIClient, settings: Any
) -> None:
    data = picture()
    where = begin(client, len(data))["Location"]
    settings.QUOTA_PHOTOS = 0
    assert refused(piece(client, where, data, 0)) == (413, "quota_exceeded")
    assert not Photo.objects.exists()
    settings.QUOTA_PHOTOS = 1
    assert piece(client, where, b"", len(data)).status_code == 204
    assert Photo.objects.count() == 1


# --- who may


@pytest.fixture
def begun(client: APIClient) -> str:
    where: str = begin(client, 10, filename="mine.jpg")["Location"]
    return where


def test_others_find_no_upload(stranger: User, staff: User, begun: str) -> None:
    for other in (api(stranger), program(stranger), api(staff), program(staff)):
        answers = [
            other.get(begun),
            other.head(begun, headers=TUS),
            piece(other, begun, b"x", 0),
            other.delete(begun, headers=TUS),
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert other.get(PATH).json()["results"] == []
    assert Upload.objects.get().offset == 0


def test_others_send_nothing_into_an_album(stranger: User, staff: User, album: Album) -> None:
    for other in (stranger, staff):
        assert refused(begin(api(other), 10, album=str(album.pk))) == (404, "album_not_found")
        body = {"sha256": ["0" * 64], "album": str(album.pk)}
        assert refused(api(other).post(f"{PATH}known/", body)) == (404, "album_not_found")
        assert api(other).post(f"{PATH}start/", {"album": str(album.pk)}).status_code == 404


def test_nobody_and_bad_keys_are_asked_to_sign_in(begun: str) -> None:
    stranger = APIClient()
    stranger.credentials(HTTP_AUTHORIZATION="Bearer pp_no_key")
    for client in (api(None), stranger):
        assert begin(client, 10).status_code == 401
        assert piece(client, begun, b"x", 0).status_code == 401
        assert client.get(begun).status_code == 401


def test_a_key_needs_the_writing_scope(owner: User, begun: str) -> None:
    reader, writer = program(owner, ["read"]), program(owner, ["write"])
    assert refused(begin(reader, 10)) == (403, "permission_denied")
    assert refused(piece(reader, begun, b"x", 0)) == (403, "permission_denied")
    assert reader.head(begun, headers=TUS).status_code == 403
    assert reader.get(begun).status_code == 200
    assert writer.head(begun, headers=TUS)["Upload-Offset"] == "0"
    assert piece(writer, begun, b"x", 0).status_code == 204
    assert refused(writer.get(begun)) == (403, "permission_denied")


def test_a_session_needs_the_form_token(owner: User, begun: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    headers = {**TUS, "Upload-Length": "10", "Upload-Offset": "0"}
    answers = [
        client.post(PATH, headers=headers),
        client.generic("PATCH", begun, b"x", PIECE, headers=headers),
        client.post(begun, headers={**headers, "X-HTTP-Method-Override": "PATCH"}),
        client.delete(begun, headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4


def test_unfinished_uploads_are_listed(client: APIClient, begun: str) -> None:
    send(client, picture())
    rows = client.get(PATH).json()["results"]
    assert [row["name"] for row in rows] == ["mine.jpg"]


# --- files that are here already


def known(client: APIClient, *files: bytes, **values: Any) -> Any:
    digests = [hashlib.sha256(data).hexdigest() for data in files]
    return client.post(f"{PATH}known/", {"sha256": digests, **values})


def test_known_files_are_taken_without_being_sent(
    client: APIClient, owner: User, album: Album
) -> None:
    photo = Photo.objects.get(pk=send(client, picture(1)).json()["photo"]["id"])
    services.photo_trash(photo=photo)
    answer = known(client, picture(1), picture(2), album=str(album.pk), retouch="start")
    (found,) = answer.json()
    assert found["photo"]["id"] == str(photo.pk)
    assert found["photo"]["albums"] == [str(album.pk)]
    assert found["retouch"]["status"] == "queued"
    photo.refresh_from_db()
    assert photo.deleted_at is None


def test_files_of_others_and_lost_ones_are_not_known(client: APIClient, stranger: User) -> None:
    send(client, picture())
    assert known(api(stranger), picture()).json() == []
    storage.remove(Photo.objects.get().file)
    assert known(client, picture()).json() == []


@pytest.mark.parametrize("digests", [[], ["x"], ["0" * 63], ["0" * 64] * 101, "0" * 64])
def test_a_question_for_known_files_is_checked(client: APIClient, digests: Any) -> None:
    assert refused(client.post(f"{PATH}known/", {"sha256": digests})) == (400, "invalid")


# --- photos that wait


def test_waiting_photos_are_retouched_on_wish_by_the_albums_recipe(
    client: APIClient, album: Album
) -> None:
    services.album_upload_settings(album=album, recipe={"blemishes": 0.5})
    for number in range(2):
        send(client, picture(number), album=str(album.pk))
    send(client, picture(2))
    answer = client.post(f"{PATH}start/", {"album": str(album.pk)})
    assert answer.status_code == 202
    assert [row["recipe"]["blemishes"] for row in answer.json()["retouches"]] == [0.5, 0.5]
    assert answer.json()["waiting"] == 0
    again = client.post(f"{PATH}start/", {"album": str(album.pk)}).json()
    assert again == {"retouches": [], "waiting": 0}
    assert len(client.post(f"{PATH}start/", {}).json()["retouches"]) == 1


def test_an_albums_settings_are_changed_by_the_api(client: APIClient, album: Album) -> None:
    where = f"/api/v1/albums/{album.pk}/"
    row = client.patch(where, {"retouch_on_upload": False, "recipe": {"shine": 0.5}}).json()
    assert (row["title"], row["retouch_on_upload"]) == ("June", False)
    assert (row["recipe"]["shine"], row["recipe"]["blemishes"]) == (0.5, 1.0)
    assert refused_plainly(client.patch(where, {"recipe": {"shine": 2}})) == "invalid_recipe"
    assert refused_plainly(client.patch(where, {"recipe": {"x": 1}})) == "unknown_recipe_key"
    assert client.patch(where, {"title": "July"}).json()["recipe"]["shine"] == 0.5


def refused_plainly(answer: Any) -> str:
    assert answer.status_code == 400
    return str(answer.json()["code"])


FORM = {"blemishes": 80, "evenness": 0, "shine": 35, "under_eyes": 0, "light": 0}


def test_an_albums_recipe_is_set_on_its_page(client: APIClient, album: Album) -> None:
    services.album_upload_settings(album=album, recipe={"format": "webp"})
    where = f"/albums/{album.pk}/recipe/"
    form = {**FORM, "keep_marks": "on"}
    answer = client.post(where, form, format="multipart", follow=True)
    assert "from now on" in answer.content.decode()
    album.refresh_from_db()
    recipe = album.recipe
    assert (recipe["blemishes"], recipe["shine"], recipe["light"]) == (0.8, 0.35, 0)
    assert (recipe["keep_marks"], recipe["format"]) == (True, "webp")
    answer = client.post(where, {**FORM, "shine": 101}, format="multipart", follow=True)
    assert "Nothing was changed" in answer.content.decode()
    album.refresh_from_db()
    assert album.recipe == recipe
    assert client.get(where).status_code == 405


def test_others_do_not_set_an_albums_recipe(stranger: User, staff: User, album: Album) -> None:
    where = f"/albums/{album.pk}/recipe/"
    for person, status in ((stranger, 404), (staff, 404), (None, 302)):
        assert api(person).post(where, FORM, format="multipart").status_code == status
    album.refresh_from_db()
    assert album.recipe == {}


def test_who_has_lost_a_role_sees_of_an_old_upload_no_photo_any_more(
    owner: User, stranger: User, album: Album
) -> None:
    hidden = services.album_create(owner=owner, title="Hidden")
    role, _ = roles.role_give(album=album, email=stranger.email, role="editor")
    sender = api(stranger)
    where = begin(sender, len(picture()), filename="a.png", album=str(album.pk))["Location"]
    piece(sender, where, picture(), 0)
    Photo.objects.get().albums.add(hidden)
    assert sender.get(where).json()["photo"]["albums"] == [str(album.pk)]
    roles.role_remove(role=role)
    row = sender.get(where).json()
    assert (row["photo"], row["retouch"]) == (None, None)


def test_a_file_that_is_dropped_again_leaves_what_was_made_of_it(
    owner: User, client: APIClient, album: Album
) -> None:
    send(client, picture(), filename="a.png", retouch="start")
    Retouch.objects.update(status="succeeded", decisions={"1": "keep"}, version=3)
    services.album_upload_settings(album=album, recipe={"blemishes": 0.2})
    send(client, picture(), filename="a.png", album=str(album.pk), retouch="start")
    known(client, picture(), album=str(album.pk), retouch="start")
    retouch = Retouch.objects.get()
    assert (retouch.version, retouch.decisions) == (3, {"1": "keep"})
    Retouch.objects.update(status="failed")
    known(client, picture(), album=str(album.pk), retouch="start")
    assert Retouch.objects.count() == 2
