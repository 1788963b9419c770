"""Groups: photos of one person and scene that get one tone, and decide on marks together.

A group is three steps, each seen in rows alone: every photo has a retouch with an analysis; one job
agrees on the tone; every retouch gets a new version with it, by the way of all retouches. `advance`
may be called at any time, by anybody: it takes the step whose time has come.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from gallery import storage
from gallery.analyses import analysis_load
from gallery.models import Group, GroupPhoto, Photo, Retouch
from gallery.services import UNFINISHED, WishError, look_hash, requeue, retouch_create
from job_queue.queue import JobTimeoutError, enqueue, job_id
from retouch_engine import retoucher
from retouch_engine.retoucher import AnalysisError, Recipe

logger = logging.getLogger(__name__)

GROUP_JOB = "gallery.jobs.group_run"
SMALLEST, LARGEST = 2, 500
# As for retouches: a job that was just pushed may not be listed yet.
GRACE = timedelta(seconds=15)
UNSETTLED = (Group.Status.QUEUED, Group.Status.RUNNING)


def group_create(
    *, owner: User, photos: Iterable[Photo], reference: Photo | None = None, title: str = ""
) -> Group:
    """Wish one tone for some photos; the reference's look, where one is named, else their middle.

    Photos without a retouch get one. `owner` is who wishes it; the group belongs to the photos'
    owner. Raises WishError for too few or too many photos, or for photos of several people.
    """
    members = {photo.pk: photo for photo in photos}
    if len(members) < SMALLEST:
        raise WishError("group_too_small", _("A group needs at least two photos."), 400)
    if len(members) > LARGEST:
        text = _("A group has at most %(count)s photos: choose fewer.") % {"count": LARGEST}
        raise WishError("group_too_large", text, 400)
    if reference is not None:
        members.setdefault(reference.pk, reference)
    whose = photos_owner(members.values())
    with transaction.atomic():
        group = Group.objects.create(owner=whose, reference=reference, title=title[:120])
        for photo in members.values():
            retouch = _retouch_of(whose, photo, owner)
            GroupPhoto.objects.create(group=group, photo=photo, retouch=retouch)
        transaction.on_commit(lambda: group_advance(group.pk))
    return group


def photos_owner(photos: Iterable[Photo]) -> User:
    """Return whom photos belong to; raises WishError where they are several people's."""
    owners = {photo.owner_id: photo for photo in photos}
    if len(owners) != 1:
        text = _("These photos belong to several people: choose those of one.")
        raise WishError("several_owners", text, 400)
    owner: User = next(iter(owners.values())).owner
    return owner


def _retouch_of(owner: User, photo: Photo, wisher: User) -> Retouch:
    """Return the photo's newest retouch that runs or is done, a new one where there is none."""
    usable = (*UNFINISHED, Retouch.Status.SUCCEEDED)
    newest = photo.retouches.filter(owner=owner, status__in=usable).order_by("-created_at").first()
    return newest or retouch_create(owner=owner, photo=photo, requested_by=wisher)[0]


@transaction.atomic
def group_advance(group_id: UUID) -> None:
    """Take the next step of a group if its time has come."""
    group = Group.objects.select_for_update().filter(pk=group_id, status__in=UNSETTLED).first()
    if group is None or group.members.filter(retouch__status__in=UNFINISHED).exists():
        return
    if group.status == Group.Status.QUEUED:
        group.status = Group.Status.RUNNING
        group.enqueue_number += 1
        group.queued_at = timezone.now()
        group.save(update_fields=["status", "enqueue_number", "queued_at"])
        enqueue(GROUP_JOB, str(group.pk), group.enqueue_number)
    elif group.agreed_at is not None:
        done = group.members.filter(retouch__status=Retouch.Status.SUCCEEDED).exists()
        group.status = Group.Status.SUCCEEDED if done else Group.Status.FAILED
        group.finished_at = timezone.now()
        group.save(update_fields=["status", "finished_at"])


def groups_advance(retouch: Retouch) -> None:
    """Advance the groups of a retouch that has just ended."""
    for group_id in _unsettled_of(retouch):
        group_advance(group_id)


def _unsettled_of(retouch: Retouch) -> list[UUID]:
    members = GroupPhoto.objects.filter(retouch=retouch, group__status__in=UNSETTLED)
    return list(members.values_list("group_id", flat=True))


def group_run(identifier: str) -> None:
    """Agree on a group's tone; job `{row id}-{number}`, see `retouch_run`."""
    row_id, _number, number = identifier.rpartition("-")
    group = Group.objects.filter(
        pk=row_id, status=Group.Status.RUNNING, enqueue_number=int(number), agreed_at=None
    ).first()
    if group is None:
        return
    try:
        _agree(group)
    except WishError as error:
        _fail(group, error.code, error.detail)
    except DatabaseError:
        raise
    except JobTimeoutError:
        logger.exception("group %s took too long", group.pk)
        _fail(group, "timed_out", _("These are too many photos for this machine: choose fewer."))
    except Exception:
        logger.exception("group %s failed", group.pk)
        text = _("Something went wrong here; the operator's log says what.")
        _fail(group, "internal_error", text)


def _fail(group: Group, code: str, detail: str) -> None:
    Group.objects.filter(pk=group.pk, enqueue_number=group.enqueue_number).update(
        status=Group.Status.FAILED,
        error_code=code,
        error_detail=detail,
        finished_at=timezone.now(),
    )


