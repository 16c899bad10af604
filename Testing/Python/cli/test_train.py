"""``medopt train``: what it hands to training; training itself has tests of its own."""

from __future__ import annotations

import json

import pytest

from medopt.jobs import list_jobs
from medopt.settings import Settings


class FakeTraining(Settings):
    """Two fields of a recipe's training section that the command itself knows."""

    precision: str = "auto"
    minutes: float | None = 10.0
    steps: int | None = None
    batch_size: int = 2


class Recipe(Settings):
    """A recipe small enough to read."""

    seed: int = 1
    training: FakeTraining = FakeTraining()

    def resolved_by(self, run):
        """As the real recipe does for the precision."""
        if self.training.precision != "auto":
            return self
        return self.model_copy(
            update={"training": self.training.model_copy(update={"precision": run.training.precision})}
        )


@pytest.fixture
def training(stand_in):
    return stand_in(
        "medopt.training",
        train=lambda project, recipe, **options: project.runs_folder / options["run"],
        propose_recipe=lambda project, minutes=None: Recipe(training=FakeTraining(minutes=minutes or 10.0)),
        Recipe=Recipe,
    )


def add_run(project, name, recipe, state):
    folder = project.runs_folder / name
    folder.mkdir()
    recipe.save(folder / "recipe.yaml")
    (folder / "run.json").write_text(json.dumps({"state": state, "started": name}))


def handed(training):
    (_, recipe), options = training["train"][-1]
    return options["run"], recipe


def test_without_a_recipe_one_is_proposed_and_changed_as_wished(medopt, project, training):
    answer = medopt("train", project.folder, "--minutes", "3", "--seed", "4", "--set", "training.batch_size=8")
    assert answer.exit_code == 0, answer.output
    name, recipe = handed(training)
    assert name == "run-001"
    assert (recipe.seed, recipe.training.minutes, recipe.training.batch_size) == (4, 3.0, 8)
    assert training["propose_recipe"][0][1] == {"minutes": 3.0}
    assert training["train"][0][1]["stop"].polled
    (job,) = list_jobs(project.folder)
    assert (job.status().state, job.status().command) == ("done", "train")


def test_a_recipe_from_a_file(medopt, project, training, tmp_path):
    Recipe(seed=77).save(tmp_path / "r.yaml")
    assert medopt("train", project.folder, "--recipe", tmp_path / "r.yaml", "--run", "mine").exit_code == 0
    assert handed(training) == ("mine", Recipe(seed=77))
    assert training["propose_recipe"] == []


def test_the_newest_unfinished_run_is_resumed_with_its_own_recipe(medopt, project, training):
    mine = Recipe(seed=3, training=FakeTraining(precision="bfloat16"))
    add_run(project, "run-001", mine, "stopped")
    add_run(project, "run-002", Recipe(), "done")
    medopt("train", project.folder)
    assert handed(training) == ("run-001", mine)


def test_the_same_command_resumes_although_the_precision_was_decided_meanwhile(medopt, project, training, tmp_path):
    Recipe(seed=3).save(tmp_path / "r.yaml")
    add_run(project, "run-001", Recipe(seed=3, training=FakeTraining(precision="bfloat16")), "stopped")
    medopt("train", project.folder, "--recipe", tmp_path / "r.yaml")
    assert handed(training)[0] == "run-001"


def test_another_recipe_makes_a_new_run(medopt, project, training):
    add_run(project, "run-001", Recipe(), "stopped")
    medopt("train", project.folder, "--set", "training.batch_size=8")
    assert handed(training)[0] == "run-002"


def test_a_named_run_keeps_its_recipe_unless_another_is_named(medopt, project, training):
    add_run(project, "a", Recipe(seed=9), "stopped")
    medopt("train", project.folder, "--run", "a")
    assert handed(training) == ("a", Recipe(seed=9))
    medopt("train", project.folder, "--run", "a", "--seed", "2")
    assert handed(training) == ("a", Recipe(seed=2))  # which training refuses


def test_a_run_in_training_is_neither_resumed_nor_disturbed(medopt, project, training):
    from medopt.jobs import run_in_job

    add_run(project, "run-001", Recipe(), "running")
    with run_in_job(project.folder / "jobs" / "j", "train") as worker:
        worker.reporter.emit("started", command="train", run="run-001")
        refused = medopt("train", project.folder, "--run", "run-001")
        assert (refused.exit_code, "a worker is training this run" in refused.stderr) == (1, True)
        medopt("train", project.folder)
    assert [call[1]["run"] for call in training["train"]] == ["run-002"]


def test_the_recipe_can_be_written_instead(medopt, project, training, tmp_path):
    target = tmp_path / "r.yaml"
    assert medopt("train", project.folder, "--write-recipe", target, "--minutes", "2").exit_code == 0
    assert Recipe.load(target).training.minutes == 2.0
    assert training["train"] == []
    again = medopt("train", project.folder, "--write-recipe", target)
    assert (again.exit_code, "there already" in again.stderr) == (1, True)


def test_a_misspelt_field_is_told_with_the_nearest_match(medopt, project, training):
    answer = medopt("train", project.folder, "--set", "training.batch_sise=8")
    assert answer.exit_code == 1
    assert "unknown field 'training.batch_sise'" in answer.stderr
    assert "did you mean 'batch_size'" in answer.stderr
    assert training["train"] == []
