"""The network of the recipe: chosen by name and size, worked out by the worker."""

import json
from pathlib import Path

import pytest
from MedOptTrainLib.network_names import FAMILIES
from MedOptTrainLib.network_section import NetworkSection
from MedOptTrainLib.recipe_form import RecipeForm
from MedOptTrainLib.worker_answers import WorkerAnswers
from standins.material import advised

from medopt.files import write_json
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.timer import HandTimer

RECIPE = {
    "task": "segmentation",
    "preprocess": {"steps": []},
    "augment": {"techniques": []},
    "network": {"name": "unet", "features": [8, 16], "strides": [[1, 1, 1], [2, 2, 2]]},
    "training": {"patch": [32, 32, 32], "batch_size": 2, "minutes": 10.0, "steps": None},
}


def network(name, size, patch=(32, 32, 32), problem="", seconds=None, **rest):
    part = {"name": name, **({"size": size} if name == "resnet" else {"features": [8, 16]}), **rest}
    return {
        "name": name,
        "size": size,
        "network": part,
        "patch": list(patch),
        "parameters": 1_234_567,
        "multiply_adds": 2_500_000_000,
        "step_bytes": 1 << 30,
        "fits": True,
        "seconds": seconds,
        "problem": problem,
    }


@pytest.fixture
def jobs(library):
    return JobLine(library, HandTimer())


@pytest.fixture
def recipe(jobs, project):
    jobs.setProjectFolder(project.folder)
    made = RecipeForm(jobs.start, lambda: jobs.busy)
    made.setProject(project)
    made.values = json.loads(json.dumps(RECIPE))
    return made


@pytest.fixture
def section(jobs, recipe, project):
    made = NetworkSection(recipe, WorkerAnswers(jobs))
    made.setProject(project)
    return made


def answer(library, jobs, networks, state="done", error=None):
    words = library.started[-1]
    if networks is not None:
        write_json(Path(words[words.index("--output") + 1]), {"format": 1, "networks": networks})
    library.jobs[-1].finish(state, error)
    jobs.poll()


def test_the_first_choice_asks_and_is_taken_over_with_its_patch(section, recipe, library, jobs):
    section.choose("resnet", "S")
    assert library.started[0][:2] == ["networks", str(section._project.folder)]
    assert (section.name, section.size) == ("resnet", "S"), "the wish is shown meanwhile"
    assert recipe.values["network"]["name"] == "unet"
    answer(library, jobs, [network("unet", "M"), network("resnet", "S", (32, 64, 64))])
    assert recipe.values["network"] == {"name": "resnet", "size": "S"}
    assert recipe.values["training"]["patch"] == [32, 64, 64]
    assert "press Check" in recipe.problems


def test_later_choices_ask_nothing(section, recipe, library, jobs):
    section.showCosts()
    answer(library, jobs, [network("unet", "M"), network("resnet", "S"), network("resnet", "L")])
    section.choose("resnet", "L")
    assert recipe.values["network"]["size"] == "L"
    assert len(library.started) == 1
    assert section.text == "1,234,567 parameters · 2.5 G multiply-adds a patch · about 1.00 GiB a step (fits)"
    assert section.buttons()["networksButton"].toolTip == "The costs are known."


def test_another_patch_makes_the_costs_unknown(section, recipe, library, jobs):
    section.showCosts()
    answer(library, jobs, [network("resnet", "S")])
    recipe.set("training.patch", "[16, 16, 16]")
    assert "press Show costs" in section.text
    assert section.buttons()["networksButton"].enabled
    section.choose("resnet", "S")
    assert len(library.started) == 2


def test_a_step_is_timed_on_request_and_kept(section, recipe, library, jobs):
    assert not section.buttons()["measureButton"].enabled
    section.showCosts()
    answer(library, jobs, [network("resnet", "S")])
    section.choose("resnet", "S")
    section.measure()
    words = library.started[-1]
    assert words[words.index("--name") + 1] == "resnet"
    assert "--time" in words
    answer(library, jobs, [network("resnet", "S", seconds=0.25)])
    assert section.text.endswith("0.25 s a step")
    section.showCosts()
    answer(library, jobs, [network("resnet", "S")])
    assert section.text.endswith("0.25 s a step"), "what was measured stays"


def test_what_the_adviser_measured_is_told_for_what_it_proposed(section, recipe, library, jobs):
    recipe.advice = advised(json.loads(json.dumps(RECIPE)))
    section.showCosts()
    answer(library, jobs, [{**network("unet", "M"), "network": dict(recipe.values["network"])}])
    assert section.text.endswith("0.2 s a step")
    recipe.values["training"]["batch_size"] = 4
    assert not section.text.endswith("a step")


def test_a_network_that_cannot_train_is_not_taken_over(section, recipe, library, jobs):
    section.choose("resnet", "S")
    answer(library, jobs, [network("resnet", "S", problem="the image is too small for the network")])
    assert recipe.values["network"]["name"] == "unet"
    assert section.text == "Not taken over: the image is too small for the network"


def test_the_workers_words_are_shown(section, library, jobs):
    section.choose("resnet", "S")
    answer(library, jobs, None, "failed", "recipe.yaml: wrong field")
    assert section.text == "recipe.yaml: wrong field"
    assert section.name == "unet"


def test_a_network_of_no_size_says_so(section, recipe, library, jobs):
    assert section.sizes()[-1] == ("", "own values")
    section.showCosts()
    answer(library, jobs, [{**network("unet", "M"), "network": dict(recipe.values["network"])}])
    assert section.size == "M"
    assert section.sizes() == [("S", "S"), ("M", "M"), ("L", "L")]


def test_what_is_missing_is_told(section, recipe, jobs):
    recipe.values = None
    assert section.missing == "Propose or load a recipe first."
    assert section.text == ""
    section.choose("resnet", "S")
    recipe.values = {"preprocess": {}}
    assert "lacks" in section.missing
    recipe.setProject(None)
    assert "project" in section.missing


def test_the_panel_knows_the_families_of_the_library():
    from medopt.networks import NETWORKS

    assert [name for name, _title, _purpose in FAMILIES] == list(NETWORKS)
