"""Which photo lies in which split: seeded, by group, the same on every machine."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .plan import SPLITS, TEST, TRAIN, VALIDATION, DatasetError, Plan, PlannedPhoto

HELD_OUT_SHARE = 0.05


def parse_limit(text: str | None) -> dict[str, int]:
    """Read `train=9000,test=1000`; raises DatasetError that shows the form."""
    limit: dict[str, int] = {}
    for part in text.split(",") if text else []:
        split, _, number = (word.strip() for word in part.partition("="))
        split = VALIDATION if split == "val" else split
        if split not in SPLITS or not number.isdecimal() or split in limit:
            raise DatasetError(
                f"--limit {text!r} is not of the form train=9000,validation=500,test=1000"
            )
        limit[split] = int(number)
    return limit


def seeded_order(names: Iterable[str], seed: int) -> list[str]:
    """Return the different names in an order that only the seed and the names decide.

    The order of a subset is that of the whole, so that a larger limit contains the smaller one.
    """
    return sorted(set(names), key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())


def assign_splits(plan: Plan, seed: int) -> None:
    """Give every photo of the plan its split, in place, and report groups that lie in two.

    A layout without splits gets 90 / 5 / 5 % of its groups, one without validation gives 5 % of
    its training groups (at least one where there are two). Augmented versions serve training
    alone: those of a photo that is held out are dropped.
    """
    _report_groups_in_two_splits(plan)
    splits = {photo.split for photo in plan.photos}
    if splits == {""}:
        _hold_out(plan, "", TEST, seed, at_least=3)
        _hold_out(plan, "", VALIDATION, seed, at_least=2)
        plan.photos = [replace(p, split=p.split or TRAIN) for p in plan.photos]
    elif VALIDATION not in splits and not plan.official_splits:
        _hold_out(plan, TRAIN, VALIDATION, seed, at_least=2)
    plan.photos = [p for p in plan.photos if not p.augmentation or p.split == TRAIN]


def _hold_out(plan: Plan, giving: str, receiving: str, seed: int, at_least: int) -> None:
    every = {photo.group for photo in plan.photos}
    groups = seeded_order((p.group for p in plan.photos if p.split == giving), seed)
    if len(groups) < at_least:
        return
    whole = len(every) if giving == "" else len(groups)
    chosen = set(groups[: max(1, round(HELD_OUT_SHARE * whole))])
    plan.photos = [
        replace(p, split=receiving) if p.split == giving and p.group in chosen else p
        for p in plan.photos
    ]


def _report_groups_in_two_splits(plan: Plan) -> None:
    """Report photos whose group is held out elsewhere as well, and leave them out."""
    home: dict[str, str] = {}
    for split in (TRAIN, VALIDATION, TEST):
        home.update((photo.group, split) for photo in plan.photos if photo.split == split)
    for photo in plan.photos:
        if photo.split and photo.split != home[photo.group]:
            detail = f"its group {photo.group} lies in {home[photo.group]} as well"
            plan.report("split", photo.source, detail)
    plan.photos = [p for p in plan.photos if not p.split or p.split == home[p.group]]


def apply_limit(plan: Plan, limit: Mapping[str, int], seed: int) -> None:
    """Keep a seeded choice of photos in each split that `limit` names, all in the others.

    Augmented versions go with their photo and are not counted. Raises DatasetError when more is
    asked for than there is.
    """
    for split, number in limit.items():
        keys = seeded_order((p.key for p in plan.photos if p.split == split), seed)
        if number > len(keys):
            raise DatasetError(
                f"--limit asks for {number} {split} photos, but there are {len(keys)}"
            )
        chosen = set(keys[:number])
        plan.photos = [p for p in plan.photos if p.split != split or p.key in chosen]


def split_counts(photos: Iterable[PlannedPhoto]) -> dict[str, int]:
    """Return the number of photos per split, augmented versions not counted."""
    counts = Counter(photo.split for photo in photos if not photo.augmentation)
    return {split: counts[split] for split in SPLITS if counts[split]}
