"""The training loop: one device or many, resumable at any moment, never further from good."""

import json
import math
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs
from torch import Tensor, nn
from torch.utils.data import DataLoader, Sampler
from tqdm import tqdm

from retouch_engine.networks.generators import concerns_of

from .config import TrainingConfig, TrainingDataError
from .failures import SAVED, TrainingStoppedError, data_reason, stopped_by
from .run_folder import RunFolder
from .samples import TrainingFace, as_numbers
from .state import STATE_FILE, TrainingState, restore_state, save_state

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Crops in the pictures of TensorBoard.
SHOWN = 8
Validate = Callable[[nn.Module], dict[str, float]]
# Updates in a row without a finite loss, after which the run goes back to its last saved state.
SKIPS_BEFORE_ROLL_BACK = 20
MOST_ROLL_BACKS = 3


def learning_rate(config: TrainingConfig, samples: int) -> float:
    """Return the learning rate after `samples` samples, by the config's schedule."""
    if config.schedule == "linear_decay":
        half = config.samples / 2
        return config.learning_rate * min(1.0, max(config.samples - samples, 0) / half)
    if samples < config.warm_up_samples:
        return config.learning_rate * (samples + 1) / config.warm_up_samples
    share = (samples - config.warm_up_samples) / max(config.samples - config.warm_up_samples, 1)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))


