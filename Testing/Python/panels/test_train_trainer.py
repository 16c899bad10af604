"""Split, start, stop, resume, follow."""

import numpy as np
import pytest
from MedOptTrainLib.curves import LearningCurves
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.runs import freeName, readRuns
from MedOptTrainLib.trainer import Trainer
from standins.material import FakeJob, FakeStatus, blob, scored

from medopt import MedOptError
from medopt.events import JsonLines
from medopt.files import write_json


@pytest.fixture
def labelled(project):
    for case in ("case-2", "case-3"):
        project.save_label(case, blob((1, 2)), annotator="kim")
    return project


@pytest.fixture
def trainer(jobs, mrml, labelled):
    recipe = RecipeForm(jobs.start, lambda: jobs.busy)
    made = Trainer(jobs, recipe, LearningCurves(mrml))
    jobs.setProjectFolder(labelled.folder)
    recipe.setProject(labelled)
    made.setProject(labelled)
    return made


def record(project, name, state="done", **values):
    folder = project.runs_folder / name
    folder.mkdir()
    base = {
        "format": 1,
        "name": name,
        "state": state,
        "started": f"2026-01-01T10:00:0{name[-1]}",
        "seconds_trained": 90.0,
    }
    write_json(folder / "run.json", {**base, "device": {"name": "Test CPU", "kind": "cpu"}, **values})
    return folder


def tell(folder, **fields):
    with open(folder / "events.jsonl", "a", encoding="utf-8") as stream:
        JsonLines(stream).emit("metric", **fields)


def test_the_split_is_made_once(trainer):
    assert "No split yet" in trainer.splitText
    assert trainer.buttons()["startButton"].toolTip == "Make the split first."
    assert trainer.buttons()["splitButton"].next
    trainer.makeSplit(25, 25)
    assert "training: 2 cases of 2 subjects" in trainer.splitText
    assert "test: 1 cases of 1 subjects" in trainer.splitText
    assert not trainer.buttons()["splitButton"].enabled
    assert trainer.buttons()["startButton"].enabled


def test_start_names_the_next_free_run(trainer, library, labelled):
    trainer.makeSplit(25, 25)
    record(labelled, "run-003")
    trainer.startOrStop("", 2.5)
    assert library.started == [["train", str(labelled.folder), "--run", "run-004", "--minutes", "2.5"]]


def test_a_wrong_or_used_name_is_told(trainer, library, labelled):
    record(labelled, "run-001")
    with pytest.raises(MedOptError, match="Name: the name cannot be used"):
        trainer.start("../evil", 1)
    with pytest.raises(MedOptError, match="run-001: there is a run of this name"):
        trainer.start("run-001", 1)
    assert library.started == []


def test_one_button_starts_and_stops(trainer, library, timer, jobs):
    trainer.makeSplit(25, 25)
    assert trainer.buttons()["startButton"].text == "Start training"
    trainer.startOrStop("first", 1)
    assert trainer.training
    assert trainer.buttons()["startButton"].text == "Stop training"
    trainer.startOrStop("", 1)
    assert library.jobs[0].asked == 1
    library.jobs[0].finish("stopped")
    timer.tick()
    assert trainer.buttons()["startButton"].text == "Start training"


def test_asking_for_a_recipe_is_no_training(trainer, jobs):
    trainer.makeSplit(25, 25)
    trainer._recipe.propose(1)
    assert jobs.busy
    assert not trainer.training
    assert "job under way" in trainer.buttons()["startButton"].toolTip


def test_a_training_under_way_is_followed_with_its_curves(trainer, library, timer, labelled, jobs):
    """As after a restart of Slicer, or when it was started in a terminal."""
    folder = record(labelled, "run-001", "running")
    tell(folder, step=10, train_loss=1.0)
    job = FakeJob(labelled.folder / "jobs" / "terminal")
    job.tell("started", command="train", run="run-001")
    library.jobs.append(job)
    timer.tick(10)
    assert trainer.selected == "run-001"
    assert trainer._curves.text == "run-001: step 10 · training loss 1.000"
    tell(folder, step=20, train_loss=0.5)
    shown = []
    trainer.changed.connect(lambda: shown.append(trainer._curves.text))
    timer.tick()
    assert shown == ["run-001: step 20 · training loss 0.500"]


def test_runs_tell_state_metric_time_and_device(trainer, labelled, timer):
    record(labelled, "run-001", best={"step": 5, "validation_dice": 0.8123})
    record(labelled, "run-002", "running")
    (labelled.runs_folder / "run-003").mkdir()
    (labelled.runs_folder / "run-003" / "run.json").write_text("{half")
    trainer.reload()
    cells = {row.name: row.cells() for row in trainer.rows}
    assert cells["run-001"] == ["run-001", "done", "Dice 0.812", "1.5", "–", "Test CPU"]
    assert cells["run-002"] == ["run-002", "interrupted", "–", "1.5", "–", "Test CPU"]
    assert cells["run-003"] == ["run-003", "damaged", "–", "–", "–", ""]
    assert freeName(labelled.folder) == "run-004"
    assert readRuns(labelled.folder / "nowhere") == []


