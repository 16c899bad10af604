"""``medopt validate``, ``report``, ``export`` and ``predict``: what they hand to the rooms that do the work."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from medopt import MedOptError
from medopt.cli.predict import find_images
from medopt.jobs import list_jobs

SUMMARY = [
    {"structure": "Anterior", "metric": "dice", "estimate": 0.9, "low": 0.88, "high": 0.92, "n": 5, "excluded": 0},
    {"structure": "mean", "metric": "hd95_mm", "estimate": None, "low": None, "high": None, "n": 0, "excluded": 5},
]


@pytest.fixture
def run(project):
    for name in ("run-001", "run-002"):
        folder = project.runs_folder / name
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps({"state": "done", "started": name}))
    return folder


def test_validate_measures_the_newest_run_and_shows_the_table(medopt, project, run, stand_in):
    results = SimpleNamespace(left_out=(SimpleNamespace(case="c9", reason="the label is missing."),))
    calls = stand_in("medopt.validation.runs", validate_run=results)
    (run / "metrics-test.json").write_text(json.dumps({"summary": SUMMARY}))
    answer = medopt("validate", project.folder)
    assert answer.exit_code == 0, answer.output
    arguments, options = calls["validate_run"][0]
    assert arguments[1] == "run-002"
    assert (options["subset"], options["weights"]) == ("test", "best")
    rows = [line.split() for line in answer.output.splitlines()]
    assert ["Anterior", "5", "0.900", "[0.880,", "0.920]"] in rows
    assert ["mean", "0", "–"] in rows
    assert ["c9", "the", "label", "is", "missing."] in rows
    assert list_jobs(project.folder)[0].status().command == "validate"


def test_validate_of_another_part_with_other_weights(medopt, project, run, stand_in):
    calls = stand_in("medopt.validation.runs", validate_run=SimpleNamespace(left_out=()))
    (project.runs_folder / "run-001" / "metrics-validation.json").write_text('{"summary": []}')
    answer = medopt("validate", project.folder, "--run", "run-001", "--subset", "validation", "--weights", "last")
    assert answer.exit_code == 0, answer.output
    assert calls["validate_run"][0][0][1] == "run-001"
    assert calls["validate_run"][0][1]["weights"] == "last"


def test_validate_refuses_what_is_not_there(medopt, project, run):
    assert "there is no such run" in medopt("validate", project.folder, "--run", "run-009").stderr
    assert medopt("validate", project.folder, "--subset", "tests").exit_code == 2


def test_report(medopt, project, run, stand_in, tmp_path):
    calls = stand_in(
        "medopt.report",
        make_report=lambda folder, **options: options["output"] or folder / "report.html",
        make_report_files=lambda folder, **options: options["output"],
    )
    answer = medopt("report", project.folder, "--output", tmp_path / "r.html", "--subset", "validation")
    assert answer.exit_code == 0, answer.output
    ((folder,), options) = calls["make_report"][0]
    assert (folder, options["project"].folder) == (run, project.folder)
    assert (options["subset"], options["output"]) == ("validation", tmp_path / "r.html")
    assert f"Report: {run / 'report.html'}" in medopt("report", project.folder).output.replace("\n", "")


def test_export(medopt, project, run, stand_in):
    calls = stand_in("medopt.compression", export_run=project.models_folder / "small")
    answer = medopt("export", project.folder, "--run", "run-001", "--name", "small", "--cases", "3")
    assert answer.exit_code == 0, answer.output
    arguments, options = calls["export_run"][0]
    assert (arguments[1], options["name"], options["cases"]) == ("run-001", "small", 3)
    assert f"medopt predict {project.models_folder / 'small'}" in answer.output


def test_predict_tells_what_was_left_out_and_keeps_no_job(medopt, scans, stand_in, tmp_path):
    summary = SimpleNamespace(written=(tmp_path / "a.seg.nrrd",), left_out={"b": "the file is damaged."})
    loaded = SimpleNamespace(runtime=SimpleNamespace(name="engine 1.0 (CPU)"))
    calls = stand_in("medopt.inference", load_model=loaded, predict_files=summary)
    options = ("--runtime", "openvino", "--threads", "2", "--cascade", "2")
    answer = medopt("predict", tmp_path / "m", scans / "images", "--output", tmp_path / "out", *options)
    assert answer.exit_code == 0, answer.output
    assert calls["load_model"][0] == ((tmp_path / "m",), {"runtime": "openvino", "threads": 2})
    model, files, output = calls["predict_files"][0][0]
    assert (model, len(files), output) == (loaded, 10, tmp_path / "out")
    assert calls["predict_files"][0][1]["cascade"] == 2
    assert "Running on engine 1.0 (CPU)" in answer.output
    assert "the file is damaged." in answer.output
    assert "1 labels written, 1 scans left out" in answer.output
    assert list(tmp_path.iterdir()) == []


def test_predict_needs_an_output(medopt, scans, tmp_path):
    assert medopt("predict", tmp_path / "m", scans / "images").exit_code == 2


def test_scans_are_found(tmp_path):
    for name in ("b.nii.gz", "a.nrrd", "readme.txt"):
        (tmp_path / "images" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "images" / name).touch()
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "IM0001").touch()
    images, series = tmp_path / "images", tmp_path / "series"
    assert find_images([images, series, images / "readme.txt"]) == [
        images / "a.nrrd",
        images / "b.nii.gz",
        series,
        images / "readme.txt",
    ]
    with pytest.raises(MedOptError, match="no such file or folder: expected a scan"):
        find_images([Path(tmp_path / "none")])
