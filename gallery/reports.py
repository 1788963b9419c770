"""What was done to a photo, in plain words."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from gallery.sentences import said

# What the guard watches, by its names of limits.
WATCHED = {
    "texture_kept": gettext_lazy("the texture of the skin"),
    "tone_shift": gettext_lazy("the tone of the skin"),
    "spill": gettext_lazy("what lies beside the skin"),
    "droplet": gettext_lazy("skin without new blotches"),
    "noise": gettext_lazy("skin without new grain"),
    "landmarks_moved": gettext_lazy("the shape of the face"),
}
# Notes of the engine that are told otherwise here.
TOLD = ("no face found", "every strength was reduced")


def report_summary(report: Mapping[str, Any]) -> str:
    """Return one sentence with what was removed and kept, and how far skin and tone moved."""
    if not report.get("faces"):
        return _("No face was found, so the skin is unchanged.")
    removed, kept = report.get("spots_removed", 0), report.get("marks_kept", 0)
    parts = [
        ngettext("%(n)s spot removed", "%(n)s spots removed", removed) % {"n": removed},
        ngettext("%(n)s mole or freckle kept", "%(n)s moles and freckles kept", kept) % {"n": kept},
    ]
    if "texture_kept" in report:
        parts.append(_("texture %(n)s %%") % {"n": round(100 * report["texture_kept"])})
        parts.append(_("tone shift %(n).1f ΔE") % {"n": report["tone_shift"]})
    return ", ".join(parts) + "."


def report_notes(report: Mapping[str, Any]) -> list[str]:
    """Return what else a person should know: what the guard reduced and why, what was converted."""
    notes = [said(note) for note in report.get("notes", []) if not note.startswith(TOLD)]
    broken = [str(WATCHED[name]) for name in report.get("limits_broken", []) if name in WATCHED]
    if broken:
        left = round(100 * report.get("guard_strength", 1.0))
        text = (
            _("Nothing was retouched on the skin, so as to keep: %(limits)s.")
            if left == 0
            else _("Every strength was reduced to %(left)s %% of it, so as to keep: %(limits)s.")
        )
        notes.append(text % {"left": left, "limits": ", ".join(broken)})
    if report.get("faces") and not report.get("light") and "light" in report:
        notes.append(_("The light of this photo is as it was."))
    return notes
