"""One training run from data sets to a registered checkpoint; what `manage.py train` calls."""

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import torch
from django.conf import settings
from django.core.exceptions import ValidationError
from safetensors import SafetensorError
from torch import nn
from tqdm import tqdm

from retouch_engine.datasets import DatasetError, dataset_licence, dataset_photos
from retouch_engine.evaluation import (
    ValidationFace,
    ValidationPainter,
    painted_scores,
    summary,
)
from retouch_engine.inference import skin_gain
from retouch_engine.licences import strictest_licence
from retouch_engine.models import Checkpoint, Dataset, DatasetPhoto, TrainingRun
from retouch_engine.networks import CoupledGenerator, ToneGenerator, ToneGeneratorConfig
from retouch_engine.networks.generators import concerns_of
from retouch_engine.registry import checkpoint_register, refuse_promoted
from retouch_engine.run_lock import run_held
from retouch_engine.services import DEFAULT, SHIPPED, checkpoint_resolve
from retouch_engine.tone_validation import validate_tone
from retouch_engine.training import (
    ConfigError,
    Trainer,
    TrainingConfig,
    TrainingFace,
    TrainingFaces,
    TrainingPhoto,
    TrainingState,
    TrainingStoppedError,
    check_memory,
    load_state,
    new_state,
    save_checkpoint,
)
from retouch_engine.training.checkpoints import (
    WORKING_FACE_WIDTH,
    save_coupled_checkpoint,
    start_from,
)
from retouch_engine.training.faces import SMALLEST_FACE_WIDTH
from retouch_engine.training.failures import SAVED
from retouch_engine.training.losses import picture_of
from retouch_engine.training.methods import Method, TwoWayMethod
from retouch_engine.training.methods.cogan import CoGANRetoucher
from retouch_engine.training.real_spots import SpotHealer
from retouch_engine.training.state import STATE_FILE
from retouch_engine.training.tone_checkpoints import save_tone_checkpoint
from retouch_engine.training_costs import logged_seconds
from retouch_engine.training_records import (
    is_first_process,
    origin_licence,
    run_origin,
    training_recorded,
)

VALIDATION_FACES = 12
VALIDATION_MULTIPLE = 256


def run_folder(run: str) -> Path:
    """Return the folder of a run below DATA_DIR."""
    return Path(settings.DATA_DIR) / "runs" / run


def training_run(
    *,
    datasets: list[str],
    config: TrainingConfig,
    run: str,
    resume: bool,
    workers: int,
    device: str = "auto",
    start: Path | None = None,
    expert: str = "",
) -> Checkpoint | None:
    """Train on the train splits of `datasets`, write the checkpoint and register it as RUN.

    Raises DatasetError, ConfigError, RunHeldError where another process trains RUN, or
    CheckpointError where it is promoted, before anything long starts; TrainingStoppedError when the
    run ended early with its state saved. `start`: the card of a checkpoint to begin with; `expert`:
    whose targets of PPR10K to learn, "" for the first that there is. Returns None in all but the
    first of several processes.
    """
    folder = run_folder(run)
    check_run_name(run)
    if not resume and (folder / STATE_FILE).exists():
        raise DatasetError(f"run {run!r} exists: add --resume or choose another name")
    refuse_promoted(run)
    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("no GPU that torch can use was found: leave out --device cuda")
    # Of several processes the first one stands for all.
    with run_held(folder) if is_first_process() else nullcontext():
        return _train(folder, datasets, config, resume, workers, device, start, expert)


def check_run_name(run: str) -> None:
    """Raise DatasetError for what cannot name a run and its checkpoint."""
    try:
        TrainingRun._meta.get_field("name").clean(run, None)
    except ValidationError as error:
        allowed = "use at most 50 letters, digits, - and _"
        raise DatasetError(f"{run!r} cannot be a run's name: {allowed}") from error
    if run in (DEFAULT, SHIPPED):
        raise DatasetError(f"{run!r} means another checkpoint already: choose another --run")


