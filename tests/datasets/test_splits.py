"""--limit and seeded order: the same everywhere, a larger limit contains the smaller one."""

from pathlib import Path

import pytest

from retouch_engine.dataset_import import DatasetError, parse_limit
from retouch_engine.dataset_import.plan import Plan, PlannedPhoto
from retouch_engine.dataset_import.splits import apply_limit, seeded_order, split_counts


def plan(photos: int = 40, versions: int = 2) -> Plan:
    return Plan(
        root=Path("/data"),
        photos=[
            PlannedPhoto(Path(f"/data/{n}_{k}.png"), str(n), str(n), split, augmentation=k)
            for n in range(photos)
            for split in ["train" if n % 4 else "test"]
            for k in range(versions + 1)
        ],
    )


def limited(number: int, seed: int = 0) -> list[str]:
    chosen = plan()
    apply_limit(chosen, {"train": number}, seed)
    return [photo.key for photo in chosen.photos if photo.split == "train"]


def test_a_limit_counts_photos_and_takes_their_versions_along() -> None:
    chosen = plan()
    apply_limit(chosen, {"train": 9, "test": 1}, seed=0)
    assert split_counts(chosen.photos) == {"train": 9, "test": 1}
    assert len(chosen.photos) == 30


def test_a_limit_is_reproducible_and_a_larger_one_contains_it() -> None:
    assert limited(9) == limited(9)
    assert set(limited(9)) < set(limited(20))
    assert set(limited(9)) != set(limited(9, seed=1))


def test_the_seeded_order_is_fixed_for_good() -> None:
    assert seeded_order(["a", "b", "c", "d"], seed=0) == ["d", "a", "c", "b"]


def test_a_split_that_the_limit_does_not_name_stays_whole() -> None:
    chosen = plan()
    apply_limit(chosen, {"train": 1}, seed=0)
    assert split_counts(chosen.photos) == {"train": 1, "test": 10}


def test_more_than_there_is_is_refused_with_the_number() -> None:
    with pytest.raises(DatasetError, match="asks for 31 train photos, but there are 30"):
        apply_limit(plan(), {"train": 31}, seed=0)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("train=9000,test=1000", {"train": 9000, "test": 1000}),
        ("val=5", {"validation": 5}),
        (" train = 0 ", {"train": 0}),
        (None, {}),
    ],
)
def test_limits_are_read(text: str | None, limit: dict[str, int]) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    "text", ["train", "train=", "train=-1", "train=1.5", "dev=3", "9000", "train=1;test=1",
             "train=1,train=2", "train=1,"]
)  # fmt: skip
def test_a_malformed_limit_is_refused_and_the_form_shown(text: str) -> None:
    with pytest.raises(DatasetError, match="train=9000,validation=500,test=1000"):
        parse_limit(text)
