"""The engine's English sentences in a person's language.

The engine knows no Django and workers know no person, so what they say is stored in English and
translated when it is shown. A sentence that carries numbers or names matches one with %(name)s.
"""

import re
from functools import lru_cache

from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_noop as _

SENTENCES = (
    # Refused or damaged files.
    _("The file is empty."),
    _("The file is larger than %(megabytes)s MB."),
    _("%(width)s x %(height)s pixels are more than %(limit)s megapixels."),
    _("The picture has far too many pixels."),
    _("The picture is animated; send a still picture."),
    _("This kind of file is not supported: use JPEG, PNG, WebP, AVIF or HEIC."),
    _("The file is not a picture, or it is damaged at the start."),
    _("The file is damaged: part of the picture is missing."),
    # Retouches that failed.
    _("The stored photo is gone: please upload it again."),
    _("Something went wrong here; the operator's log says what."),
    _(
        "This photo was not done in %(seconds)s s, so it was stopped: please try again when less "
        "is going on, or with a smaller copy."
    ),
    _(
        "This photo ended its worker %(attempts)s times, so it was given up: please try a smaller "
        "copy or another format."
    ),
    _(
        "the files of the promoted checkpoint %(name)s are missing or were changed: promote "
        "another one or run rollback_checkpoint"
    ),
    _("This photo could not be read or is in the trash."),
    # Tiles and files for download that failed.
    _("This took too long, so it was stopped: please try again later."),
    _("A stored file is gone: retouch this photo again."),
    _("This ended its worker several times, so it was given up."),
    # Notes of reports.
    _("no face found: returned unchanged"),
    _("light was not judged when this photo was analysed"),
    _("a JPEG has no transparency: what is transparent lies over white"),
    _("the colour profile could not be read: treated as sRGB"),
    _("16 bits per channel were reduced to 8"),
    _("CMYK was converted to sRGB"),
    _("every strength was reduced to %(share)s of it to keep: %(limits)s"),
    _("%(concern)s: the checkpoint %(name)s does not know it, nothing was changed"),
    # Wishes that contradict the state of things.
    _("Only failed or cancelled retouches, not %(status)s."),
    _("Retouch this photo again to see its marks."),
    _("Send at least one decision."),
    _("The retouch is at version %(version)s now."),
    _("There is no mark %(mark)s."),
)
STATUS_WORDS = {
    "queued": gettext_lazy("Waiting"),
    "running": gettext_lazy("Working"),
    "succeeded": gettext_lazy("Done"),
    "failed": gettext_lazy("Failed"),
    "cancelled": gettext_lazy("Cancelled"),
}
PLACE = re.compile(r"%\((\w+)\)s")


def said(sentence: str) -> str:
    """Return a stored sentence in the language that is active; unknown ones as they are."""
    for pattern, template in _patterns():
        match = pattern.fullmatch(sentence)
        if match:
            # Without places nothing is filled in: the sentence may hold a per cent sign.
            found = match.groupdict()
            if "status" in found:
                found["status"] = status_word(found["status"])
            return gettext(template) % found if found else gettext(template)
    return sentence


def status_word(status: str) -> str:
    """Return a retouch's status as people say it, in the language that is active."""
    return str(STATUS_WORDS.get(status, status))


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(_pattern(template), template) for template in SENTENCES]


def _pattern(template: str) -> re.Pattern[str]:
    parts = PLACE.split(template)
    words = [re.escape(part) for part in parts[::2]]
    places = [f"(?P<{name}>.+)" for name in parts[1::2]] + [""]
    return re.compile(
        "".join(word + place for word, place in zip(words, places, strict=True)), re.S
    )
