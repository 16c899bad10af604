"""The section Compress: plan, start, stop, resume; a request on disk, whoever made it; chart, results, reports."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import vtk
from MedOptValidateLib.compress_branches import Branches
from MedOptValidateLib.compress_section import CompressSection
from MedOptValidateLib.compress_self_test import NAME, recordCompression, smallerModels
from MedOptValidateLib.compress_words import Wishes, askedBefore, freeName
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.self_test import recordValidation
from MedOptValidateLib.validator import Validator

from medopt.compression.chain.plan import ChainSettings, Plan
from medopt.files import read_json, write_json, write_text
from medopt.scene import marked_nodes
from medopt.scene.tables import columns_from_table
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer

STUDENT = f"{NAME}-width-50"
ROWS = [{"branch": "teacher", "what": "the run as it is", "training": "none"}]


@pytest.fixture
def timer():
    return HandTimer()


@pytest.fixture
def jobs(library, timer):
    return JobLine(library, timer)


@pytest.fixture
def validator(jobs, headless, mrml, project):
    recordValidation(project, ("case-0", "case-1"))
    made = Validator(jobs, ResultScene(mrml, headless.application))
    jobs.setProjectFolder(project.folder)
    return made


@pytest.fixture
def section(mrml, jobs, validator, project):
    made = CompressSection(mrml, jobs, validator)
    validator.setProject(project)
    made.setProject(project)
    return made


def again(section, validator, project):
    """As when the project is opened again."""
    validator.setProject(project)
    section.setProject(project)


def tellPlan(library, timer, path="", state=None):
    library.jobs[-1].tell("result", title="Plan", rows=ROWS, path=str(path))
    library.jobs[-1].tell("message", level="info", text="Expected: about 12 min in all")
    if state:
        library.jobs[-1].finish(state)
    timer.tick()


def words(line):
    """Option → value of a command line."""
    return dict(pairwise(line))


# ---- asking --------------------------------------------------------------------------------------------------------


def test_what_is_missing_is_told(mrml, jobs, validator, section, project):
    empty = CompressSection(mrml, jobs, validator)
    assert all(not state.enabled and state.toolTip for state in empty.buttons().values())
    assert "Open or create a project" in empty.buttons()["compressPlanButton"].toolTip
    states = section.buttons()
    assert "See the plan for these fields first" in states["compressButton"].toolTip
    assert "no compression yet" in states["resumeCompressButton"].toolTip
    assert "no compression yet" in states["showFrontButton"].toolTip
    assert "The test stays sealed" in section.text
    assert section.planCells() == []
    assert section.modelText == ""


def test_the_plan_is_told_before_anything_starts(section, library, timer, project):
    section.wish(keepPercent=98.5, minutes=12.0)
    section.tellPlan()
    line = library.started[-1]
    assert line[:2] == ["compress", str(project.folder)]
    assert line[-1] == "--plan"
    assert words(line)["--keep"] == "0.985"
    assert section.plan.text(section.wishes).startswith("The worker measures")
    assert not section.running
    assert "Wait" in section.buttons()["compressButton"].toolTip
    tellPlan(library, timer, state="done")
    assert section.planCells() == [["teacher", "the run as it is", "none", ""]]
    assert section.plan.text(section.wishes) == "Expected: about 12 min in all"
    assert section.buttons()["compressButton"].enabled
    section.wish(sizeMb=2.0)
    assert section.buttons()["compressButton"].enabled, "limits only choose"
    section.wish(minutes=20.0)
    assert "See the plan" in section.buttons()["compressButton"].toolTip
    assert "changed" in section.plan.text(section.wishes)


def test_a_failed_plan_starts_nothing(section, library, timer):
    section.tellPlan()
    library.jobs[-1].finish("failed", "no validation case")
    timer.tick()
    assert not section.buttons()["compressButton"].enabled
    assert section.plan.text(section.wishes) == ""


def test_limits_have_units_and_none_is_none():
    assert Wishes().measuring() == ["--runtime", "onnxruntime"]
    limits = Wishes(latencyMs=12.5, sizeMb=0.75).measuring()[2:]
    assert limits == ["--max-latency", "12.5ms", "--max-size", "0.75MB"]


def test_what_cannot_be_read_stops_plan_and_start_but_not_what_goes_on(section, library, timer, project):
    recordCompression(project, finished=False)
    section.setProject(project)
    section.tellPlan()
    tellPlan(library, timer, state="done")
    section.wishBranches(removed="50, x")
    for name in ("compressPlanButton", "compressButton"):
        assert "x is not a number" in section.buttons()[name].toolTip
    assert section.buttons()["resumeCompressButton"].enabled
    section.wishBranches(removed="50,75 %")
    assert section.buttons()["compressButton"].enabled, "the same branches as in the plan"
    section.wishBranches(networks=False)
    assert "See the plan" in section.buttons()["compressButton"].toolTip


def test_plan_and_start_ask_for_the_same_branches(section, library, timer):
    from medopt.cli.prune import complete

    section.wishBranches(removed="30", students=False, networks=False)
    section.tellPlan()
    tellPlan(library, timer, state="done")
    section.startOrStop()
    planned, started = ([v for word, v in pairwise(line) if word == "--set"] for line in library.started[-2:])
    assert planned == started
    assert complete(ChainSettings, {}, started, "test") == ChainSettings(removed=(0.3,), widths=(), networks=())


# ---- the engine ----------------------------------------------------------------------------------------------------


@pytest.fixture
def allEngines(section):
    """Every engine is installed but torch."""
    section._lacking = lambda: {"onnxruntime": (), "openvino": (), "torch": ("torch",)}


def test_the_engine_only_measures(section, library, timer, allEngines):
    section.tellPlan()
    assert "--runtime" not in library.started[-1]
    tellPlan(library, timer, state="done")
    section.wish(engine="openvino")
    assert section.buttons()["compressButton"].enabled, "the plan is the same in any engine"
    section.startOrStop()
    assert words(library.started[-1])["--runtime"] == "openvino"


@pytest.mark.parametrize(("engine", "chosen"), [("openvino", "openvino"), ("torch", "onnxruntime")])
def test_a_request_is_measured_again_in_its_engine_where_that_is_installed(
    section, validator, library, timer, project, allEngines, engine, chosen
):
    folder = recordCompression(project)
    write_json(folder / "front.json", {**read_json(folder / "front.json"), "engine": engine})
    again(section, validator, project)
    assert f"measured in {engine}" in section.text
    assert section.wishes.engine == chosen
    assert f"Measure in {chosen}" in section.buttons()["resumeCompressButton"].toolTip
    section.wish(engine="onnxruntime")
    section.resume()
    line = library.started[-1]
    assert words(line)["--runtime"] == "onnxruntime"
    assert line.count("--runtime") == 1
    tellPlan(library, timer, folder)
    assert section.view.name == NAME
    assert section.wishes.engine == "onnxruntime", "as was asked for, whatever is still on disk"


def test_a_stopped_request_goes_on_in_its_engine(section, validator, project, allEngines):
    folder = recordCompression(project, finished=False)
    for path in (folder / "scores").iterdir():
        write_json(path, {"cases": [], "engine": "openvino"})
    again(section, validator, project)
    assert section.wishes.engine == "openvino"
    write_text(folder / "scores" / f"{NAME}-control.json", "{")
    again(section, validator, project)
    assert "damaged" in section.text


def test_without_a_project_there_is_no_engine(section):
    section.setProject(None)
    assert section.engines() == {}


def test_names_of_requests_are_free_and_short(tmp_path):
    from medopt.project.names import is_safe_name

    assert freeName(tmp_path, "run-001") == "run-001-small"
    for taken in ("run-001-small", "run-001-small-2"):
        (tmp_path / taken).mkdir()
    assert freeName(tmp_path, "run-001") == "run-001-small-3"
    long = freeName(tmp_path, "cv-001/" + "x" * 60)
    assert len(long) <= 40
    assert is_safe_name(long)


# ---- a worker at work ----------------------------------------------------------------------------------------------


def test_a_request_is_started_followed_stopped_and_resumed(section, library, timer, project):
    section.tellPlan()
    tellPlan(library, timer, state="done")
    section.wish(latencyMs=200.0)
    section.startOrStop()
    line = words(library.started[-1])
    assert (line["--name"], line["--run"], line["--max-latency"]) == (NAME, "run-001", "200ms")
    assert section.buttons()["compressButton"].text == "Stop"
    folder = recordCompression(project, finished=False)
    tellPlan(library, timer, folder)
    assert section.view.name == NAME
    assert [row[3] for row in section.planCells()] == ["done", "at work", ""]
    assert "1 of 3 branches" in section.text
    assert "about 11 min 20 s left" in section.text  # two trainings of 5 minutes, and two thirds of 2 for the rest
    write_json(
        project.runs_folder / f"{NAME}-control" / "run.json",
        {"format": 1, "name": f"{NAME}-control", "state": "running", "seconds_trained": 100.0},
    )
    timer.tick()
    assert "about 9 min 40 s left" in section.text
    library.jobs[-1].tell("message", level="warning", text="The branch width-50 ends: it keeps 0.5")
    timer.tick()
    assert section.planCells()[2][3] == "ended: it keeps 0.5"
    section.startOrStop()
    assert library.jobs[-1].asked == 1
    library.jobs[-1].finish("stopped")
    timer.tick()
    assert "not finished" in section.text
    assert section.buttons()["resumeCompressButton"].text == "Resume"
    section.resume()
    assert words(library.started[-1])["--name"] == NAME


def test_the_front_appears_when_the_worker_has_written_it(section, library, timer, project):
    folder = recordCompression(project, finished=False)
    section.setProject(project)
    section.resume()
    tellPlan(library, timer, folder)
    assert section.chart() is None
    recordCompression(project)
    timer.tick()
    assert len(section.view.rows()) == 6
    assert section.selected == f"{STUDENT}-int8", "the model that was taken"
    library.jobs[-1].finish()
    timer.tick()
    assert "taken: " in section.text
    assert "measure it once on the test" in section.text


def test_a_compression_of_another_process_is_followed_once_the_panel_opens(section, jobs, library, timer, project):
    from standins.material import FakeJob, FakeStatus

    folder = recordCompression(project, finished=False)
    job = FakeJob(project.folder / "jobs" / "elsewhere", FakeStatus(command="compress"))
    job.tell("result", title="Plan", rows=ROWS, path=str(folder))
    job.tell("message", level="warning", text="The branch control ends: the file is damaged")
    library.jobs.append(job)
    jobs.setProjectFolder(project.folder)
    section.setProject(project)
    assert section.running
    assert section.view.name == NAME
    assert section.planCells()[1][3] == "ended: the file is damaged"
    assert section.buttons()["compressButton"].text == "Stop"


def test_another_request_can_be_looked_at_meanwhile(section, library, timer, project):
    folder = recordCompression(project, finished=False)
    other = folder.parent / "another"
    write_json(other / "plan.json", read_json(folder / "plan.json"))
    section.setProject(project)
    section.select(NAME)
    section.resume()
    tellPlan(library, timer, folder)
    section.select("another")
    timer.tick()
    assert section.view.name == "another"
    assert [row[3] for row in section.planCells()] == ["", "", ""], "not this one is at work"


# ---- a request on disk ---------------------------------------------------------------------------------------------


def test_models_have_size_speed_score_interval_and_reasons(section, validator, project):
    recordCompression(project)
    again(section, validator, project)
    view = section.view
    assert view.headers()[1:4] == ("MB", "ms a patch", "Dice")
    rows = {row[0]: row[1:] for row in view.rows()}
    assert next(iter(rows)) == f"★ {STUDENT}-int8"
    assert rows[f"★ {STUDENT}-int8"][:4] == ["0.25", "2", "0.9000", "0.9890 [0.9790, 0.9990]"]
    assert rows[f"★ {STUDENT}-int8"][4] == "taken"
    assert "has 1,000,000 bytes, more than 600,000" in rows[STUDENT][4]
    assert rows[f"{NAME}-control"][4] == "compared with"
    text = section.modelText
    for part in ("250,000 parameters", "250 million multiply-adds", "0.25 MB, 2 ms", "8 × the speed", "16 × smaller"):
        assert part in text
    assert "Anterior 0.9890, Posterior –" in text
    assert len(section.view.rows()) == 6


def test_no_model_is_said_with_the_nearest(section, validator, project):
    folder = recordCompression(project)
    facts = read_json(folder / "front.json")
    write_json(folder / "front.json", {**facts, "taken": None, "nearest": STUDENT})
    again(section, validator, project)
    assert f"no model keeps what was asked for; the nearest is {STUDENT}" in section.text
    assert section.selected == STUDENT
    assert "nearest: has 1,000,000 bytes" in section.view.rows()[1][5]
    assert not any(row[0].startswith("★") for row in section.view.rows())


def test_what_a_command_asked_for_is_repeated_exactly(section, validator, project):
    from typer.main import get_command

    from medopt.cli import make_app
    from medopt.cli.prune import complete

    folder = recordCompression(project)
    asked = ChainSettings(keep=0.97, steps=50, widths=(0.3,), removed=(0.2, 0.6), floor=0.9, rounds=3)
    plan = {**read_json(folder / "plan.json"), "settings": asked.model_dump(mode="json"), "minutes_each": None}
    write_json(folder / "plan.json", plan)
    again(section, validator, project)
    line = askedBefore(section.view)
    changes = [value for word, value in pairwise(line) if word == "--set"]
    assert complete(ChainSettings, {"keep": float(words(line)["--keep"])}, changes, "test") == asked
    options = {o for p in get_command(make_app()).commands["compress"].params for o in p.opts}
    assert {word for word in line if word.startswith("--")} <= options
    assert "branches" in section.text
    assert "left" not in section.text, "steps have no known time"


def test_a_finished_request_chooses_again_within_the_present_limits(section, validator, library, timer, project):
    folder = recordCompression(project)
    again(section, validator, project)
    section.wish(sizeMb=0.5)
    assert section.buttons()["resumeCompressButton"].text == "Choose again"
    section.resume()
    line = words(library.started[-1])
    assert (line["--minutes"], line["--max-size"], line["--name"]) == ("12", "0.5MB", NAME)
    tellPlan(library, timer, folder)
    section.selectModel(f"{NAME}-teacher")
    timer.tick()
    assert section.selected == f"{NAME}-teacher", "nothing new"
    facts = read_json(folder / "front.json")
    rules = {**facts["rules"], "max_bytes": 5_000_000, "max_latency_ms": 30.0}
    write_json(folder / "front.json", {**facts, "taken": STUDENT, "rules": rules})
    timer.tick()
    assert section.selected == STUDENT
    assert "run-001, to keep 95 % within 30 ms a patch within 5 MB" in section.text


def test_a_request_that_cannot_be_read_is_told_and_others_can_be_chosen(section, validator, project):
    folder = recordCompression(project)
    write_text(folder.parent / "broken" / "plan.json", "{")
    again(section, validator, project)
    section.select("broken")
    assert section.text.startswith("⚠")
    section.select(NAME)
    assert "3 of 3 branches" in section.text
    write_text(folder / "front.json", "[]")
    section.select(NAME)
    assert "damaged" in section.text
    assert section.view.rows() == []


def test_what_is_left_goes_from_what_was_expected_to_nothing(section, validator, project):
    folder = recordCompression(project, finished=False)
    section.setProject(project)
    whole = 60 * section.view.plan.expected_minutes
    part = section.view.secondsLeft
    for path in (folder / "scores").iterdir():
        path.unlink()
    assert section.view.secondsLeft == pytest.approx(whole)
    assert 0 < part < whole
    recordCompression(project)
    assert section.view.secondsLeft == 0


# ---- the chart -----------------------------------------------------------------------------------------------------


def points(chart):
    """Series name → (x, y, labels)."""
    found = {}
    for index in range(chart.GetNumberOfPlotSeriesNodes()):
        series = chart.GetNthPlotSeriesNode(index)
        columns = columns_from_table(series.GetTableNode())
        found[series.GetName()] = (
            list(columns[chart.GetXAxisTitle()]),
            list(columns[series.GetName()]),
            list(columns.get("case", [])),
        )
    return found


def test_the_front_is_a_chart_of_score_against_latency(section, validator, project, mrml):
    recordCompression(project)
    again(section, validator, project)
    chart = section.chart()
    assert chart.GetXAxisLogScale()
    assert chart.GetXAxisTitle() == "Time of a patch (ms, onnxruntime)"
    assert chart.GetYAxisTitle() == "Dice"
    assert "6 validation cases" in chart.GetTitle()
    found = points(chart)
    times, _scores, names = found["Front"]
    assert names == [f"{STUDENT}-int8", f"{NAME}-control-int8"]
    assert times == sorted(times)
    assert found["Taken"] == ([2.0], [0.9], [f"{STUDENT}-int8"])
    assert set(found["Teacher and control"][2]) == {f"{NAME}-teacher", f"{NAME}-control"}
    np.testing.assert_allclose(found["95 % of the better of teacher and control"][1], 0.95 * 0.91)
    drawn = [name for series, (_x, _y, labels) in found.items() if series != "Front" for name in labels]
    assert sorted(drawn) == sorted(one.name for one in section.view.models), "each model is one point"
    assert section.chart() is chart, "kept up to date, not doubled"
    section.setProject(None)
    assert marked_nodes(mrml, role="compression front") == []


def test_models_without_a_score_are_no_points(section, validator, project):
    folder = recordCompression(project)
    facts = read_json(folder / "front.json")
    for one in facts["candidates"]:
        one["score"] = one["ratio"] = one["low"] = one["high"] = None
    write_json(folder / "front.json", {**facts, "taken": None, "front": []})
    again(section, validator, project)
    assert section.chart() is None
    assert section.view.rows()[0][3] == "–"


# ---- a model's results and report ----------------------------------------------------------------------------------


def test_a_point_chooses_its_model(section, validator, project):
    recordCompression(project)
    again(section, validator, project)
    assert section.selectPoints([STUDENT])
    assert section.selected == STUDENT
    assert section.row == [one.name for one in section.view.models].index(STUDENT)
    assert section.report.file == project.runs_folder / STUDENT / "report-validation.html"
    assert not section.selectPoints([STUDENT, f"{NAME}-teacher"]), "of several points no report is opened"
    assert not section.selectPoints(["case-0"])
    assert section.selected == STUDENT


def test_the_report_of_an_8_bit_model_is_not_that_of_its_run(section, validator, project):
    recordCompression(project)
    again(section, validator, project)
    assert section.selected == f"{STUDENT}-int8"
    assert section.report.file is None
    own = project.runs_folder / STUDENT / "exported" / f"{STUDENT}-int8-onnxruntime"
    write_text(own / "report-validation.html", "")
    assert section.report.file == own / "report-validation.html"
    write_text(own / "report-test.html", "")
    assert section.report.file == own / "report-test.html", "the test tells more"


def test_a_report_is_made_after_measuring(section, validator, library, timer, project):
    recordCompression(project)
    again(section, validator, project)
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


def test_no_report_is_made_of_a_failed_measurement(section, validator, library, timer, project):
    recordCompression(project)
    again(section, validator, project)
    section.report.make()
    library.jobs[-1].finish("failed", "out of memory")
    timer.tick()
    assert [line[0] for line in library.started] == ["validate"]


def test_an_exported_model_is_looked_at_measured_and_reported_like_a_run(section, validator, library, timer, project):
    recordCompression(project)
    again(section, validator, project)
    section.showResults()
    assert validator.run == f"models/{STUDENT}-int8"
    assert "has not been measured on validation" in validator.text
    states = validator.buttons()
    assert "Choose a run" in states["exportButton"].toolTip
    assert states["validateButton"].next
    validator.validate()
    assert words(library.started[-1])["--model"] == f"{STUDENT}-int8"
    library.jobs[-1].finish()
    timer.tick()
    validator.measureElsewhere("/data/other")
    assert library.started[-1][2] == str(project.models_folder / f"{STUDENT}-int8")
    assert [name for name, _text in validator.subsets()] == ["test", "validation", "train"]


def test_a_model_that_was_deleted_is_told(section, validator, project):
    recordCompression(project)
    (project.models_folder / f"{STUDENT}-int8" / "metadata.json").unlink()
    again(section, validator, project)
    assert "not in the project any more" in section.buttons()["modelReportButton"].toolTip
    shown = validator.run
    section.report.make()
    section.showResults()
    assert validator.run == shown


# ---- the widget ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("window", [False, True])
def test_the_self_test_passes_on_the_stand_ins(application, window):
    app = application(window=window)
    smallerModels(app.open("MedOptValidate"))
    assert app.errors == []


def test_fields_reach_the_worker_and_0_is_any(application, project, library):
    recordValidation(project, ("case-0", "case-1"))
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(project.folder)
    ui = widget.ui
    assert widget.compress.wishes == Wishes("run-001")
    ui.keepSpinBox.value = 97.5
    ui.maxLatencySpinBox.value = 20
    ui.compressMinutesSpinBox.value = 5
    ui.compressPlanButton.click()
    library.jobs[-1].tell("result", title="Plan", rows=ROWS, path="")
    library.jobs[-1].finish()
    widget.panel.jobs.poll()
    ui.compressButton.click()
    line = words(library.started[-1])
    assert (line["--keep"], line["--minutes"], line["--max-latency"]) == ("0.975", "5", "20ms")
    assert "--max-size" not in library.started[-1]
    assert app.errors == []


def test_branches_and_engine_are_chosen_in_the_panel(application, project, library, monkeypatch):
    from medopt.inference import runtimes

    monkeypatch.setattr(runtimes, "missing_packages", lambda name: ("torch", "onnx") if name == "torch" else ())
    recordValidation(project, ("case-0", "case-1"))
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    ui = widget.ui
    ui.compressSection.collapsed = False
    assert ui.compressEngineSelector.count == 0
    widget.panel.head.open(project.folder)
    assert [ui.compressEngineSelector.itemText(n) for n in range(2)] == ["onnxruntime", "openvino"]
    assert ui.compressEngineSelector.count == 2
    assert ui.compressEngineSelector.currentData == "onnxruntime"
    assert "torch cannot be chosen" in ui.compressEngineSelector.toolTip
    assert (ui.removedEdit.text, ui.widthsEdit.text) == (Branches().removed, Branches().widths)
    assert not ui.removedProblemLabel.visible
    ui.widthsEdit.type_text("150")
    assert ui.widthsProblemLabel.visible
    assert "150 is not between" in ui.widthsProblemLabel.text
    assert not ui.removedProblemLabel.visible, "each beside its field"
    assert ui.compressPlanButton.toolTip == ui.widthsProblemLabel.text
    assert not ui.compressPlanButton.enabled
    ui.widthsEdit.type_text("40")
    ui.prunedCheck.click()
    ui.networksCheck.click()
    assert not ui.removedEdit.enabled
    assert not ui.widthsProblemLabel.visible
    ui.compressEngineSelector.choose(1)
    ui.compressPlanButton.click()
    assert library.started[-1][-7:-1] == ["--set", "removed=[]", "--set", "widths=[0.4]", "--set", "networks=[]"]
    library.jobs[-1].tell("result", title="Plan", rows=ROWS, path="")
    library.jobs[-1].finish()
    widget.panel.jobs.poll()
    ui.compressButton.click()
    assert words(library.started[-1])["--runtime"] == "openvino"
    assert app.errors == []


def test_a_selected_point_opens_the_report(application, project):
    recordValidation(project, ("case-0", "case-1"))
    recordCompression(project)
    app = application(window=True)
    widget = app.open("MedOptValidate")
    widget.enter()
    widget.panel.head.open(project.folder)
    layout = app.app.layoutManager().layout
    widget.ui.showFrontButton.click()
    assert app.app.layoutManager().layout != layout
    (chart,) = marked_nodes(app.scene, role="compression front")
    series = next(
        chart.GetNthPlotSeriesNode(n)
        for n in range(chart.GetNumberOfPlotSeriesNodes())
        if chart.GetNthPlotSeriesNode(n).GetName() == "Beaten by others"
    )
    names = list(columns_from_table(series.GetTableNode())["case"])
    ids, places, rows = vtk.vtkStringArray(), vtk.vtkCollection(), vtk.vtkIdTypeArray()
    ids.InsertNextValue(series.GetID())
    rows.InsertNextValue(names.index(STUDENT))
    places.AddItem(rows)
    for listener in (widget.resultsWidget, widget.compressWidget):
        listener.onPointsSelected(ids, places)
    assert app.opened == [f"file://{project.runs_folder / STUDENT / 'report-validation.html'}"]
    widget.ui.showFrontButton.click()
    assert app.app.layoutManager().layout == layout
    assert app.errors == []


def test_a_plan_on_disk_is_that_of_the_library(section, validator, project):
    folder = recordCompression(project)
    again(section, validator, project)
    assert section.view.plan == Plan.from_json(json.loads((folder / "plan.json").read_text()))
