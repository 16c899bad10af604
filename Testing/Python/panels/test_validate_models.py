"""What can be looked at besides runs: cross-validations, models of other projects; fit, subgroups, checklists."""

import json

import pytest
from MedOptValidateLib.fit_text import checklistText, fitText
from MedOptValidateLib.measured_models import measuredModels, subsetNames
from MedOptValidateLib.result_scene import ResultScene
from MedOptValidateLib.validator import Validator
from test_validate import measured, segmentation

from medopt.files import write_json
from medopt.io import write_segmentation
from medopt.project.splitting import open_test
from medopt.scene import marked_nodes
from medopt.validation.external.record import ExternalRecord, ModelFacts, PairedClass
from medopt.validation.subgroups import make_subgroups, save_subgroups
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer


def record(folder, subset, project, started="2026-01-01"):
    """A folder laid out like a run, measured on both labelled cases, which are predicted as they are."""
    found = {case: project.read_label(case) for case in ("case-0", "case-1")}
    for case, label in found.items():
        file = folder / "predictions" / subset / f"{case}.seg.nrrd"
        write_segmentation(segmentation(label, project.settings.classes), file)
    results = measured(project, found).__class__(
        subset,
        "net",
        *(getattr(measured(project, found), name) for name in ("structures", "settings", "cases", "summary")),
    )
    results.save(folder / f"metrics-{subset}.json")
    write_json(folder / "run.json", {"format": 1, "name": folder.name, "state": "done", "started": started})
    return results


@pytest.fixture
def looked(project):
    folder = project.folder
    record(folder / "runs" / "run-001", "test", project)
    record(folder / "runs" / "cv-001" / "pooled", "out-of-fold", project)
    elsewhere = folder / "external" / "there-run-007"
    record(elsewhere, "external", project)
    ExternalRecord(
        model=ModelFacts(name="run-007", kind="run"),
        part="all",
        looks=False,
        classes=(PairedClass(model="a", project="b", by="user"),),
        notes=("A note.",),
    ).write(elsewhere)
    return project


@pytest.fixture
def validator(library, headless, mrml, looked):
    jobs = JobLine(library, HandTimer())
    made = Validator(jobs, ResultScene(mrml, headless.application))
    jobs.setProjectFolder(looked.folder)
    made.setProject(looked)
    return made


def test_runs_come_first_then_what_is_no_run(looked):
    models = measuredModels(looked.folder)
    assert [model.key for model in models] == ["run-001", "cv-001/pooled", "external/there-run-007"]
    assert [model.isRun for model in models] == [True, False, False]


def test_each_has_its_own_part_and_its_cases_can_be_shown(validator, mrml):
    assert [name for name, _text in validator.subsets()] == ["test", "validation", "train"]
    for key, subset in (("cv-001/pooled", "out-of-fold"), ("external/there-run-007", "external")):
        validator.choose(key, "test")
        assert validator.subset == subset
        assert validator.results.subset == subset
        validator.nextWorst()
        assert len(marked_nodes(mrml, role="prediction")) == 1
        assert marked_nodes(mrml, role="errors")
    assert "A note." in validator.fitText
    validator.choose("run-001", "external")
    assert validator.subset == "test"


def test_only_a_run_can_be_measured_and_exported(validator):
    buttons = validator.buttons()
    assert buttons["validateButton"].enabled
    assert buttons["externalButton"].enabled
    validator.choose("external/there-run-007", "external")
    buttons = validator.buttons()
    for name in ("validateButton", "externalButton", "exportButton"):
        assert "Choose a run of this project" in buttons[name].toolTip
    assert buttons["reportButton"].enabled
    validator.choose("cv-001/pooled", "out-of-fold")
    assert not validator.buttons()["reportButton"].enabled


def test_jobs_name_the_other_project_and_the_external_validation(validator, monkeypatch):
    started = []
    monkeypatch.setattr(validator._jobs, "start", started.append)
    validator.measureElsewhere("/data/other", "Anterior=Head, Posterior = Body,")
    run = str(validator._runFolder())
    assert started == [["external", "/data/other", run, "--class", "Anterior=Head", "--class", "Posterior = Body"]]
    validator.choose("external/there-run-007", "external")
    validator.report()
    assert started[1][2:] == ["--external", "there-run-007"]


def test_the_sealed_part_tells_how_often_somebody_looked(looked):
    from medopt.project import make_split

    assert "looked at 0 times" in subsetNames(looked)["test"]
    for number in range(4):
        if not looked.cases()[number].labelled:
            looked.save_label(looked.cases()[number].id, looked.read_label("case-0"), annotator="a")
    make_split(looked, test=0.3, validation=0.2)
    open_test(looked, "a look")
    assert "looked at once" in subsetNames(looked)["test"]
    assert subsetNames(None)


def test_the_fit_asks_for_training_and_then_tells_the_verdict(looked):
    folder = looked.runs_folder / "run-001"
    assert "Validate the training and the test cases" in fitText(folder)
    file = folder / "metrics-test.json"
    other = json.loads(file.read_text().replace('"case-', '"other-'))
    for case in other["cases"]:
        case["subject"] = f"x-{case['subject']}"
    write_json(folder / "metrics-train.json", {**other, "subset": "train"})
    text = fitText(folder)
    assert "training 1.000 (n = 2) · test 1.000 (n = 2)" in text
    assert "too few cases to tell" in text
    assert "expected at least 5, found 2" in text
    assert fitText(folder / "nowhere") == ""


def test_subgroups_stand_below_the_summary(validator, looked):
    folder = looked.runs_folder / "run-001"
    rows = make_subgroups(validator.results, {"case-0": {"site": "A"}, "case-1": {"site": "B"}})
    before = len(validator.summary())
    save_subgroups(folder, validator.results, rows)
    assert [row[0] for row in validator.summary()[before:]] == ["site: A", "site: B"]


def test_open_items_of_the_checklists_are_listed(validator, looked):
    assert validator.checklistText == ""
    items = [
        {"number": "1", "state": "answered"},
        {"number": "2", "state": "open"},
        {"number": "3", "state": "in part"},
    ]
    lists = {"claim": {"title": "CLAIM", "items": items, "counts": {"does not apply": 0}}}
    folder = looked.runs_folder / "run-001" / "report-test"
    write_json(folder / "report.json", {"checklists": lists})
    assert validator.checklistText == "CLAIM: 2 of 3 items answered or in part; for you to write: 2"
    (folder / "report.json").write_text("{")
    assert checklistText(folder) == ""
