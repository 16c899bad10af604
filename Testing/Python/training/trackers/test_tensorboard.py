"""The event files hold the curves that were told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from medopt.errors import MedOptError
from medopt.events import Collector
from medopt.training.trackers import TrackerFacts, followed


def test_curves_are_read_back_by_tensorboard_itself(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    facts = TrackerFacts("run-001", tmp_path, "demo")
    for steps in ((1, 2), (3,)):  # the second time as a resumed run
        with followed(["tensorboard"], facts, Collector()) as reporter:
            for step in steps:
                reporter.emit("metric", step=step, train_loss=1 / step, validation_dice_by_structure={"Front": 0.5})
                reporter.emit("message", level="warning", text="case-17 is left out")
    read = EventAccumulator(str(tmp_path / "tensorboard"))
    read.Reload()
    assert [(e.step, pytest.approx(e.value)) for e in read.Scalars("train_loss")] == [(1, 1), (2, 0.5), (3, 1 / 3)]
    assert read.Tags()["scalars"] == ["train_loss", "validation_dice_by_structure/Front"]
    for file in (tmp_path / "tensorboard").iterdir():
        assert b"case-17" not in file.read_bytes()


def test_without_the_package_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with (
        pytest.raises(MedOptError, match=r"package tensorboard is not installed\. Install it: pip install tensorboard"),
        followed(["tensorboard"], TrackerFacts("run-001", tmp_path, "demo"), Collector()),
    ):
        pass


def test_it_takes_no_address(tmp_path: Path) -> None:
    with (
        pytest.raises(MedOptError, match="tensorboard takes no address"),
        followed(["tensorboard=here"], TrackerFacts("run-001", tmp_path, "demo"), Collector()),
    ):
        pass
