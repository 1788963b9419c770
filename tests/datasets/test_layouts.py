"""Every published layout is read as it is: pairs, splits, groups, experts, versions, masks."""

from pathlib import Path

import pytest

from retouch_engine.dataset_import import DatasetError, ImportOptions, dataset_plan
from retouch_engine.dataset_import.plan import Plan
from tests.support.dataset_layouts import (
    make,
    make_ffhqr,
    make_pairs_csv,
    make_pix2pixhd,
    make_portraits,
    make_ppr10k_code,
    make_ppr10k_delivered,
    make_source_target,
)

PPR10K_NAMES = [f"{group}_{index}" for group in (0, 7, 1355, 1356, 1680) for index in (0, 1)]


def plan_of(kind: str, root: Path, **options: object) -> Plan:
    return dataset_plan(kind, root, ImportOptions(**options))  # type: ignore[arg-type]


def stems_by_split(plan: Plan) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = {}
    for photo in plan.photos:
        stems.setdefault(photo.split, []).append(photo.source.stem)
    return {split: sorted(found) for split, found in stems.items()}


@pytest.mark.parametrize("originals", ["ffhq", "images1024x1024", "ffhq/images1024x1024"])
def test_ffhqr_has_its_own_split_and_not_ffhqs(tmp_path: Path, originals: str) -> None:
    ids = [0, 55_999, 56_000, 59_999, 62_999, 63_000, 69_999]
    plan = plan_of("ffhqr", make_ffhqr(tmp_path, ids, originals))
    assert stems_by_split(plan) == {
        "train": ["00000", "55999"],
        "validation": ["56000", "59999", "62999"],
        "test": ["63000", "69999"],
    }
    photo = next(p for p in plan.photos if p.source.stem == "59999")
    assert photo.source == tmp_path / originals / "59000" / "59999.png"
    assert photo.targets["target"] == tmp_path / "ffhqr" / "59000" / "59999.png"


def test_ffhqs_thumbnails_are_no_photos(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path, [1], "ffhq/images1024x1024")
    make(root / "ffhq" / "thumbnails128x128" / "00000" / "00001.png")
    plan = plan_of("ffhqr", root)
    assert len(plan.photos) == 1
    assert plan.problems == []


def test_names_that_are_no_ffhq_ids_are_reported(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path, [1])
    make(root / "ffhq" / "00000" / "face.png")
    make(root / "ffhqr" / "00000" / "70000.png")
    assert [problem.kind for problem in plan_of("ffhqr", root).problems] == ["name", "name"]


@pytest.mark.parametrize("make_layout", [make_ppr10k_code, make_ppr10k_delivered])
def test_ppr10k_is_split_at_group_1356_in_either_layout(tmp_path: Path, make_layout) -> None:
    plan = plan_of("ppr10k", make_layout(tmp_path, PPR10K_NAMES))
    assert plan.problems == []
    originals = [photo for photo in plan.photos if not photo.augmentation]
    assert {p.source.stem for p in originals if p.split == "test"} == {
        "1356_0", "1356_1", "1680_0", "1680_1",
    }  # fmt: skip
    assert len({p.group for p in originals if p.split == "validation"}) == 1
    assert len({p.group for p in originals if p.split == "train"}) == 2
    for photo in originals:
        assert {path.stem for path in photo.files} == {photo.source.stem}
        assert list(photo.targets) == ["a", "b", "c"]
        assert photo.mask is not None


def test_ppr10k_in_adaints_layout_is_recognised(tmp_path: Path) -> None:
    delivered = make_ppr10k_delivered(tmp_path / "delivered", ["0_0", "1_0", "1400_0"])
    root = (delivered / "train_val_images_tif_360p").rename(tmp_path / "PPR10K")
    (delivered / "masks_360p").rename(root / "masks")
    make(root / "source_aug_6" / "0_0_3.tif", deep=True)
    make(root / "source_aug_6" / "1_0_3.tif", deep=True)
    plan = plan_of("ppr10k", root)
    assert plan.problems == []
    assert [p.augmentation for p in plan.photos if p.split == "train"] == [0, 3]


