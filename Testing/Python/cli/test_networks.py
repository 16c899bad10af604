"""``medopt networks`` on a small real project, and advice as a file for panels."""

from __future__ import annotations

import json

import pytest

from medopt.networks import NETWORKS, build_network, count_parameters, network_of
from medopt.project import Project, make_split
from medopt.training import Recipe
from medopt.training.advice import Advice, advise
from medopt.training.advice.choices import prepared_spacing


@pytest.fixture
def divided(project: Project) -> Project:
    make_split(project, test=0.2, validation=0.2)
    return project


@pytest.mark.long
def test_every_family_in_every_size_is_complete_for_the_recipe(medopt, divided: Project, tmp_path) -> None:
    advice = advise(divided, steps=30)
    advice.recipe.save(tmp_path / "recipe.yaml")
    file = tmp_path / "networks.json"
    answer = medopt("networks", divided.folder, "--recipe", tmp_path / "recipe.yaml", "--output", file)
    assert answer.exit_code == 0, answer.output
    found = json.loads(file.read_text())["networks"]
    assert [(one["name"], one["size"]) for one in found] == [(name, size) for name in NETWORKS for size in "SML"]
    for one in found:
        if one["problem"]:
            continue
        values = json.loads(json.dumps(dict(advice.values)))
        values["network"], values["training"]["patch"] = one["network"], one["patch"]
        made = Recipe.parse(values, one["name"])
        network = build_network(made.network, 1, len(divided.settings.classes) + 1, made.training.dims)
        assert count_parameters(network) == one["parameters"]
        assert one["fits"]
        assert one["seconds"] is None
    assert not all(one["problem"] for one in found)


def test_one_network_is_timed_on_request(medopt, divided: Project, tmp_path) -> None:
    advise(divided, steps=30).recipe.save(tmp_path / "recipe.yaml")
    words = (
        "--recipe",
        tmp_path / "recipe.yaml",
        "--name",
        "separable_unet",
        "--size",
        "S",
        "--time",
        "--device",
        "cpu",
    )
    answer = medopt("networks", divided.folder, *words, "--output", tmp_path / "one.json")
    assert answer.exit_code == 0, answer.output
    (one,) = json.loads((tmp_path / "one.json").read_text())["networks"]
    assert one["seconds"] > 0
    assert (divided.cache_folder / "advice-speed.json").is_file()


def test_a_wrong_size_or_name_is_told(medopt, divided: Project) -> None:
    answer = medopt("networks", divided.folder, "--size", "XL")
    assert answer.exit_code == 1
    assert "unknown size of network" in answer.output
    answer = medopt("networks", divided.folder, "--name", "resnett")
    assert "Did you mean 'resnet'?" in answer.output


def test_the_spacing_is_that_of_the_prepared_images(divided: Project) -> None:
    recipe = advise(divided, steps=30).recipe
    assert prepared_spacing(divided, recipe) == (2.0, 1.0, 1.0)
    values = recipe.model_dump(mode="json")
    values["preprocess"]["steps"] = [{"step": "resample", "spacing": [3.0, 2.0, 2.0]}, {"step": "normalize"}]
    assert prepared_spacing(divided, Recipe.parse(values, "test")) == (3.0, 2.0, 2.0)
    same = network_of("unet", "S", shape=(8, 16, 16), spacing=(2.0, 1.0, 1.0))
    assert same.divisor[0] < same.divisor[1]


def test_the_advice_is_written_for_panels_and_the_job_is_kept(medopt, divided: Project, tmp_path) -> None:
    job = divided.folder / "jobs" / "a-job"
    answer = medopt("advise", divided.folder, "--steps", 30, "--save-advice", tmp_path / "a.json", "--job", job)
    assert answer.exit_code == 0, answer.output
    assert Advice.from_json(json.loads((tmp_path / "a.json").read_text())) == advise(divided, steps=30)
    assert json.loads((job / "exit.json").read_text())["state"] == "done"
