"""Proposals follow their rules."""

from __future__ import annotations

import pytest

from medopt.errors import MedOptError
from medopt.project import Project, Split
from medopt.training import Recipe, propose_recipe
from medopt.training.advice import advise


def test_a_proposal_is_a_whole_recipe(small_project: Project, tmp_path) -> None:
    recipe = propose_recipe(small_project)
    assert recipe.training.minutes == 10
    assert [step.step for step in recipe.preprocess.steps] == ["normalize"]
    recipe.save(tmp_path / "recipe.yaml")
    assert Recipe.load(tmp_path / "recipe.yaml") == recipe
    assert Recipe.load(tmp_path / "recipe.yaml").digest() == recipe.digest()


def test_a_proposal_is_what_the_adviser_says(small_project: Project) -> None:
    assert propose_recipe(small_project, steps=30, seed=5) == advise(small_project, steps=30, seed=5).recipe


def test_another_split_stands_in_for_the_projects_own(small_project: Project) -> None:
    subject_of = {case.id: case.subject for case in small_project.cases()}
    subjects = sorted(set(subject_of.values()))
    part_of = {subject: "train" if place < 2 else "validation" for place, subject in enumerate(subjects)}
    advice = advise(small_project, steps=30, split=Split.of(subject_of, part_of, seed=1))
    assert advice.about.startswith("2 of 2 cases")
    assert propose_recipe(small_project, steps=30, split=Split.of(subject_of, part_of, seed=1)) == advice.recipe


def test_a_repeated_proposal_is_the_same_so_that_runs_resume(small_project: Project) -> None:
    assert propose_recipe(small_project, minutes=3) == propose_recipe(small_project, minutes=3)


def test_a_misspelt_field_is_named_with_the_nearest(small_project: Project, tmp_path) -> None:
    path = tmp_path / "recipe.yaml"
    text = propose_recipe(small_project).to_yaml()
    path.write_text(text.replace("batch_size", "batchsize"))
    with pytest.raises(MedOptError, match=r"unknown field 'training\.batchsize'.*did you mean 'batch_size'"):
        Recipe.load(path)
    path.write_text(text.replace("optimiser: muon", "optimiser: adamm"))
    with pytest.raises(MedOptError, match=r"field 'training\.optimiser'.*found 'adamm'; did you mean 'adamw'"):
        Recipe.load(path)
    path.write_text(text.replace("steps: null", "steps: 5"))
    with pytest.raises(MedOptError, match=r"give either training\.steps or training\.minutes"):
        Recipe.load(path)


def test_a_patch_that_the_network_cannot_halve_is_refused(small_project: Project) -> None:
    recipe = propose_recipe(small_project)
    values = recipe.model_dump(mode="json")
    values["training"]["patch"] = [15, 16, 16]
    with pytest.raises(MedOptError, match=r"must be a multiple of \["):
        Recipe.parse(values, "recipe.yaml")
