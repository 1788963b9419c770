"""Stored analyses: found, read, and kept for as long as a retouch stands on one."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from gallery import storage
from gallery.errors import SupersededError
from gallery.models import Analysis, Photo, Retouch, RetouchVersion
from retouch_engine import retoucher
from retouch_engine.retoucher import ENGINE_VERSION, AnalysisError, DecodedPhoto
from retouch_engine.services import promoted_checkpoint

logger = logging.getLogger(__name__)

PAGE_FILE = "page.bin"


def analysis_of(retouch: Retouch) -> Analysis | None:
    """Return the stored analysis that a retouch stands on, or can stand on; None if there is none.

    One that it stands on stays its own when the engine or the promoted checkpoint changes.
    """
    if retouch.analysis_id is not None:
        return retouch.analysis
    return Analysis.objects.filter(
        photo=retouch.photo_id,
        checkpoint_sha256=retouch.checkpoint_sha256,
        tone_checkpoint_sha256=promoted_checkpoint("tone").sha256,
        engine_version=ENGINE_VERSION,
    ).first()


def look_decisions(look: Mapping[str, Any] | None, analysis_id: UUID | None) -> dict[str, str]:
    """Return what a group decided on an analysis' marks, by id; nothing on those of another."""
    decided = look is not None and look.get("analysis") == str(analysis_id)
    return dict(look["decisions"]) if look is not None and decided else {}


def all_decisions(wish: Retouch | RetouchVersion, analysis_id: UUID | None) -> dict[int, str]:
    """Return what the group decided on marks, and a person, who wins."""
    decided = {**look_decisions(wish.look, analysis_id), **wish.decisions}
    return {int(mark): decision for mark, decision in decided.items()}


def look_anchor(look: Mapping[str, Any] | None) -> retoucher.Anchor | None:
    """Return what a group agreed on about tone; None for a photo that stands for itself."""
    return None if look is None else retoucher.Anchor(*look["anchor"])


def analysis_load(row: Analysis) -> retoucher.Analysis:
    """Read a stored analysis; raises AnalysisError or OSError."""
    return retoucher.Analysis.from_files(
        {name: storage.read(f"{row.folder}/{name}") for name in row.files}
    )


def page_layers_store(row: Analysis, photo: DecodedPhoto, analysis: retoucher.Analysis) -> None:
    """Store what a page shows any recipe with, see `retoucher.page_layers`; once per analysis."""
    name = page_layers_name(row)
    if not storage.exists(name):
        # Two retouches on one analysis may come here at once.
        storage.replace(name, retoucher.page_layers(photo, analysis))
        if not Analysis.objects.filter(pk=row.pk).exists():
            # Erased meanwhile: nobody else knows of this file.
            storage.remove(name)


def page_layers_name(row: Analysis) -> str:
    """Return the name of the file that `page_layers_store` writes."""
    return f"{row.folder}/{PAGE_FILE}"


def analysis_save(photo: Photo, analysis: retoucher.Analysis) -> Analysis:
    """Store an analysis; where the same one is stored already and whole, that one is returned.

    The files of a damaged one are replaced, so that everything that stands on it can be read again.
    Raises SupersededError where the photo was erased meanwhile.
    """
    stored = _store(analysis)
    key = {
        "photo": photo,
        "checkpoint_sha256": analysis.checkpoint_sha256,
        "tone_checkpoint_sha256": analysis.tone_checkpoint_sha256,
        "engine_version": analysis.engine_version,
    }
    try:
        with transaction.atomic():
            return Analysis.objects.create(**key, **stored)
    except IntegrityError as error:
        known = Analysis.objects.filter(**key).first()
        if known is None:
            storage.remove_folder(stored["folder"], stored["files"])
            raise SupersededError from error
        return _replaced_if_damaged(known, stored)


def _store(analysis: retoucher.Analysis) -> dict[str, Any]:
    files = analysis.to_files()
    folder = f"analyses/{uuid4()}"
    for name, data in files.items():
        storage.store(f"{folder}/{name}", data)
    size = sum(len(data) for data in files.values())
    return {"folder": folder, "files": sorted(files), "bytes": size}


def _replaced_if_damaged(row: Analysis, stored: dict[str, Any]) -> Analysis:
    unused = (stored["folder"], stored["files"])
    try:
        analysis_load(row)
    except (AnalysisError, OSError):
        logger.warning("the files of analysis %s are damaged: replaced", row.pk)
        unused = (row.folder, row.files)
        if not Analysis.objects.filter(pk=row.pk).update(**stored):
            storage.remove_folder(stored["folder"], stored["files"])
            raise SupersededError from None
        for field, value in stored.items():
            setattr(row, field, value)
    folder, names = unused
    storage.remove_folder(folder, [*names, PAGE_FILE])
    return row