def _train(
    folder: Path,
    datasets: list[str],
    config: TrainingConfig,
    resume: bool,
    workers: int,
    device: str,
    start: Path | None,
    expert: str,
) -> Checkpoint | None:
    photos = _without_held_out(train_photos(datasets, expert), datasets)
    held_out = [p for name in datasets for p in _validation_photos(name)]
    # Before any face is looked for: a config that does not fit is refused at once.
    state = load_state(config, folder) if resume else _fresh_state(config, start)
    cache = Path(settings.DATA_DIR) / "cache" / "faces"
    regions = config.encoder is not None
    faces = TrainingFaces(
        training_photos(photos, expert),
        cache,
        regions=regions,
        under_eyes=config.paint_concerns or "under_eyes" in concerns_of(config.generator),
        whole=_is_tone(config),
        healer=_healer(config),
    )
    judge = _judge(config, training_photos(held_out), cache)
    trainer = Trainer(
        state,
        config,
        folder,
        validate=judge,
        workers=workers,
        device=device,
    )
    # What a resumed run began with is remembered already.
    origin = run_origin(folder, None if resume else start)
    _tell_memory(trainer)
    recorded = training_recorded(
        run=folder.name,
        config=config,
        datasets=datasets,
        folder=folder,
        state=state,
        writes=trainer.accelerator.is_main_process,
    )
    with recorded:
        _run(trainer, faces)
        if not trainer.accelerator.is_main_process:
            return None
        _tell_faceless(faces)
        average = state.average.cpu().eval()
        named = "tone_validation" if _is_tone(config) else "painted_validation"
        metrics = {named: judge(average)}
        licences = [dataset_licence(datasets), *origin_licence(origin)]
        card = training_card(photos, config, metrics, strictest_licence(licences))
        card |= origin
        return checkpoint_register(_save(average, state.method, config, folder / folder.name, card))


def _is_tone(config: TrainingConfig) -> bool:
    return isinstance(config.generator, ToneGeneratorConfig)


def _healer(config: TrainingConfig) -> SpotHealer | None:
    """Return what finds portraits' own spots; raises CheckpointError for an unknown checkpoint."""
    name = config.real_spots_by
    return SpotHealer(checkpoint_resolve(name)) if name else None


def _judge(
    config: TrainingConfig, photos: list[TrainingPhoto], cache: Path
) -> Callable[[nn.Module], dict[str, float]]:
    """Return what measures a generator on the validation photos while it trains."""
    faces = _found(TrainingFaces(photos, cache, whole=_is_tone(config)))
    if _is_tone(config):
        return lambda generator: validate_tone(cast(ToneGenerator, generator), faces)
    validation = validation_faces(faces)
    return lambda generator: validate(generator, validation, config.skin_reference)


def _tell_memory(trainer: Trainer) -> None:
    estimate = check_memory(trainer.state.method, trainer.config, trainer.accelerator.device)
    if trainer.accelerator.is_main_process:
        tqdm.write(estimate)


def _tell_faceless(faces: TrainingFaces) -> None:
    photos = faces.without_face()
    if photos:
        names = ", ".join(path.name for path in photos[:3]) + (", …" if len(photos) > 3 else "")
        tqdm.write(
            f"{len(photos)} of {len(faces)} training photos have no face of "
            f"{SMALLEST_FACE_WIDTH} pixels or more and were left out: {names}"
        )


def _run(trainer: Trainer, faces: TrainingFaces) -> None:
    """Train, and log at the end, however it came, what was seen in how many minutes."""
    before = logged_seconds(trainer.folder.path)
    try:
        trainer.run(faces)
    finally:
        trainer.folder.ended(trainer.state.samples, before)


def _save(
    average: nn.Module, method: Method, config: TrainingConfig, stem: Path, card: dict[str, Any]
) -> Path:
    try:
        if isinstance(average, ToneGenerator):
            return save_tone_checkpoint(average, stem, card)
        if isinstance(average, CoupledGenerator):
            return save_coupled_checkpoint(average, stem, card)
        options = method.architecture if isinstance(method, TwoWayMethod) else config.generator
        return save_checkpoint(average, options, stem, card, method.networks.get("encoder"))
    except (OSError, SafetensorError) as error:
        reason = f"the checkpoint could not be written to {stem.parent} ({error}): make room"
        raise TrainingStoppedError(f"{reason}; the training itself is over, {SAVED}") from error


def _fresh_state(config: TrainingConfig, start: Path | None) -> TrainingState:
    state = new_state(config)
    if start is not None:
        start_from(state.method.generator, start, state.method.networks.get("encoder"))
        state.average.load_state_dict(state.method.generator.state_dict())
    return state


def _without_held_out(photos: list[DatasetPhoto], datasets: list[str]) -> list[DatasetPhoto]:
    """Leave out what another of the data sets holds out: nothing is judged by what it has seen."""
    rest = DatasetPhoto.objects.filter(dataset__name__in=datasets).exclude(split="train")
    held_out = set(rest.values_list("sha256", flat=True))
    kept = [photo for photo in photos if photo.sha256 not in held_out]
    if len(kept) < len(photos):
        tqdm.write(
            f"{len(photos) - len(kept)} photos are left out: another data set holds them out"
        )
    return kept


