"""The whole engine on a real face: spots go, everything else stays exactly."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from retouch_engine.analysis import AnalysisError
from retouch_engine.evaluation import edit_score
from retouch_engine.retoucher import Analysis, Recipe, RecipeError, Retoucher, decode
from tests.support.portraits import encoded, painted_astronaut
from tests.support.profiles import ADOBE_RGB, DISPLAY_P3, icc_profile

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = Recipe.from_dict({"keep_marks": False})


@pytest.fixture(scope="module")
def photo():
    return decode(encoded(painted_astronaut()[0], "PNG"))


@pytest.fixture(scope="module")
def analysis(retoucher: Retoucher, photo) -> Analysis:
    return retoucher.analyse(photo)


def result_pixels(retoucher: Retoucher, photo, analysis: Analysis, recipe: Recipe) -> np.ndarray:
    return decode(retoucher.render(photo, analysis, recipe).encoded.data).pixels


def test_painted_spots_are_removed_from_a_face_never_trained_on(
    retoucher: Retoucher, photo, analysis: Analysis
) -> None:
    from tests.support.portraits import large_astronaut

    _, painted, place = painted_astronaut()
    result = result_pixels(retoucher, photo, analysis, EVERYTHING)
    truth = np.ascontiguousarray(large_astronaut()[place])
    score = edit_score(painted.image, result[place], truth, painted.density)
    assert score.psnr > score.identity_psnr + 3
    assert score.fixed_share > 0.5


def test_pixels_outside_the_marks_are_the_cameras(
    retoucher: Retoucher, photo, analysis: Analysis
) -> None:
    result = result_pixels(retoucher, photo, analysis, EVERYTHING)
    touched = np.zeros(photo.pixels.shape[:2], bool)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        touched[y0:y1, x0:x1] |= layer.labels > 0
    assert np.array_equal(result[~touched], photo.pixels[~touched])
    assert 0 < touched.mean() < 0.1


@pytest.mark.parametrize("space", [DISPLAY_P3, ADOBE_RGB])
def test_pixels_outside_stay_exact_in_a_wide_profile(retoucher: Retoucher, space: tuple) -> None:
    icc = icc_profile(*space, "wide")
    photo = decode(encoded(painted_astronaut()[0], "PNG", icc_profile=icc))
    analysis = retoucher.analyse(photo)
    result = decode(retoucher.render(photo, analysis, EVERYTHING).encoded.data)
    assert result.icc_profile == icc
    changed = (result.pixels != photo.pixels).any(axis=2)
    allowed = np.zeros_like(changed)
    for layer in analysis.layers:
        x0, y0, x1, y1 = layer.box
        allowed[y0:y1, x0:x1] |= layer.labels > 0
    assert changed.any()
    assert not changed[~allowed].any()


def test_a_stored_analysis_renders_the_same_bytes(
    retoucher: Retoucher, photo, analysis: Analysis
) -> None:
    again = Analysis.from_files(analysis.to_files())
    assert again.marks == analysis.marks
    first = retoucher.render(photo, analysis, Recipe()).encoded.data
    assert retoucher.render(photo, again, Recipe()).encoded.data == first


def test_a_damaged_analysis_is_refused(analysis: Analysis) -> None:
    files = analysis.to_files()
    del files["face-0-edit.webp"]
    with pytest.raises(AnalysisError):
        Analysis.from_files(files)


def test_a_photo_without_a_face_comes_back_byte_for_byte(retoucher: Retoucher) -> None:
    data = encoded(np.full((300, 400, 3), 128, np.uint8))
    photo = decode(data)
    result = retoucher.render(photo, retoucher.analyse(photo), Recipe())
    assert result.encoded.data == data
    assert result.report["faces"] == 0
    assert "no face found: returned unchanged" in result.report["notes"]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_monochrome_photo_stays_monochrome(retoucher: Retoucher, channels: int) -> None:
    grey = painted_astronaut()[0].mean(axis=2).astype(np.uint8)
    data = encoded(np.squeeze(np.repeat(grey[..., None], channels, axis=2)), "PNG")
    photo = decode(data)
    result = decode(retoucher.render(photo, retoucher.analyse(photo), Recipe()).encoded.data)
    assert result.monochrome
    assert not np.array_equal(result.pixels, photo.pixels)


def test_the_report_counts_marks_and_names_the_checkpoint(
    retoucher: Retoucher, photo, analysis: Analysis
) -> None:
    report = retoucher.render(photo, analysis, Recipe()).report
    assert report["faces"] == 1
    assert report["spots_removed"] + report["marks_kept"] == len(analysis.marks)
    assert report["checkpoint"]["sha256"] == retoucher.predictor.sha256
    assert {"faces", "network", "compose", "encode"} <= report["seconds"].keys()


def test_progress_may_abort_an_analysis(retoucher: Retoucher, photo) -> None:
    def abort(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retoucher.analyse(photo, abort)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"smoothness": 1}, "unknown_recipe_key"),
        ({"blemishes": 1.2}, "invalid_recipe"),
        ({"blemishes": True}, "invalid_recipe"),
        ({"blemishes": "much"}, "invalid_recipe"),
        ({"keep_marks": 1}, "invalid_recipe"),
        ({"format": "gif"}, "invalid_recipe"),
        ({"quality": 0}, "invalid_recipe"),
        ({"version": 2}, "invalid_recipe"),
        ({"evenness": 1.1}, "invalid_recipe"),
    ],
)
def test_a_recipe_that_cannot_be_followed_is_refused(values: dict, code: str) -> None:
    with pytest.raises(RecipeError) as refusal:
        Recipe.from_dict(values)
    assert refusal.value.code == code


def test_equal_recipes_have_equal_digests_however_they_are_written() -> None:
    assert Recipe.from_dict({"blemishes": 1}).digest() == Recipe.from_dict(None).digest()
    assert Recipe.from_dict({"blemishes": 0.5}).digest() != Recipe().digest()


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )


def test_a_retouch_imports_no_torch() -> None:
    done = run_python(
        "import sys; sys.modules['torch'] = None\n"
        "from retouch_engine.retoucher import Retoucher\n"
        "from pathlib import Path\n"
        "folder = Path('retouch_engine/checkpoints')\n"
        "Retoucher.load(folder / 'shipped.json', folder / 'shipped_tone.json')\n"
        "assert 'django' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_composition_needs_numpy_alone() -> None:
    done = run_python(
        "import sys\n"
        "for name in ('cv2', 'PIL', 'scipy', 'torch', 'onnxruntime', 'django'):\n"
        "    sys.modules[name] = None\n"
        "import retouch_engine.composition"
    )
    assert done.returncode == 0, done.stderr