class Trainer:
    """Runs a state forward until its config's number of samples was seen."""

    def __init__(
        self,
        state: TrainingState,
        config: TrainingConfig,
        folder: Path,
        *,
        validate: Validate,
        workers: int = 1,
        device: str = "auto",
    ) -> None:
        self.state, self.config, self.validate, self.workers = state, config, validate, workers
        self.accelerator = make_accelerator(config, device)
        self.folder = RunFolder(folder, config, writes=self.accelerator.is_main_process)
        self._stop_signal: int | None = None
        self._skipped_in_a_row = 0
        self._save_is_due = False
        self._prepare()

    def _prepare(self) -> None:
        """Move networks and optimisers to the device, wrapped for several where there are."""
        method, accelerator = self.state.method, self.accelerator
        for name, network in method.networks.items():
            method.active[name] = accelerator.prepare(network)
        for name, optimiser in method.optimisers.items():
            method.optimisers[name] = accelerator.prepare(optimiser)
        self.state.average.to(accelerator.device)

    def run(self, faces: Sequence[TrainingFace]) -> TrainingState:
        """Train; raises TrainingStoppedError on SIGTERM or SIGINT and for all of `stopped_by`."""
        previous = {name: signal.signal(name, self._ask_to_stop) for name in STOP_SIGNALS}
        try:
            self._run_while_there_is_data(faces)
        except (OSError, RuntimeError) as error:
            stopped = stopped_by(error, self.folder.path)
            if stopped is None:
                raise
            raise stopped from error
        finally:
            for name, handler in previous.items():
                signal.signal(name, handler)
            self.folder.close()
        return self.state

    def _run_while_there_is_data(self, faces: Sequence[TrainingFace]) -> None:
        try:
            self._run(faces)
        except TrainingDataError as error:
            # Alone: the other processes do not know, and torchrun ends them.
            self._write_state()
            raise TrainingStoppedError(f"{data_reason(error)}; {SAVED}") from error

    def _run(self, faces: Sequence[TrainingFace]) -> None:
        step = self.config.batch * self.accelerator.num_processes
        progress = tqdm(
            total=self.config.samples,
            initial=self.state.samples,
            unit="sample",
            smoothing=0.05,
            disable=not self.accelerator.is_main_process,
        )
        with progress:
            for batch in self._batches(faces):
                terms = self._step(batch)
                self.state.samples += step
                progress.update(step)
                self._report(terms, batch, step)
                if self.accelerator.sync_gradients and self._is_asked_to_stop():
                    self._stop()
        self._save()

    def _step(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        rate = learning_rate(self.config, self.state.samples)
        method = self.state.method
        for optimiser in method.optimisers.values():
            for group in optimiser.param_groups:
                group["lr"] = rate
        with (
            self.accelerator.accumulate(*method.active.values()),
            self.accelerator.autocast(),
        ):
            terms = method.step(batch, self._update)
        if self.accelerator.sync_gradients:
            self._update_average()
        return terms

    def _update(self, name: str, loss: Tensor) -> None:
        """Lower a loss with one optimiser; a loss that is not finite changes nothing."""
        optimiser = self.state.method.optimisers[name]
        if not self._is_finite(loss):
            optimiser.zero_grad(set_to_none=True)
            self._skip()
            return
        self.accelerator.backward(loss)
        if self.accelerator.sync_gradients:
            parameters = [p for group in optimiser.param_groups for p in group["params"]]
            limit = self.config.gradient_clip or math.inf
            norm = self.accelerator.clip_grad_norm_(parameters, limit)
            if not self._is_finite(norm):
                optimiser.zero_grad(set_to_none=True)
                self._skip()
                return
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        self._skipped_in_a_row = 0

    def _is_finite(self, value: Tensor) -> bool:
        finite = torch.isfinite(value.detach()).all().float()
        if self.accelerator.num_processes == 1:
            return bool(finite == 1.0)
        return bool(self.accelerator.reduce(finite, "mean") == 1.0)

    def _skip(self) -> None:
        self.state.skipped += 1
        self._skipped_in_a_row += 1
        if self._skipped_in_a_row >= SKIPS_BEFORE_ROLL_BACK:
            self._roll_back()

    def _roll_back(self) -> None:
        saved, state = self.folder.path / STATE_FILE, self.state
        state.rolled_back += 1
        if state.rolled_back > MOST_ROLL_BACKS or not saved.is_file():
            raise TrainingStoppedError(
                f"the loss is not finite any more after {state.samples} samples: lower "
                "learning_rate in the config, or set precision to fp32"
            )
        # Only the weights go back: new crops and a new random state may avoid what broke them.
        samples, skipped = state.samples, state.skipped
        restore_state(state, self.config, saved)
        state.samples, state.skipped = samples, skipped
        self._skipped_in_a_row = 0
        tqdm.write(f"{samples} samples: loss not finite, back to the last saved weights")

    @torch.no_grad()
    def _update_average(self) -> None:
        # A short horizon at first, or the average would remember the random start for long.
        steps = self.state.samples / self.config.batch
        decay = min(self.config.ema_decay, (1 + steps) / (10 + steps))
        trained, average = self.state.method.generator, self.state.average
        for mean, value in zip(average.parameters(), trained.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
        for kept, now in zip(average.buffers(), trained.buffers(), strict=True):
            kept.copy_(now)

    def _batches(self, faces: Sequence[TrainingFace]) -> Iterator[dict[str, Tensor]]:
        """Yield batches on the device; which crops a batch holds depends on `samples` alone."""
        crops = self.state.method.dataset(faces, self.config)
        order = Share(
            range(self.state.samples, self.config.samples),
            self.accelerator.process_index,
            self.accelerator.num_processes,
        )
        loader = DataLoader(
            crops,
            batch_size=self.config.batch,
            sampler=order,
            num_workers=self.workers,
            drop_last=True,
            # Its own: the loader would draw from the state that dropout and noise depend on.
            generator=torch.Generator(),
            pin_memory=self.accelerator.device.type == "cuda",
        )
        for batch in loader:
            yield as_numbers(
                {
                    key: value.to(self.accelerator.device, non_blocking=True)
                    for key, value in batch.items()
                }
            )

    def _report(self, terms: dict[str, Tensor], batch: dict[str, Tensor], step: int) -> None:
        samples, config = self.state.samples, self.config
        if _due(samples, step, config.checkpoint_every_samples):
            values = {name: float(term) for name, term in terms.items()}
            values["learning_rate"] = learning_rate(config, samples)
            values["skipped"] = float(self.state.skipped)
            self.folder.scalars("training", values, samples)
            self._save_is_due = True
        # Gradients that are still being accumulated are not saved: wait for the update.
        if self._save_is_due and self.accelerator.sync_gradients:
            self._save()
            self._save_is_due = False
        if _due(samples, step, config.validate_every_samples) and self.accelerator.is_main_process:
            metrics = self._validate_and_show(batch)
            tqdm.write(f"{samples} samples: {json.dumps(metrics)}")

    @torch.no_grad()
    def _validate_and_show(self, batch: dict[str, Tensor]) -> dict[str, float]:
        """Judge the average as it will be used, and show what it makes of this batch."""
        average, samples = self.state.average, self.state.samples
        was_training = average.training
        average.eval()
        metrics = self.validate(average)
        self.folder.scalars("validation", metrics, samples)
        few = {name: values[:SHOWN] for name, values in batch.items()}
        rows = self.state.method.preview(average, few)
        self.folder.images(", ".join(rows), list(rows.values()), samples)
        average.train(was_training)
        return metrics

    def _save(self) -> None:
        self._write_state()
        self.accelerator.wait_for_everyone()

    def _write_state(self) -> None:
        if self.accelerator.is_main_process:
            save_state(self.state, self.config, self.folder.path)

    def _is_asked_to_stop(self) -> bool:
        """Return whether any process got a signal: all must stop after the same step."""
        asked = self._stop_signal is not None
        if self.accelerator.num_processes == 1:
            return asked
        flag = torch.tensor(float(asked), device=self.accelerator.device)
        return bool(self.accelerator.reduce(flag, "sum") > 0)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop_signal = number

    def _stop(self) -> None:
        self._save()
        name = signal.Signals(self._stop_signal or signal.SIGTERM).name
        done = f"{self.state.samples} of {self.config.samples} samples"
        raise TrainingStoppedError(f"stopped by {name} after {done}; {SAVED}")


class Share(Sampler[int]):
    """Every n-th of some indices: the part of one process among n, as large as every other's.

    Processes wait for each other at each step: one with a step more would wait for ever.
    """

    def __init__(self, indices: range, process: int, processes: int) -> None:
        whole = len(indices) - len(indices) % processes
        self.indices = indices[:whole][process::processes]

    def __iter__(self) -> Iterator[int]:
        return iter(self.indices)

    def __len__(self) -> int:
        return len(self.indices)


def make_accelerator(config: TrainingConfig, device: str = "auto") -> Accelerator:
    """Return what places networks on devices: `auto`, `cpu` or `cuda`."""
    # The proposed successor exists in this torch alone, and differs at the start.
    warnings.filterwarnings("ignore", message=".*broadcast_buffers.*", category=FutureWarning)
    bf16 = config.precision == "bf16" or (
        config.precision == "auto" and device != "cpu" and torch.cuda.is_available()
    )
    return Accelerator(
        cpu=device == "cpu",
        mixed_precision="bf16" if bf16 else "no",
        gradient_accumulation_steps=config.accumulation,
        kwargs_handlers=[
            DistributedDataParallelKwargs(
                broadcast_buffers=False,
                # An inverse generator, and a step without pairs, leave the concerns' head alone.
                find_unused_parameters=config.fix_global_samples > 0
                or (config.method != "paired" and bool(concerns_of(config.generator))),
            )
        ],
    )


def _due(samples: int, step: int, every: int) -> bool:
    return samples // every != (samples - step) // every
