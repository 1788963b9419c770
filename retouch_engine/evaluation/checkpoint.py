"""A checkpoint judged end to end on painted photos, as a person would get them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from retouch_engine.faces import face_crop, skin_mask
from retouch_engine.imaging import ColourTransform, decode
from retouch_engine.retoucher import Recipe, Retoucher, as_photo
from retouch_engine.synthesis import Painter

from .metrics import EditScore, edit_score
from .painted import VALIDATION_SEED

REMOVE_ALL = Recipe(keep_marks=False)


@dataclass(frozen=True)
class PhotoScore:
    """One photo's score; `synthetic` says that nobody is depicted."""

    path: str
    synthetic: bool
    score: EditScore


def score_checkpoint(
    retoucher: Retoucher, photos: Iterable[tuple[Path, bool]], seed: int = VALIDATION_SEED
) -> list[PhotoScore]:
    """Paint the largest face of each photo, retouch the whole photo with every spot removed, score.

    Scores are taken on the face's crop at the photo's own size. Photos without a face are skipped.
    """
    scores = []
    for index, (path, synthetic) in enumerate(tqdm(list(photos), unit="photo")):
        score = _score(retoucher, path, np.random.default_rng((seed, index)))
        if score is not None:
            scores.append(PhotoScore(str(path), synthetic, score))
    return scores


def _score(retoucher: Retoucher, path: Path, rng: np.random.Generator) -> EditScore | None:
    photo = decode(path.read_bytes())
    clean = ColourTransform(photo.icc_profile).to_srgb(photo.pixels)
    faces = retoucher.finder.find(clean)
    if not faces:
        return None
    face, (height, width) = faces[0], clean.shape[:2]
    crop = face_crop(face, (width, height))
    place = (slice(crop.y0, crop.y1), slice(crop.x0, crop.x1))
    region = np.ascontiguousarray(clean[place])
    landmarks = face.landmarks - np.array([crop.x0, crop.y0], np.float32)
    skin = skin_mask(region, landmarks)
    painted = Painter().paint(region, skin, face.box[2] - face.box[0], rng)
    source = clean.copy()
    source[place] = painted.image
    wrapped = as_photo(source)
    result = retoucher.render(wrapped, retoucher.analyse(wrapped), REMOVE_ALL)
    return edit_score(painted.image, result.srgb[place], region, painted.density)


def score_table(scores: list[PhotoScore]) -> dict[str, dict[str, float]]:
    """Return mean metrics by row: identity first, then all, real and synthetic photos."""
    rows = {
        "all": scores,
        "real": [score for score in scores if not score.synthetic],
        "synthetic": [score for score in scores if score.synthetic],
    }
    painted = [s for s in scores if np.isfinite(s.score.identity_psnr)]
    identity = float(np.mean([s.score.identity_psnr for s in painted])) if painted else 0.0
    table = {"identity": {"psnr": identity, "fixed_share": 0.0, "outside_error": 0.0}}
    for name, chosen in rows.items():
        values = [asdict(s.score) for s in chosen if np.isfinite(s.score.identity_psnr)]
        if values:
            table[name] = {k: float(np.mean([v[k] for v in values])) for k in values[0]}
            table[name]["photos"] = len(values)
    return table
