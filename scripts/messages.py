"""Bring the catalogues in locale/ up to date with templates and code, and compile them.

    make messages          update and compile; says what has no translation yet
    ... --forget           also drop translations of texts that are not in use
    ... --check            change nothing; exit 1 if something is missing, old or not compiled

It needs no gettext tools: Django turns templates into code, Babel keeps catalogues.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "locale"
CODE = ("accounts", "gallery", "platform", "retouch_engine")
# What a function of gettext takes before anything else: context, text, plural.
ARGUMENTS = {"": ("text",), "n": ("text", "plural"), "p": ("context", "text"),
             "np": ("context", "text", "plural")}  # fmt: skip
NAME = re.compile(r"_|(?P<sort>np|n|p|)gettext(?:_lazy|_noop)?")
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
# What templatize writes: a call with one to three literals first.
CALL = re.compile(rf"\b(?P<sort>np|n|p|)(?:gettext|_)\((?P<literals>{STRING}(?:, ?{STRING})*)")


@dataclass(frozen=True)
class Message:
    """A text to translate, and the files that it stands in."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> str | tuple[str, str]:
        """Return what Babel calls its id."""
        return (self.text, self.plural) if self.plural else self.text


def in_code(source: str) -> Iterator[Message]:
    """Yield the texts of Python code."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        match = NAME.fullmatch(name)
        literals = [a.value for a in node.args if isinstance(a, ast.Constant)]
        texts = [value for value in literals if isinstance(value, str)]
        if match and texts:
            yield _message(match["sort"] or "", texts)


def in_template(source: str) -> Iterator[Message]:
    """Yield the texts of a Django template."""
    for match in CALL.finditer(templatize(source)):
        texts = [ast.literal_eval(literal) for literal in re.findall(STRING, match["literals"])]
        yield _message(match["sort"] or "", texts)


def _message(sort: str, texts: list[str]) -> Message:
    return Message(**dict(zip(ARGUMENTS[sort], texts, strict=False)))


def all_messages() -> dict[Message, list[str]]:
    """Return every text with the files that hold it."""
    found: dict[Message, list[str]] = {}
    for path in sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py")):
        _note(found, path, in_code(path.read_text()))
    for path in sorted(path for path in (ROOT / "templates").rglob("*.*") if path.is_file()):
        _note(found, path, in_template(path.read_text()))
    return found


def _note(found: dict[Message, list[str]], path: Path, messages: Iterator[Message]) -> None:
    for message in messages:
        places = found.setdefault(message, [])
        if (place := str(path.relative_to(ROOT))) not in places:
            places.append(place)


def updated(catalogue: Path) -> Catalog:
    """Return a language's catalogue with today's texts; none is guessed.

    Translations of texts that are not in use stay aside: the text may come back, or come with
    another branch.
    """
    language = catalogue.parent.parent.name
    with catalogue.open("rb") as file:
        old = read_po(file, locale=language)
    known = {(m.context, m.id): m for m in [*old.obsolete.values(), *old] if m.id}
    # No dates: two people who add texts would meet in them.
    unchanging = datetime(2026, 1, 1, tzinfo=UTC)
    new = Catalog(
        locale=language,
        header_comment="# See docs/translating.md; `make messages` writes this file.",
        project="Portrait platform",
        version="1",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=unchanging,
        revision_date=unchanging,
        fuzzy=False,
    )
    for message, places in all_messages().items():
        empty = ("",) * new.num_plurals if message.plural else ""
        translated = known.pop((message.context or None, message.key), None)
        new.add(
            message.key,
            translated.string if translated else empty,
            locations=[(place, 0) for place in places],
            context=message.context or None,
            flags=[f for f in (translated.flags if translated else ()) if f == "fuzzy"],
        )
    unused = (message for message in known.values() if _is_whole(message.string))
    new.obsolete = {(message.id, message.context): message for message in unused}
    return new


def missing(catalogue: Catalog) -> list[str]:
    """Return the texts without a translation, or with one that is only a guess."""
    rows = [message for message in catalogue if message.id]
    return [str(row.id) for row in rows if not _is_whole(row.string) or row.fuzzy]


def problems(catalogue: Catalog) -> list[str]:
    """Return what makes a translation fail when it is filled in."""
    return [f"{row.id}: {error}" for row, errors in catalogue.check() for error in errors]


def _is_whole(string: str | tuple[str, ...]) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


def as_po(catalogue: Catalog, *, forget: bool = False) -> bytes:
    """Return the file that people edit; `forget` leaves out what is not in use."""
    buffer = io.BytesIO()
    write_po(
        buffer, catalogue, width=100, sort_output=True, include_lineno=False, ignore_obsolete=forget
    )
    return buffer.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    """Return the file that Django reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def catalogues() -> list[Path]:
    """Return every language's catalogue."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/django.po"))


def main() -> int:
    """Update or check every language; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--forget", action="store_true", help="drop what is not in use")
    options = parser.parse_args()
    check = options.check
    wrong = 0
    for path in catalogues():
        catalogue = updated(path)
        files = {
            path: as_po(catalogue, forget=options.forget),
            path.with_suffix(".mo"): as_mo(catalogue),
        }
        old = [f for f, data in files.items() if not f.exists() or f.read_bytes() != data]
        if check:
            # Which files hold a text is for translators: it may lag behind.
            old = [file for file in old if file.suffix == ".mo"]
        texts = missing(catalogue)
        wrong += len(texts) + len(problems(catalogue)) + (len(old) if check else 0)
        for line in [*texts, *problems(catalogue)]:
            print(f"{path.relative_to(ROOT)}: {line}")  # noqa: T201
        for file in old:
            print(f"{file.relative_to(ROOT)} {'is old' if check else 'is written'}")  # noqa: T201
            if not check:
                file.write_bytes(files[file])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
