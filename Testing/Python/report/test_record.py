"""The record of a run, whole and with parts missing or damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.files import write_text
from medopt.report.record import read_record


def test_the_facts_of_a_finished_run(run_folder: Path) -> None:
    record = read_record(run_folder)
    assert (record.name, record.project, record.state) == ("run-001", "Boxes", "done")
    assert [(s.value, s.name) for s in record.structures] == [(1, "Anterior"), (2, "Posterior")]
    assert record.parameters == 1_234_567
    assert sum(record.subjects.values()) == 16
    assert record.best.value == pytest.approx(0.874)
    assert dict(record.hashes).keys() == {"split", "data", "recipe"}
    assert record.results is not None
    assert record.results.n_cases == record.cases["test"]
    assert record.gap is not None
    assert record.recipe is not None
    assert record.look_of("Anterior") != record.look_of("Posterior")


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match=r"not a run.*Train first: medopt train PROJECT"):
        read_record(tmp_path)


@pytest.mark.parametrize("text", ["{", "[1]", '"run"'])
def test_a_damaged_record(run_folder: Path, text: str) -> None:
    write_text(run_folder / "run.json", text)
    with pytest.raises(MedOptError, match="damaged"):
        read_record(run_folder)


def test_a_record_of_a_newer_version(changed_run) -> None:
    with pytest.raises(MedOptError, match=r"newer MedOpt: expected format 1 or older, found format 7.*Update MedOpt"):
        read_record(changed_run(format=7))


def test_fields_of_wrong_kinds_become_unknown_and_not_errors(changed_run) -> None:
    folder = changed_run(
        split=3, best=[1], network="unet", versions=None, device={}, classes=[{"name": "x"}, 4], channels=None,
        seconds_trained="long", steps=None, warnings="none", left_out=[], project=1, data="?",
    )  # fmt: skip
    record = read_record(folder)
    assert record.structures == ()
    assert record.subjects == {}
    assert record.parameters is None
    assert record.seconds_trained == 0.0


def test_before_validation_there_are_no_results(run_folder: Path) -> None:
    for path in run_folder.glob("metrics-*.json"):
        path.unlink()
    assert read_record(run_folder).results is None


def test_another_subset_than_the_measured_ones_names_them(run_folder: Path) -> None:
    with pytest.raises(MedOptError, match=r"validation cases were not measured.*test, train.*--subset validation"):
        read_record(run_folder, "validation")


def test_damaged_results_are_named(run_folder: Path) -> None:
    write_text(run_folder / "metrics-test.json", '{"format": 1}')
    with pytest.raises(MedOptError, match=r"metrics-test\.json"):
        read_record(run_folder)


def test_folders_do_not_get_into_the_record(changed_run) -> None:
    secret = "/home/jane.doe/patients/smith-1970/scan.nrrd: the file is damaged"
    record = read_record(changed_run(warnings=[secret], left_out={"case-1": secret}, device={"name": secret}))
    for text in (*record.warnings, record.not_used[0][1], dict(record.device)["name"]):
        assert text == "scan.nrrd: the file is damaged"


def test_numbers_of_a_split_may_be_given_as_names(changed_run) -> None:
    record = read_record(changed_run(split={"subjects": {"train": ["a", "b"]}, "cases": {"train": 5}}))
    assert record.subjects == {"train": 2}
    assert record.cases == {"train": 5}


def test_measurements_of_an_exported_model_are_told_with_the_record_of_its_run(run_folder: Path) -> None:
    folder = run_folder / "exported" / "small-int8-onnxruntime"
    shutil.copytree(run_folder / "predictions", folder / "predictions")
    shutil.copy(run_folder / "metrics-test.json", folder)
    whole, record = read_record(run_folder), read_record(folder)
    assert record.name == "small-int8-onnxruntime, made of run-001"
    assert record.results == whole.results
    assert record.gap is None  # the model was not measured on what it learned from
    same = ("task", "structures", "recipe", "history", "parameters", "subjects", "versions", "looks")
    assert {name: getattr(record, name) for name in same} == {name: getattr(whole, name) for name in same}
    case = record.results.scored[0].case
    assert record.prediction_path(case).parent == folder / "predictions" / "test"
    with pytest.raises(MedOptError, match="validation cases were not measured"):
        read_record(folder, "validation")
