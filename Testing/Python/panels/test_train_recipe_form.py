"""The recipe in the panel: what the worker proposes, checks, and the user edits."""

import json
from pathlib import Path

import pytest
import yaml
from MedOptTrainLib.recipe_form import RecipeForm
from standins.material import FakeJob, FakeStatus, advised

from medopt import MedOptError
from medopt.files import write_text

RECIPE = (
    "training:\n  patch: [32, 32, 32]\n  steps: null\n  minutes: 10.0\n"
    "preprocess: {steps: []}\naugment: {techniques: []}\nnetwork: {name: unet}\n"
)


class Line:
    def __init__(self, folder):
        self.folder, self.started, self.busy = folder, [], False

    def start(self, arguments):
        self.started.append(list(arguments))
        return FakeJob(self.folder / f"job-{len(self.started)}", FakeStatus(command=arguments[0]))


@pytest.fixture
def line(tmp_path):
    return Line(tmp_path)


@pytest.fixture
def form(line, project):
    made = RecipeForm(line.start, lambda: line.busy)
    made.setProject(project)
    return made


def end(form, line, state="done", error=None, text=RECIPE):
    """The worker writes the file that it was asked for and ends."""
    target = Path(line.started[-1][-1])
    if text is not None and target.suffix == ".json":
        write_text(target, json.dumps(advised(yaml.safe_load(text)).to_json()))
    elif text is not None:
        write_text(target, text)
    job = FakeJob(line.folder / f"job-{len(line.started)}", FakeStatus(state, "train", error=error))
    assert form.waitsFor(job)
    form.jobFinished(job, job.status())
    assert not form.waitsFor(job)


def test_a_proposal_comes_from_the_worker(form, line, project):
    form.propose(7.5)
    assert line.started[0][:5] == ["advise", str(project.folder), "--minutes", "7.5", "--save-advice"]
    assert "reading the data" in form.problems
    end(form, line)
    assert [row.field for row in form.rows()] == ["training.patch", "training.minutes"], "what the data decide"
    assert form.text.startswith("2 of 6 fields")
    form.showEverything(True)
    assert [row.field for row in form.rows()][:3] == ["training.patch", "training.steps", "training.minutes"]
    assert form.text.startswith("6 fields")
    assert form.minutes == 10.0
    assert form.cautions == "⚠ Only 4 subjects: every interval will be wide."
    assert "4 of 4 cases were looked at." in form.text
    assert "All are as proposed." in form.text


def test_a_device_is_passed_on(form, line):
    form.propose(10, "cpu")
    assert line.started[0][4:6] == ["--device", "cpu"]


def test_reasons_stay_when_a_value_is_edited_and_it_goes_back(form, line):
    form.propose(10)
    end(form, line)
    row = form.rows()[0]
    assert (row.why, row.changed) == ("The median image.", False)
    assert "median shape: 30 × 31 × 32" in row.tip
    assert "Source: " in row.tip
    assert form.buttons()["revertButton"].toolTip == "Select a field in the table first."
    form.select("training.patch")
    assert form.buttons()["revertButton"].toolTip == "The field is as proposed."
    form.set("training.patch", "[16, 16, 16]")
    assert form.rows()[0].why == "● changed; proposed: [32, 32, 32] · The median image."
    assert "Not as proposed: 1." in form.text
    assert form.buttons()["revertButton"].enabled
    form.revert()
    assert form.rows()[0].value == "[32, 32, 32]"
    assert "press Check" in form.problems


def test_minutes_go_back_together_with_steps(form, line):
    form.propose(10)
    end(form, line)
    form.set("training.steps", "200")
    form.select("training.minutes")
    form.revert()
    assert form.values["training"] == {"patch": [32, 32, 32], "steps": None, "minutes": 10.0}


def test_an_edited_recipe_is_checked_by_the_worker_and_its_words_are_shown(form, line):
    form.propose(10)
    end(form, line)
    form.set("training.patch", "[30, 32, 32]")
    assert "press Check" in form.problems
    form.check()
    arguments = line.started[-1]
    edited = Path(arguments[arguments.index("--recipe") + 1])
    assert "- 30" in edited.read_text()
    end(form, line, "failed", "recipe.yaml: training.patch [30, 32, 32] must be a multiple of [8, 8, 8].", text=None)
    assert "must be a multiple" in form.problems
    assert form.rows()[0].value == "[30, 32, 32]", "the edit stays, to be corrected"
    form.check()
    end(form, line, text=RECIPE.replace("32, 32, 32", "40, 32, 32"))
    assert form.problems == "✓ The recipe is valid."
    assert "proposed: [32, 32, 32]" in form.rows()[0].why, "the proposal is still what differences are told from"


def test_other_jobs_are_no_answer(form, line, tmp_path):
    form.propose(10)
    form.jobFinished(FakeJob(tmp_path / "another"), FakeStatus("done"))
    assert form.values is None


def test_minutes_and_recipe_agree(form, line):
    form.setMinutes(3)
    assert form.values is None
    form.propose(10)
    end(form, line)
    form.setMinutes(3)
    assert form.minutes == 3.0
    form.set("training.steps", "200")
    assert form.minutes is None
    form.setMinutes(5)
    assert form.minutes is None, "a recipe that gives steps keeps them"


def test_recipes_are_loaded_and_saved_as_yaml(form, tmp_path):
    write_text(tmp_path / "mine.yaml", RECIPE)
    form.load(tmp_path / "mine.yaml")
    form.write(tmp_path / "copy.yaml")
    form.load(tmp_path / "copy.yaml")
    assert form.rows()[0].value == "[32, 32, 32]"
    write_text(tmp_path / "list.yaml", "- 1\n")
    with pytest.raises(MedOptError, match="not a recipe"):
        form.load(tmp_path / "list.yaml")
    with pytest.raises(MedOptError, match="cannot be read"):
        form.load(tmp_path / "none.yaml")
    assert form.rows()[0].value == "[32, 32, 32]"


def test_buttons_say_what_is_missing(form, line):
    assert form.buttons()["saveButton"].toolTip == "Propose or load a recipe first."
    assert form.buttons()["proposeButton"].enabled
    line.busy = True
    assert "job under way" in form.buttons()["proposeButton"].toolTip
    form.setProject(None)
    assert form.buttons()["loadButton"].toolTip == "Open or create a project first."


def test_a_new_run_without_recipe_lets_the_worker_propose(form, line):
    assert form.fileForRun("run-001") is None
    form.propose(10)
    end(form, line)
    file = form.fileForRun("run-001")
    assert file.is_file()
    assert file.is_relative_to(form._project.cache_folder)
