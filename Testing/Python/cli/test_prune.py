"""``medopt prune`` and ``medopt distill``: what they hand to the room that does the work."""

from __future__ import annotations

import json

import pytest

from medopt.compression.settings import ControlSettings, DistillSettings, PruneSettings, SparsifySettings


@pytest.fixture
def run(project):
    folder = project.runs_folder / "run-001"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"state": "done", "started": "run-001"}))
    return folder


def test_prune_hands_on_what_was_typed(medopt, project, run, stand_in):
    calls = stand_in("medopt.compression.run", prune_run=run, Means=None)
    typed = ("--remove", "0.6", "--of", "parameters", "--rounds", "3", "--teach", "--time", "30s", "--name", "small")
    answer = medopt("prune", project.folder, *typed, "--set", "least_share=0.3")
    assert answer.exit_code == 0, answer.output
    arguments, options = calls["prune_run"][0]
    assert arguments[1] == "run-001"
    assert options["name"] == "small"
    settings = arguments[2]
    assert isinstance(settings, PruneSettings)
    assert (settings.amount, settings.of, settings.rounds, settings.least_share) == (0.6, "parameters", 3, 0.3)
    assert settings.teaching is not None
    assert settings.tuning.minutes == 0.5
    assert "medopt validate" in answer.output


def test_zeros_and_controls_are_steps_of_their_own(medopt, project, run, stand_in):
    calls = stand_in("medopt.compression.run", prune_run=run, Means=None)
    assert medopt("prune", project.folder, "--zeros", "--set", "scope=layer").exit_code == 0
    assert medopt("prune", project.folder, "--control", "--time", "2m").exit_code == 0
    first, second = (call[0][2] for call in calls["prune_run"])
    assert first == SparsifySettings(scope="layer")
    assert isinstance(second, ControlSettings)
    assert second.tuning.minutes == 2


def test_distill_hands_on_what_was_typed(medopt, project, run, stand_in):
    stand_in("medopt.compression.run", Means=None)
    calls = stand_in("medopt.compression.distill.run", distill_run=run)
    typed = ("--teacher", "cv-001", "--teacher", "run-001", "--width", "0.25", "--norm", "batch", "--unlabelled", "2")
    answer = medopt("distill", project.folder, *typed, "--set", "teaching.features=10")
    assert answer.exit_code == 0, answer.output
    arguments, options = calls["distill_run"][0]
    assert arguments[1] == ("cv-001", "run-001")
    settings = arguments[2]
    assert isinstance(settings, DistillSettings)
    assert (settings.width, settings.norm, settings.unlabelled, settings.tuning.rate) == (0.25, "batch", 2, 1.0)
    assert settings.teaching.features == 10
    assert options["student"] is None
    medopt("distill", project.folder, "--student", "small", "--time", "1m")
    arguments, options = calls["distill_run"][1]
    assert (options["student"], arguments[2].tuning.rate, arguments[2].tuning.minutes) == ("small", 0.5, 1)


def test_wrong_settings_name_the_field(medopt, project, run):
    answer = medopt("prune", project.folder, "--set", "rownds=2")
    assert answer.exit_code == 1
    assert "rounds" in answer.stderr
    assert medopt("prune", project.folder, "--remove", "1.5").exit_code == 2
    assert "such as 90s" in medopt("distill", project.folder, "--time", "soon").stderr
