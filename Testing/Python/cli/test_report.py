"""``medopt report`` of an exported model, measured or not."""

from __future__ import annotations

import shutil


def test_a_model_that_was_not_measured_is_told_with_what_to_do(medopt, finished_project) -> None:
    answer = medopt("report", finished_project.folder, "--run", "run-001", "--model", "run-001")
    assert answer.exit_code == 1
    assert "the exported model was not measured" in answer.output
    assert "medopt validate PROJECT --run run-001 --model run-001 --runtime onnxruntime" in answer.output
    answer = medopt("report", finished_project.folder, "--run", "run-001", "--model", "../../../elsewhere")
    assert answer.exit_code == 1


def test_the_report_of_an_exported_model_lies_beside_its_measurements(medopt, finished_project) -> None:
    run = finished_project.runs_folder / "run-001"
    folder = run / "exported" / "run-001-onnxruntime"
    shutil.copytree(run / "predictions", folder / "predictions")
    shutil.copy(run / "metrics-test.json", folder)
    answer = medopt("report", finished_project.folder, "--run", "run-001", "--model", "run-001")
    assert answer.exit_code == 0, answer.output
    page = (folder / "report-test.html").read_text(encoding="utf-8")
    assert "run-001-onnxruntime, made of run-001" in page
    assert (folder / "report-test" / "report.json").is_file()
    assert not (run / "report-test.html").exists()
