"""Loss, running, transfer and what to start from, edited as parts of the one recipe."""

from types import SimpleNamespace

import pytest
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.settings_form import Check, Choice, Slider
from MedOptTrainLib.start_from import StartFrom
from MedOptTrainLib.train_options import lossGroup, runningGroup, transferGroup

from medopt.files import write_bytes, write_json
from medopt.training import Recipe


@pytest.fixture
def recipe(project):
    made = RecipeForm(lambda _arguments: None, lambda: False)
    made.setProject(project)
    made.values = {"task": "segmentation", "training": {"patch": [8, 8, 8], "steps": 5}}
    return made


def start_from(recipe):
    trainer = SimpleNamespace(missingToTrain="", otherJob="")
    return StartFrom(recipe, trainer, SimpleNamespace(busy=False))


def shown(group):
    return {control.label: control for control in group.controls()}


def pick(group, label, text):
    control = shown(group)[label]
    group.setField(control.path, next(data for data, title in control.options if title == text))


def whole(recipe):
    """The recipe as the worker would read it."""
    rest = {"preprocess": {"steps": []}, "augment": {"techniques": []}}
    rest["network"] = {"name": "unet", "features": [8, 16], "strides": [[1, 1, 1], [2, 2, 2]]}
    return Recipe.parse({**rest, **recipe.values}, "test")


def test_losses_are_those_of_the_task_with_the_parameters_they_use(recipe):
    loss = lossGroup(recipe)
    assert [title for _data, title in shown(loss)["Loss"].options][:2] == ["auto", "dice_ce"]
    assert list(shown(loss)) == ["Loss"]
    pick(loss, "Loss", "tversky")
    assert list(shown(loss)) == ["Loss", "alpha", "beta"]
    loss.setField(("alpha",), 0.2)
    assert whole(recipe).loss.alpha == 0.2
    recipe.values["task"] = "classification"
    assert [title for _data, title in shown(loss)["Loss"].options] == ["auto", "cross_entropy", "weighted_ce", "focal"]
    recipe.values["task"] = "detection"
    assert [title for _data, title in shown(loss)["Loss"].options] == ["auto"]


def test_running_options_of_several_kinds_are_choices(recipe):
    running = runningGroup(recipe)
    found = shown(running)
    assert isinstance(found["precision"], Choice)
    assert isinstance(found["deterministic"], Check)
    pick(running, "compile", "no")
    pick(running, "early stopping", "yes")
    running.setField(("deterministic",), True)
    made = whole(recipe).running
    assert (made.compile, made.deterministic) == (False, True)
    assert made.early_stopping.patience == 0.25
    assert dict(shown(running)["early stopping"].options)[shown(running)["early stopping"].value] == "yes"
    assert dict(shown(running)["compile"].options)[shown(running)["compile"].value] == "no"
    pick(running, "early stopping", "no: the whole time is used")
    assert whole(recipe).running.early_stopping is None


def test_transfer_options_come_with_a_source(recipe):
    transfer, start = transferGroup(recipe), start_from(recipe)
    assert transfer.controls() == ()
    start.choose("run-001")
    assert list(shown(transfer)) == ["freeze", "layer decay", "warmup", "weights", "inflation"]
    pick(transfer, "freeze", "the encoder")
    assert isinstance(shown(transfer)["thaw"], Slider)
    transfer.setField(("layer_decay",), 0.5)
    made = whole(recipe).transfer
    assert (made.source, made.freeze, made.layer_decay) == ("run-001", "encoder", 0.5)
    pick(transfer, "freeze", "the first 2 stages")
    assert whole(recipe).transfer.freeze == 2
    start.choose("/elsewhere/bundle")
    assert whole(recipe).transfer.source == "/elsewhere/bundle"
    assert whole(recipe).transfer.layer_decay == 0.5, "the other fields stay"
    start.choose("")
    assert whole(recipe).transfer is None


def test_a_wrong_value_is_not_taken_over(recipe):
    transfer = transferGroup(recipe)
    start_from(recipe).choose("run-001")
    transfer.setField(("layer_decay",), 3.0)
    assert "layer_decay" in transfer.problem
    assert "layer_decay" not in recipe.values["transfer"]
    recipe.set("training.steps", "7")
    assert transfer.problem == ""


def test_runs_and_pretrainings_with_weights_are_offered(recipe, project):
    start = start_from(recipe)
    start.setProject(project)
    assert start.offered() == [("", "random weights")]
    for name, record in (("run-001", "run.json"), ("run-002", "run.json"), ("pre-001", "pretraining.json")):
        write_json(project.runs_folder / name / record, {})
    for name in ("run-001", "pre-001"):
        write_bytes(project.runs_folder / name / "checkpoints" / "last.safetensors", b"")
    texts = [("", "random weights"), ("pre-001", "pretraining pre-001"), ("run-001", "run run-001")]
    assert start.offered() == texts
    start.choose("/x/weights.safetensors")
    assert start.offered()[-1] == ("/x/weights.safetensors", "/x/weights.safetensors")


def test_without_a_recipe_nothing_is_begun(project):
    recipe = RecipeForm(lambda _arguments: None, lambda: False)
    start, loss = start_from(recipe), lossGroup(recipe)
    assert "project" in start.buttons()["startFileButton"].toolTip
    recipe.setProject(project)
    start.choose("run-001")
    loss.setField(("name",), "0")
    assert recipe.values is None
    assert loss.controls() == ()
    assert start.missing == "Propose or load a recipe first."