def test_augmented_versions_share_their_photos_targets_and_serve_training_alone(
    tmp_path: Path,
) -> None:
    plan = plan_of("ppr10k", make_ppr10k_code(tmp_path, PPR10K_NAMES, versions=5))
    versions = [photo for photo in plan.photos if photo.augmentation]
    assert {photo.split for photo in versions} == {"train"}
    assert sorted({photo.augmentation for photo in versions}) == [1, 2, 3, 4, 5]
    for photo in versions:
        assert photo.source.stem == f"{photo.key}_{photo.augmentation}"
        assert photo.targets["b"].name == f"{photo.key}.tif"
        assert photo.mask is not None
        assert photo.mask.name == f"{photo.key}.png"


def test_a_copy_of_the_source_among_augmented_versions_counts_once(tmp_path: Path) -> None:
    plan = plan_of("ppr10k", make_ppr10k_code(tmp_path, ["0_0", "1_0"], versions=0))
    assert [photo.source.parent.name for photo in plan.photos] == ["source", "source"]


def test_ppr10k_with_one_expert_has_that_experts_targets(tmp_path: Path) -> None:
    plan = plan_of("ppr10k", make_ppr10k_code(tmp_path, ["0_0"], experts="b"))
    assert list(plan.photos[0].targets) == ["b"]


def test_groups_in_the_wrong_folder_of_ppr10k_are_reported(tmp_path: Path) -> None:
    root = make_ppr10k_code(tmp_path, ["0_0"])
    for folder in ("source", "target_a", "target_b", "target_c"):
        make(root / "train" / folder / "1400_0.tif", deep=folder == "source")
    make(root / "train" / "masks" / "1400_0.png")
    problems = plan_of("ppr10k", root).problems
    assert [problem.kind for problem in problems] == ["split"]
    assert "group 1400" in problems[0].detail


def test_validation_of_ppr10k_is_five_percent_of_the_training_groups(tmp_path: Path) -> None:
    names = [f"{group}_{index}" for group in range(40) for index in range(2)]
    plan = plan_of("ppr10k", make_ppr10k_delivered(tmp_path, names, experts="a"))
    assert len({photo.group for photo in plan.photos if photo.split == "validation"}) == 2
    assert len([photo for photo in plan.photos if photo.split == "validation"]) == 4


def test_pairs_are_matched_by_stem_and_never_by_sorted_order(tmp_path: Path) -> None:
    root = make_pix2pixhd(tmp_path, {"train": ["a", "b", "c", "d"], "val": ["e"]})
    (root / "train_A" / "b.jpg").unlink()
    (root / "train_B" / "c.png").unlink()
    plan = plan_of("pairs", root)
    pairs = {(p.source.stem, p.targets["target"].stem) for p in plan.photos}
    assert pairs == {("a", "a"), ("d", "d"), ("e", "e")}
    assert sorted(p.path for p in plan.problems) == ["train_A/c.jpg", "train_B/b.png"]
    assert {p.kind for p in plan.problems} == {"orphan"}


def test_train_and_test_of_retouchformer_give_a_validation_split(tmp_path: Path) -> None:
    stems = [f"{number:02d}" for number in range(20)]
    plan = plan_of("pairs", make_source_target(tmp_path, {"train": stems, "test": ["x"]}))
    assert {split: len(found) for split, found in stems_by_split(plan).items()} == {
        "train": 19, "validation": 1, "test": 1,
    }  # fmt: skip