def _agree(group: Group) -> None:
    """Judge one photo after the other, agree, and wish every photo's next version."""
    lights, outlines = {}, {}
    for member in _usable(group):
        judged = _judged(member)
        if judged is not None:
            lights[member.pk], outlines[member.pk] = judged
        group.members.filter(pk=member.pk).update(judged=judged is not None)
    members = {m.pk: m for m in _usable(group) if m.pk in lights}
    chosen = [pk for pk, member in members.items() if member.photo_id != group.reference_id]
    if not chosen or (len(members) < SMALLEST and group.reference_id is None):
        text = _("Fewer than two of these photos could be used: see what is said beside each.")
        raise WishError("group_too_small", text)
    anchor = _anchor(group, members, [lights[pk].anchor for pk in chosen])
    decided = retoucher.group_decisions([outlines[pk] for pk in chosen])
    shown = {pk: lights[pk].chromaticity for pk in members}
    matched = shown | {pk: _matched(members[pk], anchor) for pk in chosen}
    looks = {
        pk: {
            "group": str(group.pk),
            "analysis": str(members[pk].wished.analysis_id),
            "anchor": list(anchor),
            "decisions": {str(mark): decision for mark, decision in decisions.items()},
        }
        for pk, decisions in zip(chosen, decided, strict=True)
    }
    before, after = (retoucher.tone_variance(list(each.values())) for each in (shown, matched))
    _apply(group, looks, before, after)


def _usable(group: Group) -> list[GroupPhoto]:
    rows = group.members.select_related("photo", "retouch__analysis")
    return list(
        rows.filter(
            photo__deleted_at=None,
            retouch__status=Retouch.Status.SUCCEEDED,
            retouch__analysis__isnull=False,
        ).order_by("pk")
    )


def _judged(member: GroupPhoto) -> tuple[retoucher.PhotoLight, Any] | None:
    try:
        analysis = _analysis(member)
        light = float(member.wished.recipe.get("light", 0))
        return retoucher.photo_light(_preview(member), analysis, light), analysis.outline()
    except (AnalysisError, OSError, retoucher.ImageError):
        logger.exception("photo %s is left out of its group", member.photo_id)
        return None


def _analysis(member: GroupPhoto) -> retoucher.Analysis:
    row = member.wished.analysis
    if row is None:
        raise AnalysisError("the photo has no analysis")
    return analysis_load(row)


def _preview(member: GroupPhoto) -> Any:
    return retoucher.decode(storage.read(f"photos/{member.photo_id}/thumbnail.webp")).pixels


def _anchor(
    group: Group, members: dict[int, GroupPhoto], anchors: list[retoucher.Anchor]
) -> retoucher.Anchor:
    """Return what the group agrees on: the look of the reference as it is shown, or the middle."""
    if group.reference_id is None:
        return retoucher.agreed_anchor(anchors)
    found = [m for m in members.values() if m.photo_id == group.reference_id]
    version = found[0].wished.versions.select_related("rendition").first() if found else None
    if version is None:
        text = _("The photo whose look was to be matched could not be used.")
        raise WishError("reference_unusable", text)
    shown = retoucher.decode(storage.read(version.rendition.preview)).pixels
    return retoucher.anchor_of_preview(shown, _analysis(found[0]))


def _matched(member: GroupPhoto, anchor: retoucher.Anchor) -> tuple[float, float]:
    analysis = _analysis(member)
    return retoucher.matched_chromaticity(_preview(member), analysis, anchor)


@transaction.atomic
def _apply(
    group: Group, looks: dict[int, dict[str, Any]], glc_before: float, glc_after: float
) -> None:
    mine = Group.objects.select_for_update().filter(
        pk=group.pk, status=Group.Status.RUNNING, enqueue_number=group.enqueue_number
    )
    if not mine.update(agreed_at=timezone.now(), glc_before=glc_before, glc_after=glc_after):
        return
    for pk, look in looks.items():
        here = Retouch.objects.select_for_update().filter(photo__deleted_at=None)
        retouch = here.filter(memberships=pk).first()
        if retouch is None:
            # Put into the trash while the others were looked at.
            continue
        # All of it: a group that is half consistent is not consistent.
        recipe = Recipe.from_dict({**retouch.recipe, "light": 1.0})
        requeue(
            retouch,
            recipe=recipe.to_dict(),
            recipe_hash=look_hash(recipe, look),
            look=look,
            version=F("version") + 1,
        )


def group_sweep(live: set[str]) -> None:
    """Advance groups whose last hint was lost, and enqueue agreements that no worker knows."""
    for group in Group.objects.filter(status__in=UNSETTLED):
        agreeing = group.status == Group.Status.RUNNING and group.agreed_at is None
        if not agreeing:
            group_advance(group.pk)
        elif job_id(str(group.pk), group.enqueue_number) not in live:
            _requeue_lost(group)


@transaction.atomic
def _requeue_lost(group: Group) -> None:
    before = timezone.now() - GRACE
    lost = Group.objects.filter(
        pk=group.pk, enqueue_number=group.enqueue_number, agreed_at=None, queued_at__lt=before
    )
    if lost.update(enqueue_number=F("enqueue_number") + 1, queued_at=timezone.now()):
        enqueue(GROUP_JOB, str(group.pk), group.enqueue_number + 1)


def group_progress(group: Group) -> float:
    """Return how far a group is, 0..1: analyses are its first half, new versions its second."""
    if group.status not in UNSETTLED:
        return 1.0
    members = list(group.members.select_related("retouch").exclude(retouch=None))
    unfinished = [m.wished.progress for m in members if m.wished.status in UNFINISHED]
    done = len(members) - len(unfinished) + sum(unfinished)
    share = done / max(len(members), 1)
    return round(0.5 * share + (0.5 if group.agreed_at is not None else 0.0), 3)
