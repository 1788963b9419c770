"""manage.py import_dataset: what it records, what it refuses, and that it goes on."""

import csv
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest
from django.core.management import CommandError, call_command

from retouch_engine.datasets import DatasetError, dataset_licence, dataset_photos
from retouch_engine.models import Dataset, DatasetPhoto
from tests.support.dataset_layouts import (
    cut_off,
    make,
    make_ffhqr,
    make_pairs_csv,
    make_pix2pixhd,
    make_portraits,
    make_ppr10k_code,
    make_ppr10k_delivered,
    make_source_target,
    pixels,
    write_picture,
)

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]


def import_it(kind: str, source: Path, *options: str, name: str = "faces") -> Dataset:
    call_command("import_dataset", kind, str(source), "--name", name, *options)
    return Dataset.objects.get(name=name)


def refusal(kind: str, source: Path, *options: str, name: str = "faces") -> str:
    with pytest.raises(CommandError) as refused:
        import_it(kind, source, *options, name=name)
    message = str(refused.value)
    assert "\n" not in message
    assert refused.value.returncode == 1
    return message


def file_sha256(path: str | Path) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_pairs_are_recorded_with_checksums_sizes_and_licence(tmp_path: Path) -> None:
    dataset = import_it("ffhqr", make_ffhqr(tmp_path, [3, 56_003, 63_003]))
    photo = dataset.photos.get(split="train")
    assert photo.path == str(tmp_path / "ffhq/00000/00003.png")
    assert photo.sha256 == file_sha256(photo.path)
    assert photo.targets["target"]["sha256"] == file_sha256(tmp_path / "ffhqr/00000/00003.png")
    assert photo.target_path() == tmp_path / "ffhqr/00000/00003.png"
    assert (photo.width, photo.height) == (24, 32)
    assert dataset_licence(["faces"]) == "CC BY-NC-SA 4.0 (non-commercial)"