def test_pairs_without_splits_get_seeded_ones_by_group(tmp_path: Path) -> None:
    stems = [f"person{person:02d}/{shot}" for person in range(20) for shot in range(2)]
    root = make_source_target(tmp_path, {"": stems})
    first, again, other = (plan_of("pairs", root, seed=seed) for seed in (1, 1, 2))
    folders = {p.split: {q.source.parent for q in first.photos if q.split == p.split}
               for p in first.photos}  # fmt: skip
    assert {split: len(found) for split, found in folders.items()} == {
        "train": 18, "validation": 1, "test": 1,
    }  # fmt: skip
    assert not folders["train"] & (folders["validation"] | folders["test"])
    assert first.photos == again.photos
    assert first.photos != other.photos


def test_a_table_of_pairs_gives_splits_groups_and_licences(tmp_path: Path) -> None:
    table = make_pairs_csv(
        tmp_path,
        [
            {"source": "in/1.png", "target": "out/x.png", "split": "train", "licence": "CC0"},
            {"source": "in/2.png", "target": "out/y.png", "split": "val", "licence": "CC BY"},
        ],
    )
    for source in (table, tmp_path):
        photos = plan_of("pairs", source).photos
        found = [(p.split, p.source.name, p.targets["target"].name, p.licence) for p in photos]
        assert found == [
            ("validation", "2.png", "y.png", "CC BY"),
            ("train", "1.png", "x.png", "CC0"),
        ]