def test_runs_tell_the_metric_of_their_task_and_what_they_began_from(trainer, labelled):
    record(labelled, "run-001", best={"step": 5, "validation_auc": 0.9}, transfer={"source": "pre-001"})
    trainer.reload()
    assert trainer.rows[0].cells()[2:5] == ["AUC 0.900", "1.5", "pre-001"]


def test_device_and_threads_go_to_the_worker(trainer, library, labelled, monkeypatch):
    from MedOptCoreLib import hardware

    monkeypatch.setattr(hardware, "gpuNames", lambda: ("GPU A", "GPU B"))
    texts = dict(trainer.devices())
    assert texts[""] == "the best there is"
    assert texts["cuda:1"] == "GPU B (cuda:1)"
    trainer.makeSplit(25, 25)
    trainer.setDevice("cpu")
    trainer.setThreads(3)
    trainer.start("first", 2)
    assert library.started[-1][-4:] == ["--device", "cpu", "--threads", "3"]


def test_two_runs_are_compared_on_the_cases_that_both_were_validated_on(trainer, labelled):
    rng = np.random.default_rng(3)
    base = rng.uniform(0.6, 0.8, 8)
    for name, scores in (("run-001", base), ("run-002", base + 0.05)):
        record(labelled, name)
        scored(scores, "validation", name).save(labelled.runs_folder / name / "metrics-validation.json")
    record(labelled, "run-003")
    trainer.reload()
    trainer.select("run-002")
    assert trainer.comparison == ""
    trainer.compareWith("run-001")
    assert "difference +0.050 [+0.050, +0.050]" in trainer.comparison
    assert trainer.comparison.startswith("run-002 against run-001, 8 validation cases")
    trainer.compareWith("run-003")
    assert "Validate both runs" in trainer.comparison
    trainer.compareWith("run-002")
    assert trainer.comparison == ""


def test_the_curves_of_a_fold_are_followed(trainer, library, timer, labelled):
    folder = labelled.runs_folder / "cv-001" / "cv-001-fold1"
    folder.mkdir(parents=True)
    tell(folder, step=10, train_loss=1.0)
    job = FakeJob(labelled.folder / "jobs" / "terminal", FakeStatus(command="crossval"))
    job.tell("started", command="train", run="cv-001-fold1")
    library.jobs.append(job)
    timer.tick(10)
    assert trainer.selected is None
    assert trainer._curves.text == "cv-001-fold1: step 10 · training loss 1.000"


def test_only_unfinished_runs_resume(trainer, library, labelled):
    trainer.makeSplit(25, 25)
    record(labelled, "run-001")
    record(labelled, "run-002", "stopped")
    trainer.reload()
    assert trainer.buttons()["resumeButton"].toolTip == "Select a run in the table of runs first."
    trainer.select("run-001")
    assert "finished" in trainer.buttons()["resumeButton"].toolTip
    trainer.select("run-002")
    trainer.resume()
    assert library.started == [["train", str(labelled.folder), "--run", "run-002"]]


def test_missing_packages_are_named(jobs, mrml, labelled):
    recipe = RecipeForm(jobs.start, lambda: jobs.busy)
    trainer = Trainer(jobs, recipe, LearningCurves(mrml), lambda: ["torch", "monai"])
    trainer.setProject(labelled)
    trainer.makeSplit(25, 25)
    assert trainer.buttons()["startButton"].toolTip == "Install the missing packages first: torch, monai"


def test_selecting_a_run_shows_its_curves(trainer, labelled):
    tell(record(labelled, "run-001"), step=10, train_loss=1.0)
    trainer.reload()
    assert not trainer.buttons()["showCurvesButton"].enabled
    trainer.select("run-001")
    assert trainer.buttons()["showCurvesButton"].enabled


def test_the_commands_are_ones_that_medopt_knows(trainer, library, labelled):
    """The real command line knows every option that the panel uses."""
    from typer.main import get_command

    from medopt.cli import make_app

    trainer.makeSplit(25, 25)
    trainer._recipe.propose(1)
    commands = get_command(make_app()).commands
    for line in [*library.started, ["train", "--run", "--recipe", "--minutes"]]:
        known = {option for parameter in commands[line[0]].params for option in parameter.opts}
        assert {word for word in line if word.startswith("--")} <= known
