"""English is complete by itself; German must be, and what people see in it must be German."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from accounts.models import User
from gallery.sentences import PLACE, SENTENCES, said

ROOT = Path(__file__).resolve().parents[2]
# Where what people read on pages is said in English.
SPEAKERS = ("header", "decoding", "colour")


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = _tool()


@pytest.mark.parametrize("path", messages.catalogues(), ids=lambda path: path.parts[-3])
class TestACatalogue:
    """Mended by: make messages, then filling in what it prints."""

    def test_has_every_text(self, path: Path) -> None:
        assert messages.missing(messages.updated(path)) == []

    def test_fills_in_what_its_texts_fill_in(self, path: Path) -> None:
        assert messages.problems(messages.updated(path)) == []

    def test_is_compiled(self, path: Path) -> None:
        assert path.with_suffix(".mo").read_bytes() == messages.as_mo(messages.updated(path))


def test_every_language_but_english_has_a_catalogue() -> None:
    languages = {path.parts[-3] for path in messages.catalogues()}
    assert {code for code, _ in settings.LANGUAGES} == {"en", *languages}


def test_texts_are_found_in_code_and_templates() -> None:
    code = 'a = _("one") + ngettext("two", "twos", n) + pgettext("c", "three") + other("four")'
    found = set(messages.in_code(code))
    assert {(m.context, m.text, m.plural) for m in found} == {
        ("", "one", ""), ("", "two", "twos"), ("c", "three", ""),
    }  # fmt: skip
    page = (
        '{% translate "It\'s" %}{% translate "Light" context "c" %}'
        "{% blocktranslate count n=k %}{{ n }} x{% plural %}{{ n }} y{% endblocktranslate %}"
    )
    found = set(messages.in_template(page))
    assert {(m.context, m.text, m.plural) for m in found} == {
        ("", "It's", ""), ("c", "Light", ""), ("", "%(n)s x", "%(n)s y"),
    }  # fmt: skip


def test_a_stored_sentence_is_said_in_the_readers_language() -> None:
    with translation.override("de"):
        assert said("The file is larger than 100 MB.") == "Die Datei ist größer als 100 MB."
        assert said("no face found: returned unchanged").startswith("Kein Gesicht")
        assert said("every strength was reduced to 50% of it to keep: texture").count("50%") == 1
        assert said("A sentence that nobody listed.") == "A sentence that nobody listed."
    assert said("The file is larger than 100 MB.") == "The file is larger than 100 MB."


def _sentences(path: Path) -> list[str]:
    """Return what a module raises as ImageError, its numbers replaced by x."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ImageError":
            found.append(_literal(node.args[1]))
    return found


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.JoinedStr)
    return "".join(v.value if isinstance(v, ast.Constant) else "x" for v in node.values)


@pytest.mark.parametrize("module", SPEAKERS)
def test_every_refusal_of_a_picture_is_listed(module: str) -> None:
    known = {PLACE.sub("x", sentence) for sentence in SENTENCES}
    path = ROOT / "retouch_engine" / "imaging" / f"{module}.py"
    assert [s for s in _sentences(path) if s not in known] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("/", "Porträts, behutsam retuschiert"),
        ("/accounts/login/", "Passwort vergessen?"),
        ("/accounts/signup/", "Passwort (wiederholen)"),
        ("/accounts/password/reset/", "Link schicken"),
        ("/nothing/", "Hier ist nichts"),
    ],
)
def test_a_german_reads_german(page: str, text: str, client: Client) -> None:
    content = client.get(page, headers={"Accept-Language": "de"}).content.decode()
    assert text in content
    assert '<html lang="de"' in content
    for informal in (" du ", " dich ", " dein", "Dein", "Du "):
        assert informal not in content


@pytest.mark.django_db
def test_wrong_sign_in_and_mail_are_formal(
    client: Client, owner: User, mailoutbox: list[object]
) -> None:
    german = {"Accept-Language": "de"}
    wrong = {"login": owner.email, "password": "wrong"}
    answer = client.post("/accounts/login/", wrong, headers=german)
    assert "E-Mail-Adresse oder Passwort stimmen nicht." in answer.content.decode()
    client.post("/accounts/password/reset/", {"email": owner.email}, headers=german)
    (mail,) = mailoutbox
    assert "Sie oder jemand anderes" in mail.body
    assert "/accounts/password/reset/key/" in mail.body
