"""Presets: everybody's, and one's own."""

import pytest

from accounts.models import User
from gallery import presets
from gallery.models import Preset
from tests.support.people import api, program

pytestmark = pytest.mark.django_db

PATH = "/api/v1/presets/"
MINE = {"name": "Wedding", "recipe": {"blemishes": 0.6, "light": 0.3}}


def test_settings_are_saved_renamed_and_deleted(owner: User) -> None:
    client = api(owner)
    made = client.post(PATH, MINE)
    assert made.status_code == 201
    recipe = made.json()["recipe"]
    assert (recipe["blemishes"], recipe["evenness"], recipe["keep_marks"]) == (0.6, 0.0, True)
    assert "format" not in recipe
    path = f"{PATH}{made.json()['id']}/"
    assert client.patch(path, {"name": "Engagement"}).json()["name"] == "Engagement"
    assert client.patch(path, {"recipe": {"shine": 0.2}}).json()["recipe"]["shine"] == 0.2
    assert [one["name"] for one in client.get(PATH).json()["results"]] == ["Engagement"]
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_everybody_has_natural_clean_and_studio(owner: User) -> None:
    listed = api(owner).get(f"{PATH}built-in/").json()
    assert [one["name"] for one in listed] == ["Natural", "Clean", "Studio"]
    assert all(set(one["recipe"]) == set(presets.KEYS) for one in listed)
    assert listed[0]["recipe"]["evenness"] == 0.0


def test_what_cannot_be_saved_is_refused(owner: User) -> None:
    client = api(owner)
    client.post(PATH, MINE)
    for body, code in [
        ({**MINE, "name": " wedding "}, "name_taken"),
        ({"name": " ", "recipe": {}}, "invalid"),
        ({"name": "x" * 61, "recipe": {}}, "invalid"),
        ({"name": "a", "recipe": {"blemishes": 2}}, "invalid_recipe"),
        ({"name": "a", "recipe": {"nonsense": 1}}, "unknown_recipe_key"),
        ({"name": "a"}, "invalid"),
    ]:
        answer = client.post(PATH, body)
        assert 400 <= answer.status_code < 500
        assert answer.json()["code"] == code
    assert Preset.objects.count() == 1


def test_a_person_has_so_many_and_no_more(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presets, "MOST_PRESETS", 1)
    api(owner).post(PATH, MINE)
    answer = api(owner).post(PATH, {**MINE, "name": "Other"})
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_presets")


def test_presets_are_ones_own(owner: User, stranger: User, staff: User) -> None:
    path = f"{PATH}{api(owner).post(PATH, MINE).json()['id']}/"
    for person in (stranger, staff):
        client = api(person)
        assert client.get(PATH).json()["results"] == []
        assert client.get(path).status_code == 404
        assert client.patch(path, {"name": "theirs"}).status_code == 404
        assert client.delete(path).status_code == 404
        assert client.post(PATH, MINE).status_code == 201
    assert program(owner, ["read"]).delete(path).status_code == 403
    assert api(owner).get(path).json()["name"] == "Wedding"
