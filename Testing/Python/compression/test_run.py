"""A pruned run is a run like any other: it survives kills, is validated and exported, and the control beside it too."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from medopt.compression import export_run
from medopt.compression.run import Means, prune_run
from medopt.compression.settings import ControlSettings, PruneSettings, SparsifySettings, TeachingSettings, Tuning
from medopt.compression.step import StepRecord
from medopt.errors import MedOptError
from medopt.networks import count_parameters
from medopt.project import Project, load_split, make_split
from medopt.training import RunRecord, load_network, train
from medopt.training.recipe import Recipe
from medopt.validation.runs import validate_run

TUNING = Tuning(steps=8, validations=2)
PRUNE = PruneSettings(amount=0.4, multiple=1, batches=2, tuning=TUNING)


class StopAfter:
    """Asks for the end after some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def requested(self) -> bool:
        """Whether the steps are over."""
        self.left -= 1
        return self.left < 0


def weights(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / f"{name}.safetensors")


def test_a_pruned_run_is_smaller_and_is_validated_and_exported_as_any_other(finished_project: Project) -> None:
    folder = prune_run(finished_project, "run-001", PRUNE)
    assert folder.name == "run-001-pruned-40"
    network, _, record = load_network(folder)
    whole = load_network(finished_project.runs_folder / "run-001")[0]
    step = StepRecord.load(folder)
    before, after = step.figures["before"], step.figures["after"]
    assert (step.state, step.step, step.parent) == ("done", "prune", "run-001")
    assert after["parameters"] == count_parameters(network) == record.network["parameters"] < count_parameters(whole)
    assert before["parameters"] == count_parameters(whole)
    assert after["multiply_adds"] <= 0.6 * before["multiply_adds"]
    assert 0 <= after["validation_dice"] <= 1
    assert after["validation_cases"] == len(load_split(finished_project).validation)
    assert record.split == RunRecord.load(finished_project.runs_folder / "run-001").split
    assert sorted(p.name for p in folder.iterdir() if p.name in ("start.safetensors", "rounds")) == []
    results = validate_run(finished_project, folder.name)
    assert {score.case for score in results.cases} == set(load_split(finished_project).test)
    model = export_run(finished_project, folder.name, cases=1)
    parent = finished_project.models_folder / "run-001"
    assert (model / "model.onnx").stat().st_size < (parent / "model.onnx").stat().st_size
    again = (folder / "compression.json").read_bytes()
    assert prune_run(finished_project, "run-001", PRUNE) == folder
    assert (folder / "compression.json").read_bytes() == again


def test_a_pruned_run_can_be_pruned_again_in_rounds_and_taught_by_its_parent(finished_project: Project) -> None:
    first = prune_run(finished_project, "run-001", PRUNE, name="first")
    more = PRUNE.model_copy(update={"rounds": 2, "amount": 0.3, "of": "parameters", "teaching": TeachingSettings()})
    second = prune_run(finished_project, "first", more, name="second")
    sizes = [count_parameters(load_network(folder)[0]) for folder in (first, second)]
    assert sizes[1] <= 0.7 * sizes[0]
    assert not (second / "rounds").exists()
    assert RunRecord.load(second).steps == 4  # half of the training is the last round's


def test_the_control_trains_as_long_and_stays_as_wide(finished_project: Project) -> None:
    folder = prune_run(finished_project, "run-001", ControlSettings(tuning=TUNING))
    record, parent = RunRecord.load(folder), RunRecord.load(finished_project.runs_folder / "run-001")
    assert (folder.name, record.steps) == ("run-001-control", 8)
    assert record.network == parent.network


KILLED = """
import sys
from medopt.compression.run import prune_run
from medopt.compression.settings import PruneSettings
from medopt.project import Project
settings = PruneSettings.model_validate_json(sys.argv[2])
prune_run(Project.open(sys.argv[1]), "run-001", settings, name="killed")
"""