def test_groups_of_a_table_may_not_part(tmp_path: Path) -> None:
    rows = [
        {"source": f"{n}.png", "target": f"t{n}.png", "split": split, "group": group}
        for n, split, group in ((1, "train", "anna"), (2, "test", "anna"), (3, "train", "ben"))
    ]
    problems = plan_of("pairs", make_pairs_csv(tmp_path, rows)).problems
    assert [(p.kind, p.path) for p in problems] == [("split", "1.png")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input,output\na.png,b.png\n", "columns source and target"),
        ("source,target,split\na.png,b.png,dev\n", "split 'dev'"),
        ("source,target\na.png,\n", "both be given"),
        ("", "is empty"),
        ("source,target,source\na.png,b.png,c.png\n", "`source` twice"),
        ("\nsource,target\na.png,b.png\n", "columns source and target"),
        ("source,target\n\na.png,b.png\n\na.png\n", "line 5"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(
    tmp_path: Path, text: str, message: str
) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(text)
    with pytest.raises(DatasetError, match=message):
        plan_of("pairs", table)


def test_files_missing_from_a_table_and_rows_twice_are_reported(tmp_path: Path) -> None:
    row = {"source": "a.png", "target": "b.png"}
    table = make_pairs_csv(tmp_path, [row, row, {"source": "c.png", "target": "d.png"}])
    (tmp_path / "d.png").unlink()
    problems = plan_of("pairs", table).problems
    assert [(p.kind, p.path) for p in problems] == [("listed twice", "a.png"), ("orphan", "d.png")]


def test_portraits_carry_licence_origin_and_group(tmp_path: Path) -> None:
    root = make_portraits(tmp_path, {"train": ["a", "b"], "val": ["c"]})
    (root / "train" / "GROUPS.csv").write_text("group,file\nanna,a.png\n")
    photos = {photo.source.stem: photo for photo in plan_of("portraits", root).photos}
    assert (photos["a"].licence, photos["a"].origin) == ("CC0 1.0", "some:a")
    assert photos["a"].synthetic
    assert photos["a"].group == "anna"
    assert photos["c"].split == "validation"


def test_portraits_in_one_folder_get_seeded_splits(tmp_path: Path) -> None:
    plan = plan_of("portraits", make_portraits(tmp_path, {"": [f"p{n}" for n in range(10)]}))
    counts = {split: len(found) for split, found in stems_by_split(plan).items()}
    assert counts == {"train": 8, "validation": 1, "test": 1}


def test_two_files_with_one_stem_and_unfinished_downloads_are_reported(tmp_path: Path) -> None:
    root = make_source_target(tmp_path, {"train": ["a"], "val": ["b"]})
    make(root / "train" / "source" / "a.jpg")
    (root / "train" / "target" / "c.png.part").write_bytes(b"...")
    assert {p.kind for p in plan_of("pairs", root).problems} == {"same stem", "unfinished copy"}


def test_a_table_may_part_its_columns_by_semicolons_or_tabs_and_quote_names(
    tmp_path: Path,
) -> None:
    for name in ("a, b", 'c "d"', "e;f"):
        make(tmp_path / f"{name}.png")
        make(tmp_path / "after" / f"{name}.png")
    tables = {
        "comma.csv": '\ufeffSource,"Target "\r\n"a, b.png","after/a, b.png"\r\n'
        '"c ""d"".png", "after/c ""d"".png"\r\ne;f.png , after/e;f.png\r\n',
        "semicolon.csv": 'source;target\na, b.png;after/a, b.png\n"c ""d"".png";'
        '"after/c ""d"".png"\n"e;f.png";"after/e;f.png"\n',
        "tab.csv": 'source\ttarget\na, b.png\tafter/a, b.png\n"c ""d"".png"\t'
        '"after/c ""d"".png"\ne;f.png\tafter/e;f.png\n',
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text, newline="")
        plan = plan_of("pairs", tmp_path / name)
        assert not plan.problems, name
        found = {(p.source.stem, p.targets["target"].stem) for p in plan.photos}
        assert found == {(stem, stem) for stem in ("a, b", 'c "d"', "e;f")}


def test_names_are_equal_whether_accents_are_composed_or_not(tmp_path: Path) -> None:
    composed, apart = "anne\u0301e", "ann\u00e9e"
    make(tmp_path / "train" / "source" / f"{composed}.png")
    make(tmp_path / "train" / "target" / f"{apart}.png")
    make(tmp_path / "val" / "source" / "b.png")
    make(tmp_path / "val" / "target" / "b.png")
    (tmp_path / "GROUPS.csv").write_text(f"group,file\nanna,{apart}.png\n")
    plan = plan_of("pairs", tmp_path)
    assert not plan.problems
    assert "anna" in {photo.group for photo in plan.photos}


def test_what_archives_and_servers_leave_behind_is_no_photo(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path, [3, 56_003])
    for folder in ("__MACOSX", "@eaDir", ".Trash"):
        make(root / "ffhqr" / folder / "00000" / "00003.png")
    plan = plan_of("ffhqr", root)
    assert not plan.problems
    assert len(plan.photos) == 2


def test_a_link_to_a_folder_above_is_not_followed_round_and_round(tmp_path: Path) -> None:
    root = make_source_target(tmp_path, {"train": ["a"], "val": ["b"]})
    for side in ("source", "target"):
        (root / "train" / side / "again").symlink_to("..", target_is_directory=True)
    (root / "val" / "source" / "linked.png").symlink_to(make(root / "elsewhere" / "linked.png"))
    make(root / "val" / "target" / "linked.PNG".lower())
    plan = plan_of("pairs", root)
    assert "linked" in stems_by_split(plan)["validation"]
    assert len(plan.photos) + len(plan.problems) < 10


def test_tables_name_files_by_path_where_a_name_alone_could_mean_two(tmp_path: Path) -> None:
    for person in ("anna", "ben"):
        make(tmp_path / "train" / person / "1.png")
    make(tmp_path / "val" / "2.png")
    table = tmp_path / "train" / "SOURCES.csv"
    table.write_text("file,licence\nanna/1.png,CC0 1.0\nben/1.png,CC BY 4.0\nben/3.png,CC0 1.0\n")
    plan = plan_of("portraits", tmp_path)
    licences = {photo.source.parent.name: photo.licence for photo in plan.photos}
    assert (licences["anna"], licences["ben"]) == ("CC0 1.0", "CC BY 4.0")
    assert [(p.kind, p.path) for p in plan.problems] == [("orphan", "train/ben/3.png")]


def test_a_folder_inside_the_data_set_is_told_from_a_wrong_one(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path / "set", [3, 56_003])
    with pytest.raises(DatasetError, match=rf"did you mean {root}\?"):
        plan_of("ffhqr", root / "ffhqr")
