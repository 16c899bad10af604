"""The example scripts of the documentation, run as they stand."""

from __future__ import annotations

import csv
import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Image, LabelMap
from medopt.inference import PredictionSummary
from medopt.io import Segment, Segmentation, read_label_map, write_image, write_segmentation
from medopt.project import load_split
from medopt.scene import headless_scene, image_from_volume, load_bundle, marked_nodes

EXAMPLES = Path(__file__).resolve().parents[3] / "Docs" / "examples"
SEGMENTS = (Segment("a", "Anterior", (1.0, 0.0, 0.0), 1), Segment("b", "Posterior", (0.0, 0.0, 1.0), 2))


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[spec.name]
    return module


@pytest.fixture
def label_of(oblique):
    """Writes the label that a model would have made: 24 voxels of the first structure, 8 of the second."""
    array = np.zeros(oblique.shape, np.uint8)
    array[1, 1:4, :8] = 1
    array[3, 1, :8] = 2

    def write(folder: Path, name: str) -> Path:
        path = folder / f"{name}.seg.nrrd"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_segmentation(Segmentation.from_label_map(LabelMap(array, oblique), SEGMENTS), path)
        return path

    return write


@pytest.fixture
def scan(tmp_path, oblique, rng):
    path = tmp_path / "one.nii.gz"
    write_image(Image(rng.normal(size=(1, *oblique.shape)).astype(np.float32), oblique), path)
    return path


def expected_rows(oblique) -> list[list[str]]:
    ml = oblique.voxel_volume / 1000
    return [
        ["scan", "structure", "volume (ml)"],
        ["one", "Anterior", f"{24 * ml:.3f}"],
        ["one", "Posterior", f"{8 * ml:.3f}"],
    ]


def rows_of(path: Path) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_in_slicer_a_scan_becomes_a_scene(scene, scan, label_of, oblique, tmp_path):
    example, output = load("batch_in_slicer"), tmp_path / "out"

    def predict(_model: Path, path: Path, folder: Path) -> Path:
        return label_of(folder, path.name.split(".")[0])

    code = example.main(["model", str(scan), "--output", str(output)], scene, predict)
    assert code == 0
    assert rows_of(output / "volumes.csv") == expected_rows(oblique)
    assert marked_nodes(scene) == []
    with headless_scene() as other:
        load_bundle(other.scene, output / "one" / "one.mrb")
        assert image_from_volume(other.scene.GetFirstNodeByName("one")).geometry.is_close(oblique)
        segments = other.scene.GetFirstNodeByName("one reference").GetSegmentation()
        assert [segments.GetNthSegment(index).GetName() for index in range(2)] == ["Anterior", "Posterior"]


def test_in_slicer_a_bad_scan_is_left_out_and_the_rest_goes_on(scene, scan, label_of, oblique, tmp_path, capsys):
    example, output = load("batch_in_slicer"), tmp_path / "out"

    def predict(_model: Path, path: Path, folder: Path) -> Path:
        if path.name == "bad.nii.gz":
            raise MedOptError("the model made no label")
        return label_of(folder, path.name.split(".")[0])

    code = example.main(["model", str(tmp_path / "bad.nii.gz"), str(scan), "--output", str(output)], scene, predict)
    assert code == 1
    assert rows_of(output / "volumes.csv") == expected_rows(oblique)
    assert "bad is left out: the model made no label" in capsys.readouterr().err


class Worker:
    """Stands for medopt.jobs: a job that ends at once, with or without a label."""

    def __init__(self, label_of: Any, state: str, *, writes: bool) -> None:
        self.label_of, self.state, self.writes, self.command = label_of, state, writes, []

    def start_job(self, command: list[str], _folder: Path) -> Any:
        self.command = command
        if self.writes:
            self.label_of(Path(command[-1]), "one")
        status = SimpleNamespace(state=self.state, error=None)
        return SimpleNamespace(wait=lambda: status, log_tail=lambda _lines: "out of memory")


def test_in_slicer_the_model_runs_in_a_worker(label_of, scan, tmp_path, monkeypatch):
    worker = Worker(label_of, "done", writes=True)
    monkeypatch.setattr("medopt.jobs.start_job", worker.start_job)
    found = load("batch_in_slicer").predict_in_worker(tmp_path / "model", scan, tmp_path / "out")
    assert found == tmp_path / "out" / "one.seg.nrrd"
    assert worker.command == [
        "predict", str(tmp_path / "model"), str(scan), "--output", str(tmp_path / "out")
    ]  # fmt: skip


