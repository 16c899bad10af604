"""The whole way as a user goes it: every command in a process of its own, on scans in a folder, nothing stood in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from medopt.image import Image
from medopt.io import read_geometry, read_segmentation, write_image
from medopt.project import Project


class Terminal:
    """Runs ``medopt`` as a command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
        command = [sys.executable, "-m", "medopt", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=280
        )
        assert done.returncode == code, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return done


@pytest.fixture(scope="module")
def way(small_project_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """``images`` and ``labels``, one scan of which is damaged, and the project that the commands made of them."""
    folder = tmp_path_factory.mktemp("way")
    source = Project.open(small_project_folder)
    for case in source.cases():
        label = source.read_label(case.id)
        write_image(source.read_image(case.id), folder / "images" / f"{case.id}.nii.gz")
        write_image(Image(label.array[None], label.geometry), folder / "labels" / f"{case.id}.nii.gz")
    damaged = folder / "images" / "case-9.nii.gz"
    damaged.write_bytes((folder / "images" / "case-0.nii.gz").read_bytes()[:1000])
    medopt = Terminal(folder)
    medopt("init", "project", "--class", "1=Front:#e69f00", "--class", "4=Back:#56b4e9", "--channel", "MR")
    medopt("import", "project", "images", "--labels", "labels")
    medopt("check", "project")
    medopt("split", "project", "--test", "0.25", "--validation", "0.15")
    medopt("train", "project", "--write-recipe", "recipe.yaml")
    small = [
        "training.steps=40",
        "training.minutes=null",
        "training.learning_rate=0.01",
        "network.features=[6, 12, 12]",
    ]
    settings = [text for setting in small for text in ("--set", setting)]
    medopt("train", "project", "--recipe", "recipe.yaml", *settings, "--set", "running.precision=float32")
    medopt("validate", "project")
    medopt("export", "project")
    medopt("report", "project")
    return medopt


def test_every_stage_left_what_it_promises(way: Terminal) -> None:
    run = way.folder / "project" / "runs" / "run-001"
    assert json.loads((run / "run.json").read_text())["state"] == "done"
    summary = json.loads((run / "metrics-test.json").read_text())["summary"]
    dice = next(row for row in summary if row["structure"] == "mean" and row["metric"] == "dice")
    assert dice["n"] == 2
    assert dice["estimate"] > 0.5
    pages = list((way.folder / "project").rglob("*.html"))
    assert len(pages) == 1
    assert "Front" in pages[0].read_text()
    assert (way.folder / "project" / "models" / "run-001" / "model.onnx").is_file()


def test_the_damaged_scan_was_left_out_and_named(way: Terminal) -> None:
    done = way("import", "project", "images", "--labels", "labels")
    assert "case-9" in done.stdout
    assert len(Project.open(way.folder / "project").cases()) == 8


def test_predictions_lie_on_the_grids_of_the_scans(way: Terminal) -> None:
    done = way("predict", "project/models/run-001", "images", "--output", "predictions")
    assert "8 labels written, 1 scans left out" in done.stdout
    for path in sorted((way.folder / "predictions").glob("*.seg.nrrd")):
        scan = way.folder / "images" / path.name.replace(".seg.nrrd", ".nii.gz")
        stored = read_segmentation(path)
        assert stored.geometry.is_close(read_geometry(scan), tolerance=1e-4)
        assert [s.name for s in stored.segments] == ["Front", "Back"]


def test_repeating_a_command_does_nothing_twice(way: Terminal) -> None:
    run = way.folder / "project" / "runs" / "run-001"
    before = (run / "checkpoints" / "last.safetensors").stat().st_mtime_ns
    way("split", "project", "--test", "0.25", "--validation", "0.15")
    way("validate", "project")
    assert (run / "checkpoints" / "last.safetensors").stat().st_mtime_ns == before
    runs = [line for line in way("status", "project").stdout.splitlines() if "run-0" in line]
    assert len(runs) == 1
    assert "done" in runs[0]


def test_events_are_json_lines_and_nothing_else(way: Terminal) -> None:
    lines = way("check", "project", "--events", "json").stdout.splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds[0] == "started"
    assert kinds[-1] == "finished"


def test_a_mistake_is_told_in_one_message_without_a_trace(way: Terminal) -> None:
    (way.folder / "wrong.yaml").write_text((way.folder / "recipe.yaml").read_text().replace("batch_size", "batchsize"))
    done = way("train", "project", "--recipe", "wrong.yaml", code=1)
    assert "unknown field 'training.batchsize'" in " ".join(done.stderr.split())
    assert "did you mean 'batch_size'" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