@pytest.mark.parametrize("make_layout", [make_ppr10k_code, make_ppr10k_delivered])
def test_ppr10k_is_recorded_with_experts_masks_and_groups(
    tmp_path: Path, make_layout: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["0_0", "0_1", "1_0", "1356_0", "1356_1"]
    dataset = import_it("ppr10k", make_layout(tmp_path, names))
    photos = dataset.photos.filter(split="test")
    assert [photo.group for photo in photos] == ["1356", "1356"]
    assert photos[0].target_path("c") != photos[0].target_path("a")
    assert photos[0].mask_sha256 == file_sha256(photos[0].mask)
    assert "non-commercial research purposes only" in capsys.readouterr().out
    with pytest.raises(DatasetError, match="no targets of expert 'd'"):
        dataset_photos(name="faces", split="test", expert="d")


def test_augmented_versions_come_only_when_asked_for(tmp_path: Path) -> None:
    import_it("ppr10k", make_ppr10k_code(tmp_path, ["0_0", "1_0", "1356_0"], versions=5))
    assert len(dataset_photos(name="faces", split="train")) == 1
    assert len(dataset_photos(name="faces", split="train", augmented=True)) == 6


def test_a_licence_given_stands_where_the_table_names_none(tmp_path: Path) -> None:
    root = make_portraits(tmp_path, {"train": ["a", "b"], "val": ["c"]})
    make(root / "train" / "unnamed.png")
    dataset = import_it("portraits", root, "--licence", "CC BY-NC 4.0")
    licences = dataset.photos.values_list("licence", flat=True)
    assert sorted(licences) == ["CC BY-NC 4.0", "CC0 1.0", "CC0 1.0", "CC0 1.0"]
    assert dataset_licence(["faces"]) == "CC BY-NC 4.0"


def test_nothing_is_copied_unless_asked_for(tmp_path: Path, settings) -> None:
    settings.DATA_DIR = tmp_path / "data"
    root = make_source_target(tmp_path / "set", {"train": ["a", "b"], "val": ["c"]})
    import_it("pairs", root)
    assert not settings.DATA_DIR.exists()
    dataset = import_it("pairs", root, "--copy", name="copied")
    folder = settings.DATA_DIR / "datasets" / "copied"
    copies = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*"))
    assert len(copies) == 6
    assert copies[0] == "train/source/a.png"
    for photo in dataset.photos.all():
        assert Path(photo.path).is_relative_to(folder)
        assert photo.target_path().is_relative_to(folder)
        assert photo.sha256 == file_sha256(photo.path)


def test_files_that_a_table_names_elsewhere_are_copied_inside(tmp_path: Path, settings) -> None:
    settings.DATA_DIR = tmp_path / "data"
    for name in ("a", "b"):
        make(tmp_path / "else" / f"{name}.png")
    rows = [{"source": "../else/a.png", "target": "../else/b.png", "split": "train"}]
    import_it("pairs", make_pairs_csv(tmp_path / "set", rows), "--copy")
    path = Path(DatasetPhoto.objects.get().path)
    assert path.is_relative_to(settings.DATA_DIR / "datasets" / "faces")
    assert path.is_file()


def test_a_limit_gives_the_same_photos_every_time(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path, [*range(8), *range(63_000, 63_004)])
    chosen = [
        list(
            import_it("ffhqr", root, "--limit", "train=3,test=2", name=name)
            .photos.values_list("path", "split")
        )
        for name in ("one", "two")
    ]  # fmt: skip
    assert chosen[0] == chosen[1]
    assert sorted(split for _, split in chosen[0]) == ["test", "test", "train", "train", "train"]


def test_a_second_call_reads_nothing_again_and_takes_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_portraits(tmp_path, {"train": ["a", "b"], "val": ["c"]})
    import_it("portraits", root)
    make(root / "train" / "new.png")
    write_picture(root / "train" / "b.png", pixels("another"))
    (root / "train" / "a.png").unlink()
    assert "1 problems (orphan)" in refusal("portraits", root)
    assert "named in a table beside it" in capsys.readouterr().err
    table = root / "train" / "SOURCES.csv"
    table.write_text(table.read_text().replace("a.png,some:a,CC0 1.0,yes\n", ""))
    dataset = import_it("portraits", root)
    assert "2 files recorded, 1 unchanged, 1 no longer part of it" in capsys.readouterr().out
    assert sorted(Path(photo.path).stem for photo in dataset.photos.all()) == ["b", "c", "new"]
    assert dataset.photos.get(path__endswith="b.png").sha256 == file_sha256(root / "train/b.png")


def test_an_import_killed_in_the_middle_goes_on(tmp_path: Path) -> None:
    root = make_portraits(tmp_path / "set", {"train": [f"{n:03d}" for n in range(140)]})
    (root / "val").mkdir()
    last = root / "train" / "zzz.png"
    os.mkfifo(last)  # whoever reads it waits for ever
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path / "data"),
        "DJANGO_SETTINGS_MODULE": "portrait_platform.settings.loopback",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "platform")]),
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    command = [*manage, "import_dataset", "portraits", str(root), "--name", "faces"]
    subprocess.run([*manage, "migrate", "-v", "0"], env=environment, check=True, timeout=120)
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for_rows(tmp_path / "data" / "database.sqlite3", process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    last.unlink()
    make(last)
    again = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert again.returncode == 0, again.stderr
    assert "13 files recorded, 128 unchanged" in again.stdout


def wait_for_rows(database: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with sqlite3.connect(database) as connection:
            if connection.execute("select count(*) from retouch_engine_datasetphoto").fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the import recorded nothing")


def test_a_data_set_whose_import_did_not_finish_cannot_be_used(tmp_path: Path) -> None:
    root = make_portraits(tmp_path, {"train": ["a", "b"], "val": ["c"]})
    cut_off(root / "train" / "b.png")
    refusal("portraits", root)
    assert Dataset.objects.get().state == "refused"
    with pytest.raises(DatasetError, match="has not finished: run import_dataset portraits"):
        dataset_photos(name="faces", split="train")
    make(root / "train" / "b.png")
    import_it("portraits", root)
    assert len(dataset_photos(name="faces", split="train")) == 2


BROKEN: dict[str, Callable[[Path], object]] = {
    "orphan": lambda root: (root / "train/target/b.png").unlink(),
    "size": lambda root: make(root / "train/target/b.png", (48, 64)),
    "unreadable": lambda root: cut_off(root / "train/target/b.png"),
    "same stem": lambda root: make(root / "train/target/b.jpg"),
    "unfinished copy": lambda root: (root / "train/target/x.png.part").write_bytes(b""),
    "duplicate": lambda root: (root / "train/source/b.png").write_bytes(
        (root / "test/source/d.png").read_bytes()
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_wrong_is_shown_and_refused_or_skipped_by_choice(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    splits = {"train": ["a", "b"], "val": ["c"], "test": ["d"]}
    root = make_source_target(tmp_path / "set", splits)
    BROKEN[kind](root)
    assert kind in refusal("pairs", root)
    table = capsys.readouterr().err
    assert table.count(f"\n{kind}  ") == 1
    dataset = import_it("pairs", root, "--on-problem", "skip", "--report", str(tmp_path / "p.csv"))
    left = {"same stem": 2, "unfinished copy": 2}.get(kind, 1)
    assert dataset.photos.filter(split="train").count() == left
    assert dataset.photos.filter(split="test").count() == 1
    with (tmp_path / "p.csv").open() as lines:
        assert [row["problem"] for row in csv.DictReader(lines)] == [kind]


def test_equal_pixels_in_other_bytes_are_duplicates_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_portraits(tmp_path, {"train": ["a"], "val": ["c"]})
    values = pixels("same")
    write_picture(root / "train" / "b.png", values, cv2.IMWRITE_PNG_COMPRESSION, 9)
    write_picture(root / "val" / "d.png", values, cv2.IMWRITE_PNG_COMPRESSION, 0)
    assert "duplicate" in refusal("portraits", root)
    assert "same picture as val/d.png in validation" in capsys.readouterr().err


def test_equal_first_rows_alone_are_no_duplicate(tmp_path: Path) -> None:
    root = make_portraits(tmp_path, {"train": ["a"], "val": ["c"]})
    for folder, rest in (("train", 40), ("val", 200)):
        values = pixels("same")
        values[20:] = rest
        write_picture(root / folder / "like.png", values)
    assert import_it("portraits", root).photos.count() == 4


def test_equal_pictures_in_one_split_may_stay(tmp_path: Path) -> None:
    root = make_portraits(tmp_path, {"train": ["a"], "val": ["c"]})
    (root / "train" / "b.png").write_bytes((root / "train" / "a.png").read_bytes())
    assert import_it("portraits", root).photos.count() == 3


def test_mixed_sizes_of_ffhqr_are_refused(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path, [1, 2, 3])
    for side in ("ffhq", "ffhqr"):
        make(root / side / "00000" / "00002.png", (12, 16))
    assert "size" in refusal("ffhqr", root)


def test_a_mask_of_another_shape_is_refused_and_another_scale_is_not(tmp_path: Path) -> None:
    root = make_ppr10k_code(tmp_path, ["0_0", "1_0"], versions=0)
    make(root / "train" / "masks" / "0_0.png", (48, 64))
    import_it("ppr10k", root)
    make(root / "train" / "masks" / "0_0.png", (64, 48))
    assert "size" in refusal("ppr10k", root, name="other")


def test_a_hopeless_data_set_is_refused_before_all_of_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("retouch_engine.dataset_import.recording.BATCH", 4)
    monkeypatch.setattr("retouch_engine.dataset_import.importing.ENOUGH_PROBLEMS", 3)
    root = make_portraits(tmp_path, {"val": ["c"], "train": [f"{n:02d}" for n in range(20)]})
    for path in (root / "train").glob("*.png"):
        cut_off(path)
    assert refusal("portraits", root).startswith("3 problems")


def wrong_folder(tmp_path: Path) -> Path:
    (tmp_path / "holiday").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("kind", "build", "message"),
    [
        ("ffhqr", wrong_folder, "holds no ffhq/ or images1024x1024/"),
        ("ppr10k", wrong_folder, "holds no PPR10K"),
        ("pairs", wrong_folder, "holds no pairs"),
        ("portraits", wrong_folder, "no photos"),
        ("faces", wrong_folder, "unknown kind 'faces': choose ffhqr, ppr10k, pairs, portraits"),
        ("ffhqr", lambda p: p / "nowhere", "does not exist"),
        ("portraits", lambda p: make(p / "a.png"), "is not a folder"),
        ("ffhqr", lambda p: make_ffhqr(p / "sub", [1]).parent, "did you mean"),
        ("ffhqr", lambda p: make(p / "ffhq" / "1.png").parents[1], "holds no ffhqr/"),
        ("ppr10k", lambda p: make(p / "raw" / "x.png").parents[1], "masks_360p"),
        ("ppr10k", lambda p: make(p / "source" / "0_0.tif").parents[1], "none of target_a"),
        ("pairs", lambda p: make(p / "train_A" / "a.png").parents[1], "train_B is not"),
        ("pairs", lambda p: make(p / "source" / "a.png").parents[1], "target is not"),
    ],
)
def test_the_wrong_folder_is_refused_in_one_line(
    tmp_path: Path, kind: str, build: Callable[[Path], Path], message: str
) -> None:
    assert message in refusal(kind, build(tmp_path))
    assert not Dataset.objects.exists()


def test_an_archive_that_was_not_unpacked_is_named(tmp_path: Path) -> None:
    (tmp_path / "ffhqr.part1.tar").write_bytes(b"")
    assert "unpack ffhqr.part1.tar first" in refusal("ffhqr", tmp_path)


def test_a_half_copied_data_set_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    root = make_ffhqr(tmp_path, list(range(6)))
    for photo_id in (3, 4, 5):
        (root / "ffhqr" / "00000" / f"0000{photo_id}.png").unlink()
    message = refusal("ffhqr", root)
    assert message.startswith("3 problems (orphan): nothing was read")
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--limit", "train=many"], "is not of the form"),
        (["--limit", "train=99"], "asks for 99 train photos, but there are 2"),
        (["--limit", "test=1"], "asks for 1 test photos, but there are 0"),
        (["--on-problem", "ignore"], "refuse or skip"),
    ],
)
def test_options_that_cannot_be_met_are_refused(
    tmp_path: Path, options: list[str], message: str
) -> None:
    root = make_portraits(tmp_path, {"train": ["a", "b"], "val": ["c"]})
    assert message in refusal("portraits", root, *options)


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    root = make_portraits(tmp_path / "one", {"train": ["a", "b"], "val": ["c"]})
    other = make_portraits(tmp_path / "two", {"train": ["d", "e"], "val": ["f"]})
    import_it("portraits", root)
    assert "is taken by the data set of" in refusal("portraits", other)
    assert "is taken by a data set of kind 'portraits'" in refusal(
        "pairs", make_pix2pixhd(tmp_path / "three", {"train": ["a"]})
    )
    assert "with other options" in refusal("portraits", root, "--limit", "train=1")


def test_a_data_set_that_was_moved_is_found_again_under_its_name(tmp_path: Path) -> None:
    root = make_portraits(tmp_path / "old", {"train": ["a", "b"], "val": ["c"]})
    import_it("portraits", root)
    moved = root.rename(tmp_path / "new")
    with pytest.raises(DatasetError, match="are gone"):
        dataset_photos(name="faces", split="train")
    dataset = import_it("portraits", moved)
    assert dataset.photos.count() == 3
    assert len(dataset_photos(name="faces", split="train")) == 2


def test_a_report_that_cannot_be_written_is_told_before_anything_is_read(tmp_path: Path) -> None:
    root = make_portraits(tmp_path / "set", {"train": ["a"], "val": ["c"]})
    report = str(tmp_path / "absent" / "report.csv")
    assert "no folder" in refusal("portraits", root, "--report", report)
    assert not Dataset.objects.exists()


def test_a_name_that_is_no_text_is_reported_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_source_target(tmp_path, {"train": ["a", "b"], "val": ["c"]})
    for side in ("source", "target"):
        odd = os.fsencode(root / "train" / side) + b"/\xff.png"
        os.link(root / "train" / side / "a.png", odd)
    refusal("pairs", root)
    assert "train/source/\\udcff.png  its name is not in UTF-8" in capsys.readouterr().err
    dataset = import_it("pairs", root, "--on-problem", "skip", "--report", str(tmp_path / "r.csv"))
    assert dataset.photos.count() == 3


def test_a_name_with_a_space_is_refused(tmp_path: Path) -> None:
    assert "at most 50 letters" in refusal("portraits", tmp_path, name="my faces")


def test_a_full_disk_is_told_before_the_copy(
    tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path / "data"
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage)
    root = make_portraits(tmp_path / "set", {"train": ["a"], "val": ["b"]})
    assert "GB free" in refusal("portraits", root, "--copy")
    assert not settings.DATA_DIR.exists()