def test_killed_at_random_moments_it_ends_with_the_weights_of_an_uninterrupted_one(finished_project: Project) -> None:
    quick = finished_project.runs_folder / "run-001" / "recipe.yaml"
    recipe = Recipe.load(quick)
    often = recipe.training.model_copy(update={"checkpoint_seconds": 0.01})
    recipe.model_copy(update={"training": often}).save(quick)
    settings = PRUNE.model_copy(update={"rounds": 2, "tuning": Tuning(steps=40, validations=2)})
    whole = prune_run(finished_project, "run-001", settings, name="whole", means=Means(threads=1))
    killed = finished_project.runs_folder / "killed"
    draw, kills = random.Random(5), 0
    for _ in range(3):
        arguments = [sys.executable, "-c", KILLED, str(finished_project.folder), settings.model_dump_json()]
        process = subprocess.Popen(arguments, env={**os.environ, "OMP_NUM_THREADS": "1"})
        began = time.monotonic()
        while not (killed / "compression.json").is_file() and process.poll() is None:
            assert time.monotonic() - began < 200
            time.sleep(0.02)
        time.sleep(draw.uniform(0.2, 2.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills
    assert prune_run(finished_project, "run-001", settings, name="killed", means=Means(threads=1)) == killed
    one, other = weights(whole), weights(killed)
    assert one.keys() == other.keys()
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def test_zeros_grow_stay_and_are_told(finished_project: Project) -> None:
    settings = SparsifySettings(amount=0.75, tuning=Tuning(steps=10, validations=5))
    folder = prune_run(finished_project, "run-001", settings, means=Means(stop=StopAfter(4)))
    halfway = weights(folder)
    shown = {name for name, value in halfway.items() if name.startswith("network.") and value.ndim > 1}
    zero = {name: halfway[name] == 0 for name in shown}
    some = sum(int(mask.sum()) for mask in zero.values()) / sum(mask.numel() for mask in zero.values())
    assert 0 < some < 0.75
    assert prune_run(finished_project, "run-001", settings) == folder
    final = weights(folder)
    assert all(bool((final[name][mask] == 0).all()) for name, mask in zero.items())
    for kind in ("network.", "average."):
        masks = [final[name.replace("network.", kind)] == 0 for name in shown]
        share = sum(int(mask.sum()) for mask in masks) / sum(mask.numel() for mask in masks)
        assert share == pytest.approx(0.75, abs=0.001)
    after = StepRecord.load(folder).figures["after"]
    assert after["zeros"] == pytest.approx(0.75, abs=0.001)  # also of the best weights
    assert after["deflated_bytes"] < 0.6 * after["bytes"]


def test_what_must_not_be_is_refused(finished_project: Project) -> None:
    with pytest.raises(MedOptError, match=r"the network cannot shrink so far"):
        prune_run(finished_project, "run-001", PRUNE.model_copy(update={"amount": 0.999}), name="too-much")
    prune_run(finished_project, "run-001", PRUNE, name="too-much")  # nothing stands in the way of another try
    with pytest.raises(MedOptError, match=r"made with other settings.*amount 0.4.*found.*amount 0.5"):
        prune_run(finished_project, "run-001", PRUNE.model_copy(update={"amount": 0.5}), name="too-much")
    with pytest.raises(MedOptError, match=r"a run has this name"):
        prune_run(finished_project, "run-001", PRUNE, name="run-001")
    with pytest.raises(MedOptError, match=r"not a name"):
        prune_run(finished_project, "run-001", PRUNE, name="../elsewhere")
    recipe = Recipe.load(finished_project.runs_folder / "run-001" / "recipe.yaml")
    with pytest.raises(MedOptError, match=r"the run is a step of compression"):
        train(finished_project, recipe, run="too-much")
    record = finished_project.runs_folder / "run-001" / "run.json"
    values = json.loads(record.read_text())
    record.write_text(json.dumps({**values, "state": "stopped"}))
    with pytest.raises(MedOptError, match=r"the run is not finished"):
        prune_run(finished_project, "run-001", PRUNE)
    record.write_text(json.dumps(values))
    make_split(finished_project, seed=9, replace=True)
    with pytest.raises(MedOptError, match=r"trained on another split, so it may know today's"):
        prune_run(finished_project, "run-001", PRUNE, name="later")


@pytest.mark.parametrize("settings", [ControlSettings(tuning=TUNING), PRUNE, SparsifySettings(tuning=TUNING)])
def test_each_step_measures_anew_what_the_machine_decided_for_its_parent(finished_project: Project, settings) -> None:
    folder, measured = finished_project.runs_folder / "run-001", ("precision", "memory_format")
    RunRecord.load(folder).changed(measured=measured).save(folder)
    made = prune_run(finished_project, "run-001", settings, name="made")
    events = (made / "events.jsonl").read_text(encoding="utf-8")
    assert "measured beside it" in events
    assert RunRecord.load(made).measured == measured
    assert Recipe.load(made / "recipe.yaml").running.left_open == ()  # noted, so that it goes on as it began
    assert prune_run(finished_project, "run-001", settings, name="made") == made