def train_photos(datasets: list[str], expert: str = "") -> list[DatasetPhoto]:
    """Return the train splits of some data sets, augmented versions too; raises DatasetError.

    expert: of PPR10K, which must then be among them and have that expert's targets.
    """
    chosen = Dataset.objects.filter(name__in=datasets, kind="ppr10k")
    experts = {dataset.name: expert for dataset in chosen}
    if expert and not experts:
        raise DatasetError("--expert chooses among PPR10K's targets: leave it out")
    return [
        photo
        for name in datasets
        for photo in dataset_photos(
            name=name, split="train", augmented=True, expert=experts.get(name, "")
        )
    ]


def training_photos(photos: list[DatasetPhoto], expert: str = "") -> list[TrainingPhoto]:
    """Return rows of a data set as what faces are found in; `expert` chooses PPR10K's targets."""
    return [
        TrainingPhoto(
            Path(photo.path),
            photo.sha256,
            photo.target_path(expert),
            Path(photo.mask) if photo.mask else None,
        )
        for photo in photos
    ]


def _found(faces: TrainingFaces) -> list[TrainingFace]:
    """Return the distinct faces of a few photos; a photo without one gives its neighbour's."""
    return list({id(face): face for face in (faces[index] for index in range(len(faces)))}.values())


def _validation_photos(name: str) -> list[DatasetPhoto]:
    photos = dataset_photos(name=name, split="validation")
    return photos[:: max(len(photos) // VALIDATION_FACES, 1)][:VALIDATION_FACES]


def validation_faces(faces: list[TrainingFace]) -> list[ValidationFace]:
    """Return faces resampled to the working width, as the network will see them in use."""
    return [_validation_face(str(index), face) for index, face in enumerate(faces)]


def _validation_face(name: str, face: TrainingFace) -> ValidationFace:
    scale = min(WORKING_FACE_WIDTH / face.face_width, 1.0)
    size = (round(face.skin.shape[1] * scale), round(face.skin.shape[0] * scale))
    image = np.asarray(cv2.resize(face.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    skin = cv2.resize(face.skin, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return ValidationFace(name, image, skin, face.face_width * scale)


@torch.no_grad()
def validate(
    generator: nn.Module,
    faces: list[ValidationFace],
    skin_reference: tuple[float, ...] | None = None,
) -> dict[str, float]:
    """Return mean metrics on validation faces painted by the second painter, identity's too.

    skin_reference: that of the generator's config.
    """
    painter = ValidationPainter()
    if isinstance(generator, CoupledGenerator):
        coupled = CoGANRetoucher(generator)
        scores = painted_scores(
            faces, lambda image, face: coupled(image, face.skin), painter=painter
        )
        return summary(score for _, score in scores)
    scores = painted_scores(
        faces,
        lambda image, face: _apply(generator, image, face, skin_reference),
        painter=painter,
    )
    return summary(score for _, score in scores)


def _apply(
    generator: nn.Module,
    image: Any,
    face: ValidationFace,
    skin_reference: tuple[float, ...] | None,
) -> Any:
    height, width = image.shape[:2]
    # Any generator's sizes divide this one; see `input_multiple` of each.
    padding = ((0, -height % VALIDATION_MULTIPLE), (0, -width % VALIDATION_MULTIPLE), (0, 0))
    padded = np.pad(image, padding, mode="symmetric").transpose(2, 0, 1)
    device = next(generator.parameters()).device
    source = torch.from_numpy(np.ascontiguousarray(padded)).to(device).float()[None] / 255
    gain = torch.from_numpy(skin_gain(_skin_colour(image, face), skin_reference)).to(device)
    source = source * gain[:, None, None]
    prediction = generator(source)
    edit = (picture_of(generator, source, prediction) - source) / gain[:, None, None]
    change = edit[0, :, :height, :width].cpu().numpy().transpose(1, 2, 0) * face.skin[..., None]
    return np.clip(np.rint(image + 255 * change), 0, 255).astype(np.uint8)


def _skin_colour(image: Any, face: ValidationFace) -> Any:
    bare = face.skin > 0.6
    return np.median(image[bare], axis=0) if bare.any() else None


def training_card(
    photos: list[DatasetPhoto], config: TrainingConfig, metrics: dict[str, Any], licence: str
) -> dict[str, Any]:
    """Return the parts of a card that the run knows: data with licences, config and metrics.

    `licence`: the strictest among the data's, which the weights inherit. Augmented versions are not
    counted as photos.
    """
    sources = Counter((_collection(p), p.licence) for p in photos if not p.augmentation)
    data = [
        {"collection": collection, "licence": licence, "photos": count}
        for (collection, licence), count in sorted(sources.items())
    ]
    return {
        "data": data,
        "licence": licence,
        **({"skin_reference": config.skin_reference} if config.skin_reference else {}),
        "training": config.to_dict(),
        "metrics": metrics,
    }


def _collection(photo: DatasetPhoto) -> str:
    return photo.origin.split(":")[0] or photo.dataset.name
