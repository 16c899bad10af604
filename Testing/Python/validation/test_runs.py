"""A run is validated on subjects it never saw, once predicted is not predicted again, and looks are counted."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import LabelMap
from medopt.inference import Model, predict_scores
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.io import read_label_map
from medopt.preprocess import resample_label
from medopt.project import Project, load_split, make_split
from medopt.project.splitting import list_openings
from medopt.training.device import choose_device
from medopt.training.run import describe_run, load_network
from medopt.validation import Results
from medopt.validation.runs import validate_run
from medopt.validation.sides import read_looks
from medopt.validation.voxel_counts import OVERALL, VoxelCounts


def test_the_results_are_those_of_the_predictions_on_disk(finished_project: Project) -> None:
    folder = finished_project.runs_folder / "run-001"
    results = Results.load(folder / "metrics-test.json")
    split = load_split(finished_project)
    assert {score.case for score in results.cases} == set(split.test)
    assert results.left_out == ()
    for score in results.cases:
        value = {"Front": 1, "Back": 4}[score.structure]
        reference = finished_project.read_label(score.case).array == value
        predicted = read_label_map(folder / "predictions" / "test" / f"{score.case}.seg.nrrd").array == value
        dice = 2 * np.sum(reference & predicted) / (reference.sum() + predicted.sum())
        assert score.value("dice") == pytest.approx(dice)
    assert results.row("mean", "dice").estimate > 0.6


def test_predictions_are_made_once_for_the_same_weights(finished_project: Project) -> None:
    folder = finished_project.runs_folder / "run-001" / "predictions" / "test"
    before = {p.name: p.stat().st_mtime_ns for p in folder.glob("*.nrrd")}
    assert len(before) == 2
    (folder / sorted(before)[0]).unlink()
    validate_run(finished_project, "run-001")
    after = {p.name: p.stat().st_mtime_ns for p in folder.glob("*.nrrd")}
    assert after.keys() == before.keys()
    assert sum(after[name] == before[name] for name in after) == 1
    validate_run(finished_project, "run-001", weights="last")
    assert {p.stat().st_mtime_ns for p in folder.glob("*.nrrd")}.isdisjoint(after.values())


def test_looks_at_the_test_subjects_are_counted(finished_project: Project) -> None:
    looks = len(list_openings(finished_project))
    validate_run(finished_project, "run-001")
    assert len(list_openings(finished_project)) == looks + 1
    validate_run(finished_project, "run-001", subset="validation")
    assert len(list_openings(finished_project)) == looks + 1


def test_cases_that_may_have_been_trained_on_are_refused(finished_project: Project) -> None:
    make_split(finished_project, test=0.25, validation=0.15, seed=8, replace=True)
    with pytest.raises(MedOptError, match=r"trained on another split.*Train a new run"):
        validate_run(finished_project, "run-001")


def test_a_case_that_cannot_be_read_is_left_out(finished_project: Project) -> None:
    victim = load_split(finished_project).test[0]
    (finished_project.runs_folder / "run-001" / "predictions" / "test" / f"{victim}.seg.nrrd").unlink()
    path = finished_project.image_paths(victim)[0]
    path.write_bytes(path.read_bytes()[:150])
    results = validate_run(finished_project, "run-001")
    assert [left.case for left in results.left_out] == [victim]
    assert results.n_cases == 1


def test_a_report_tells_the_look_of_an_exported_model_too(finished_project: Project) -> None:
    folder = finished_project.runs_folder / "run-001"
    validate_run(finished_project, "run-001")
    whole, own = read_looks(folder)
    validate_run(finished_project, "run-001", exported=finished_project.models_folder / "run-001")
    assert read_looks(folder) == (whole + 1, own + 1)


def test_an_exported_model_is_measured_apart_from_its_run(finished_project: Project) -> None:
    folder = finished_project.runs_folder / "run-001"
    before = (folder / "metrics-test.json").read_bytes()
    exported = finished_project.models_folder / "run-001"
    results = validate_run(finished_project, "run-001", exported=exported)
    assert "on onnxruntime" in results.model
    place = folder / "exported" / "run-001-onnxruntime"
    assert (place / "metrics-test.json").is_file()
    assert len(list((place / "predictions" / "test").glob("*.seg.nrrd"))) == len(load_split(finished_project).test)
    assert (folder / "metrics-test.json").read_bytes() == before
    own = validate_run(finished_project, "run-001")
    dice = [[row.estimate for row in found.summary if row.metric == "dice"] for found in (results, own)]
    assert dice[0] == pytest.approx(dice[1], abs=0.01)
    shutil.copytree(folder, folder.with_name("run-002"))
    with pytest.raises(MedOptError, match="the model was made of another run: expected run-002, found run-001"):
        validate_run(finished_project, "run-002", exported=exported)


def test_probabilities_are_counted_as_the_model_gives_them(finished_project: Project) -> None:
    folder = finished_project.runs_folder / "run-001"
    results = validate_run(finished_project, "run-001")
    assert isinstance(results, Results)
    assert results.calibration is not None
    assert results.calibrated == ("Front", "Back", OVERALL)
    assert Results.load(folder / "metrics-test.json") == results
    case = load_split(finished_project).test[0]
    network, _, _ = load_network(folder, "best")
    description = describe_run(folder)
    model = Model(description, TorchRuntime(network, description.dims, choose_device().torch))
    with predict_scores(finished_project.read_image(case), model) as (scores, grid):
        truth = resample_label(finished_project.read_label(case), grid).array
        counts = VoxelCounts(truth, grid.spacing, [(1, 1), (4, 2)])
        counts.add(0, np.asarray(scores))
        expected = counts.found()
    for found, oracle in zip((b.bins for b in results.calibration.cases if b.case == case), expected, strict=True):
        assert oracle is not None
        assert np.abs(np.subtract(found.number, oracle.number)).sum() <= 2  # rounding at an edge
        assert found.squared == pytest.approx(oracle.squared, rel=1e-4)


def test_a_case_whose_label_was_changed_is_counted_anew(finished_project: Project) -> None:
    folder = finished_project.runs_folder / "run-001" / "predictions" / "test"
    before = validate_run(finished_project, "run-001")
    first, second = load_split(finished_project).test
    label = finished_project.read_label(first)
    array = label.array.copy()
    array[array == 4] = 0
    finished_project.save_label(first, LabelMap(array, label.geometry), annotator="me")
    times = {case: (folder / f"{case}.seg.nrrd").stat().st_mtime_ns for case in (first, second)}
    after = validate_run(finished_project, "run-001")
    assert (folder / f"{first}.seg.nrrd").stat().st_mtime_ns != times[first]
    assert (folder / f"{second}.seg.nrrd").stat().st_mtime_ns == times[second]
    true = [
        {(b.case, b.structure): sum(b.bins.true) for b in results.calibration.cases}  # type: ignore[union-attr]
        for results in (before, after)
    ]
    assert true[0][first, "Back"] > 0
    assert true[1].get((first, "Back"), 0) == 0
    assert true[0][second, "Back"] == true[1][second, "Back"]