def test_in_slicer_an_old_label_is_not_taken_for_a_new_one(label_of, scan, tmp_path, monkeypatch):
    label_of(tmp_path / "out", "one")
    monkeypatch.setattr("medopt.jobs.start_job", Worker(label_of, "done", writes=False).start_job)
    with pytest.raises(MedOptError, match="the model made no label: found out of memory"):
        load("batch_in_slicer").predict_in_worker(tmp_path / "model", scan, tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "scene_of_slicer", "code"),
    [
        (["--help"], True, 0),
        (["--", "--help"], True, 0),
        ([], True, 2),
        (["model", "scan.nrrd", "--unknown"], True, 2),
        (["model", "scan.nrrd", "--output", "out"], False, 1),
    ],
)
def test_in_slicer_the_script_ends_slicer_whatever_happens(
    scene, monkeypatch, tmp_path, arguments, scene_of_slicer, code
):
    """Without slicer.mrmlScene, an error that nobody foresaw."""
    import slicer
    import slicer.util

    ended: list[int] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(slicer.util, "exit", ended.append)
    monkeypatch.setattr(sys, "argv", ["batch_in_slicer.py", *arguments])
    if scene_of_slicer:
        monkeypatch.setattr(slicer, "mrmlScene", scene, raising=False)
    runpy.run_path(str(EXAMPLES / "batch_in_slicer.py"), run_name="__main__")
    assert ended == [code]


def test_pythonslicer_labels_and_measures(label_of, scan, oblique, tmp_path, monkeypatch):
    example, output = load("batch_pythonslicer"), tmp_path / "out"

    def predict(model: Any, scans: list[Path], folder: Path) -> PredictionSummary:
        assert (model, scans) == (Path("model"), [scan])
        return PredictionSummary((label_of(folder, "one"),), {})

    monkeypatch.setattr(example, "load_model", lambda path: path)
    monkeypatch.setattr(example, "predict_files", predict)
    assert example.main(["model", str(scan), "--output", str(output)]) == 0
    assert rows_of(output / "volumes.csv") == expected_rows(oblique)


def test_pythonslicer_tells_what_was_left_out(tmp_path, monkeypatch, capsys):
    example = load("batch_pythonslicer")
    monkeypatch.setattr(example, "load_model", lambda path: path)
    monkeypatch.setattr(example, "predict_files", lambda *_: PredictionSummary((), {"one": "the file is damaged"}))
    assert example.main(["model", "one.nrrd", "--output", str(tmp_path)]) == 1
    assert "one is left out: the file is damaged" in capsys.readouterr().err


def test_pythonslicer_tells_what_is_no_model(tmp_path, capsys):
    assert load("batch_pythonslicer").main([str(tmp_path), "one.nrrd", "--output", str(tmp_path / "out")]) == 1
    assert str(tmp_path) in capsys.readouterr().err


def test_both_scripts_give_what_the_run_predicted(headless, finished_project, tmp_path):
    """A model that was really trained and exported, run by a real worker and in this process."""
    case = load_split(finished_project).test[0]
    model, scan = finished_project.models_folder / "run-001", finished_project.image_paths(case)[0]
    stored = read_label_map(finished_project.runs_folder / "run-001" / "predictions" / "test" / f"{case}.seg.nrrd")

    in_slicer = load("batch_in_slicer")
    headless.clear()
    options = [str(model), str(scan), "--output", str(tmp_path / "slicer")]
    assert in_slicer.main(options, headless.scene, in_slicer.predict_in_worker) == 0
    assert load("batch_pythonslicer").main([str(model), str(scan), "--output", str(tmp_path / "python")]) == 0

    name = scan.name.split(".")[0]
    for path in (tmp_path / "slicer" / name / f"{name}.seg.nrrd", tmp_path / "python" / f"{name}.seg.nrrd"):
        found = read_label_map(path)
        assert found.geometry.is_close(stored.geometry)
        assert np.mean(found.array != stored.array) < 1e-3
    volumes = [[float(row[2]) for row in rows_of(tmp_path / at / "volumes.csv")[1:]] for at in ("slicer", "python")]
    assert volumes[0] == pytest.approx(volumes[1], rel=0.01)
    with headless_scene() as other:
        load_bundle(other.scene, tmp_path / "slicer" / name / f"{name}.mrb")
        image = image_from_volume(other.scene.GetFirstNodeByName(name))
        np.testing.assert_array_equal(image.array, finished_project.read_image(case).array[:1])
