"""Two processes with batch b learn what one process with batch 2b learns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from medopt.events import read_events
from medopt.project import Project
from medopt.training import Recipe, RunRecord

SCRIPT = """
import sys
import torch
from medopt.project import Project
from medopt.training import Recipe, train
torch.set_num_threads(1)
train(Project.open(sys.argv[1]), Recipe.load(sys.argv[2]), run=sys.argv[3])
"""


def run(project: Project, recipe: Path, name: str, processes: int, port: int) -> Path:
    begun = []
    for rank in range(processes):
        several = {"RANK": rank, "WORLD_SIZE": processes, "LOCAL_RANK": rank, "MASTER_PORT": port}
        names = {key: str(value) for key, value in several.items()} | {"MASTER_ADDR": "127.0.0.1"}
        command = [sys.executable, "-c", SCRIPT, str(project.folder), str(recipe), name]
        begun.append(subprocess.Popen(command, env={**os.environ, **(names if processes > 1 else {})}))
    assert [process.wait(timeout=240) for process in begun] == [0] * processes
    return project.runs_folder / name


@pytest.mark.parametrize("loss", ["dice_ce", pytest.param("cross_entropy", marks=pytest.mark.long)])
def test_the_loss_curve_of_two_is_that_of_one(
    small_project: Project, tmp_path: Path, free_port: int, loss: str
) -> None:
    values = {
        "preprocess": {"steps": [{"step": "normalize"}]},
        "augment": {"techniques": []},
        "network": {"name": "unet", "features": (4, 8), "strides": ((1, 1, 1), (2, 2, 2))},
        "loss": {"name": loss},
        "training": {"patch": (16, 16, 16), "steps": 12, "batch_size": 4, "validations": 2, "optimiser": "sgd"},
        "running": {"precision": "float32", "memory_format": "contiguous", "compile": False, "accumulate": 1},
    }
    recipe = Recipe.parse({**values, "training": {**values["training"], "learning_rate": 1e-3}}, "recipe.yaml")
    recipe.save(tmp_path / "recipe.yaml")
    curves = []
    for name, processes in (("alone", 1), ("two", 2)):
        folder = run(small_project, tmp_path / "recipe.yaml", name, processes, free_port)
        events = read_events(folder / "events.jsonl")[0]
        looks = [event for event in events if "validation_dice" in event]
        assert len(looks) == 2
        curves.append([(event["train_loss"], event["validation_dice"]) for event in looks])
    for (one, score), (other, same) in zip(*curves, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
        assert score == pytest.approx(same, abs=1e-3)


def test_what_is_left_open_is_measured_by_the_first_process_for_all(
    small_project: Project, tmp_path: Path, free_port: int
) -> None:
    values = {
        "preprocess": {"steps": [{"step": "normalize"}]},
        "augment": {"techniques": []},
        "network": {"name": "unet", "features": (4, 8), "strides": ((1, 1, 1), (2, 2, 2))},
        "training": {"patch": (16, 16, 16), "steps": 4, "batch_size": 4, "validations": 1},
    }
    Recipe.parse(values, "recipe.yaml").save(tmp_path / "recipe.yaml")
    folder = run(small_project, tmp_path / "recipe.yaml", "open", 2, free_port)
    assert not Recipe.load(folder / "recipe.yaml").running.open
    assert RunRecord.load(folder).state == "done"


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
