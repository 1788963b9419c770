"""Training runs are remembered with how they ended."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from retouch_engine.models import TrainingRun
from retouch_engine.training import TrainingConfig, TrainingStoppedError
from retouch_engine.training_records import training_recorded

pytestmark = pytest.mark.django_db


def recorded(state: SimpleNamespace, tmp_path: Path, *, writes: bool = True):
    return training_recorded(
        run="run", config=TrainingConfig(), datasets=["faces"], folder=tmp_path, state=state,
        writes=writes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "ended"),
    [
        (TrainingStoppedError("stopped by SIGTERM"), "stopped"),
        (ValueError("no room"), "failed"),
        (KeyboardInterrupt(), "failed"),
    ],
)
def test_a_run_that_ends_early_says_why_and_goes_on_in_the_same_row(
    tmp_path: Path, error: BaseException, ended: str
) -> None:
    state = SimpleNamespace(samples=0)

    def end_early() -> None:
        with recorded(state, tmp_path):
            row = TrainingRun.objects.get()
            assert (row.state, row.finished_at) == ("running", None)
            state.samples = 40
            raise error

    with pytest.raises(type(error)):
        end_early()
    row = TrainingRun.objects.get()
    assert (row.state, row.samples) == (ended, 40)
    assert row.reason == (str(error) or "KeyboardInterrupt")
    with recorded(state, tmp_path):
        state.samples = 100
        assert TrainingRun.objects.get().state == "running"
    again = TrainingRun.objects.get()
    assert (again.state, again.samples, again.reason) == ("finished", 100, "")
    assert again.started_at == row.started_at
    assert again.finished_at > row.finished_at


def test_one_of_several_processes_writes(tmp_path: Path) -> None:
    with recorded(SimpleNamespace(samples=0), tmp_path, writes=False):
        pass
    assert not TrainingRun.objects.exists()
