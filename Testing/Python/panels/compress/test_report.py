"""A model's results and report."""

from __future__ import annotations

from itertools import pairwise

from MedOptValidateLib.compress_self_test import NAME, recordCompression

from medopt.files import write_json, write_text

STUDENT = f"{NAME}-width-50"


def options(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


def test_a_point_chooses_its_model(section, project, again):
    recordCompression(project)
    again()
    assert section.selectPoints([STUDENT])
    assert section.selected == STUDENT
    assert section.row == [one.name for one in section.view.models].index(STUDENT)
    assert section.report.file == project.runs_folder / STUDENT / "report-validation.html"
    assert not section.selectPoints([STUDENT, f"{NAME}-teacher"]), "of several points no report is opened"
    assert not section.selectPoints(["case-0"])
    assert section.selected == STUDENT


def test_the_report_of_an_8_bit_model_is_not_that_of_its_run(section, project, again):
    recordCompression(project)
    again()
    assert section.selected == f"{STUDENT}-int8"
    assert section.report.file is None
    own = project.runs_folder / STUDENT / "exported" / f"{STUDENT}-int8-onnxruntime"
    write_text(own / "report-validation.html", "")
    assert section.report.file == own / "report-validation.html"
    write_text(own / "report-test.html", "")
    assert section.report.file == own / "report-test.html", "the test tells more"


def test_a_model_made_for_another_engine_is_measured_in_that_one(section, project, again, monkeypatch):
    from medopt.inference import package_files

    recordCompression(project)
    name = f"{STUDENT}-int8"
    made = {"medopt": {"run": STUDENT, "quantization": {"engine": "openvino"}}}
    write_json(project.models_folder / name / "metadata.json", made)
    own = project.runs_folder / STUDENT / "exported" / f"{name}-openvino"
    write_text(own / "report-validation.html", "")
    monkeypatch.setattr(package_files, "missing_packages", lambda name: ("openvino",))
    again()
    assert section.report.file is None, "as the command, which then takes onnxruntime"
    monkeypatch.setattr(package_files, "missing_packages", lambda name: ())
    again()
    assert section.report.file == own / "report-validation.html"


def test_a_report_is_made_after_measuring(section, library, timer, project, again):
    recordCompression(project)
    again()
    assert section.buttons()["modelReportButton"].text == "Make report"
    section.report.make()
    what = [str(project.folder), "--run", STUDENT, "--model", f"{STUDENT}-int8", "--subset", "validation"]
    assert library.started[-1] == ["validate", *what]
    library.jobs[-1].finish()
    timer.tick()
    assert library.started[-1] == ["report", *what]
    library.jobs[-1].finish()
    timer.tick()
    assert len(library.started) == 2
    own = project.runs_folder / STUDENT / "exported" / f"{STUDENT}-int8-onnxruntime"
    write_json(own / "metrics-validation.json", {})
    section.report.make()
    assert library.started[-1] == ["report", *what], "what was measured is not measured again"


def test_no_report_is_made_of_a_failed_measurement(section, library, timer, project, again):
    recordCompression(project)
    again()
    section.report.make()
    library.jobs[-1].finish("failed", "out of memory")
    timer.tick()
    assert [line[0] for line in library.started] == ["validate"]


def test_an_exported_model_is_looked_at_measured_and_reported_like_a_run(
    section, validator, library, timer, project, again
):
    recordCompression(project)
    again()
    section.showResults()
    assert validator.run == f"models/{STUDENT}-int8"
    assert "has not been measured on validation" in validator.text
    states = validator.buttons()
    assert "Choose a run" in states["exportButton"].toolTip
    assert states["validateButton"].next
    validator.validate()
    assert options(library.started[-1])["--model"] == f"{STUDENT}-int8"
    library.jobs[-1].finish()
    timer.tick()
    validator.measureElsewhere("/data/other")
    assert library.started[-1][2] == str(project.models_folder / f"{STUDENT}-int8")
    assert [name for name, _text in validator.subsets()] == ["test", "validation", "train"]


def test_a_model_that_was_deleted_is_told(section, validator, project, again):
    recordCompression(project)
    (project.models_folder / f"{STUDENT}-int8" / "metadata.json").unlink()
    again()
    assert "not in the project any more" in section.buttons()["modelReportButton"].toolTip
    shown = validator.run
    section.report.make()
    section.showResults()
    assert validator.run == shown
