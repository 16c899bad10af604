"""``medopt pretrain`` on a small real project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medopt.project import Project, make_split

pytest.importorskip("torch", reason="the test trains")

SMALL = (
    "--set",
    "network={name: unet, features: [4, 8], strides: [[1, 1, 1], [2, 2, 2]]}",
    "--set",
    "training.patch=[8, 8, 8]",
)


def record(project: Project, name: str) -> dict:
    return json.loads((project.runs_folder / name / "pretraining.json").read_text(encoding="utf-8"))


def test_a_folder_to_begin_from_and_how_to_use_it(medopt, project: Project) -> None:
    make_split(project, seed=1)
    answer = medopt("pretrain", project.folder, "--minutes", 0.01, *SMALL)
    assert answer.exit_code == 0, answer.output
    assert "Pretraining pretrain-001" in answer.output
    assert "--from pretrain-001" in answer.output
    found = record(project, "pretrain-001")
    assert found["state"] == "done"
    assert found["settings"]["hidden"] == 0.75
    assert (project.runs_folder / "pretrain-001" / "checkpoints" / "last.safetensors").is_file()


def test_one_that_was_stopped_is_resumed_by_the_same_command(medopt, project: Project) -> None:
    make_split(project, seed=1)
    assert medopt("pretrain", project.folder, "--minutes", 0.01, *SMALL).exit_code == 0
    path = project.runs_folder / "pretrain-001" / "pretraining.json"
    path.write_text(json.dumps({**record(project, "pretrain-001"), "state": "stopped"}), encoding="utf-8")
    steps = record(project, "pretrain-001")["steps"]
    answer = medopt("pretrain", project.folder, "--minutes", 0.02, *SMALL)
    assert "Pretraining pretrain-001" in answer.output
    assert record(project, "pretrain-001")["state"] == "done"
    assert record(project, "pretrain-001")["steps"] > steps
    answer = medopt("pretrain", project.folder, "--minutes", 0.01, *SMALL, "--name", "other", "--hidden", 0.4)
    assert answer.exit_code == 0, answer.output
    assert record(project, "other")["settings"]["hidden"] == 0.4


def test_without_a_split_it_says_what_to_do(medopt, project: Project, tmp_path: Path) -> None:
    answer = medopt("pretrain", project.folder, "--minutes", 0.01, *SMALL)
    assert answer.exit_code == 1
    assert "medopt split" in answer.output
