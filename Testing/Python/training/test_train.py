"""The loop: it learns, it survives being killed at any moment, and it says clearly what it cannot do."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from medopt.augment import AugmentSettings
from medopt.errors import MedOptError
from medopt.events import Collector, read_events
from medopt.networks import UNet
from medopt.preprocess import PreprocessSettings
from medopt.project import Project, make_split
from medopt.tasks import SegmentationTask
from medopt.tasks.losses import LossSettings
from medopt.training import Recipe, RunRecord, TrainingSettings, load_network, open_run, propose_recipe, train
from medopt.training.running_settings import EarlyStoppingSettings, RunningSettings
from medopt.training.transfer import TransferSettings


def recipe(steps: int = 40, **more: Any) -> Recipe:
    """A network small enough to train in seconds."""
    values: dict[str, Any] = {
        "patch": (16, 16, 16),
        "steps": steps,
        "learning_rate": 0.01,
        "validations": 2,
        "checkpoint_seconds": 0.2,
    }
    return Recipe(
        preprocess=PreprocessSettings(),
        augment=AugmentSettings.preset("light"),
        network=UNet(features=(6, 12), strides=((1, 1, 1), (2, 2, 2))),
        training=TrainingSettings(**{**values, **more}),
        running=RunningSettings(precision="float32", memory_format="contiguous", compile=False, accumulate=1),
    )


def weights(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / f"{name}.safetensors")


def assert_same_weights(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    different = [name for name in first if not torch.equal(first[name], second[name])]
    assert different == []


class StopAfter:
    """Asks for the end after some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0


def test_it_learns_and_tells(small_project: Project) -> None:
    told = Collector()
    folder = train(small_project, recipe(120), run="first", reporter=told)
    record = RunRecord.load(folder)
    assert (record.state, record.steps) == ("done", 120)
    assert record.best is not None
    assert record.best["validation_dice"] > 0.7
    kinds = [event["kind"] for event in told.events]
    assert kinds[0] == "started"
    assert {"metric", "progress", "result"} <= set(kinds)
    looks = [e for e in read_events(folder / "events.jsonl")[0] if "validation_dice" in e]
    assert len(looks) == 2
    assert looks[-1]["validation_dice_by_structure"].keys() == {"Front", "Back"}
    assert looks[-1]["validation_dice"] == pytest.approx(record.best["validation_dice"])
    network, stored, _ = load_network(folder)
    assert not network.training
    assert stored == recipe(120)


def test_a_stopped_run_resumes_to_the_same_weights(small_project: Project) -> None:
    whole = train(small_project, recipe(), run="whole")
    train(small_project, recipe(), run="parts", stop=StopAfter(13))
    assert RunRecord.load(small_project.runs_folder / "parts").state == "stopped"
    train(small_project, recipe(), run="parts", stop=StopAfter(1))
    parts = train(small_project, recipe(), run="parts")
    assert RunRecord.load(parts).state == "done"
    assert_same_weights(whole, parts)


def test_a_finished_run_is_left_as_it_is(small_project: Project) -> None:
    folder = train(small_project, recipe(4), run="a")
    before = (folder / "checkpoints" / "last.safetensors").stat().st_mtime_ns
    told = Collector()
    train(small_project, recipe(4), run="a", reporter=told)
    assert (folder / "checkpoints" / "last.safetensors").stat().st_mtime_ns == before
    assert "finished; nothing to do" in told.events[0]["text"]


SCRIPT = """
import sys
import torch
from medopt.project import Project
from medopt.training.running_settings import EarlyStoppingSettings, RunningSettings
from medopt.training.transfer import TransferSettings
from medopt.training import Recipe, train
torch.set_num_threads(1)
train(Project.open(sys.argv[1]), Recipe.load(sys.argv[2]), run="killed")
"""


def test_killed_at_random_moments_it_ends_with_the_weights_of_an_uninterrupted_run(
    small_project: Project, tmp_path: Path
) -> None:
    long = recipe(150)
    long.save(tmp_path / "recipe.yaml")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SCRIPT, str(small_project.folder), str(tmp_path / "recipe.yaml")]
    folder = small_project.runs_folder / "killed"
    chance = random.Random(11)
    kills = 0
    for _ in range(5):
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
        started = time.monotonic()
        while not (folder / "checkpoints" / "last.safetensors").is_file() and process.poll() is None:
            time.sleep(0.01)
            assert time.monotonic() - started < 120
        time.sleep(chance.uniform(0, 0.8) if kills else 0.05)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.wait()
    assert kills >= 2
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert RunRecord.load(folder).state == "done"

    command[2] = SCRIPT.replace('"killed"', '"whole"')
    subprocess.run(command, env=environment, check=True)
    assert_same_weights(folder, small_project.runs_folder / "whole")


def test_minutes_end_the_training(small_project: Project) -> None:
    folder = train(small_project, recipe(steps=None, minutes=0.05), run="timed")
    record = RunRecord.load(folder)
    assert record.state == "done"
    assert record.seconds_trained >= 3
    assert record.steps > 0


def test_ways_to_compute_are_measured_once_and_noted(small_project: Project) -> None:
    open_recipe = recipe(4).model_copy(update={"running": RunningSettings()})
    told = Collector()
    folder = train(small_project, open_recipe, run="auto", stop=StopAfter(2), reporter=told)
    decided = Recipe.load(folder / "recipe.yaml").running
    assert not decided.open
    assert decided.accumulate == 1
    assert any("A step runs in" in event.get("text", "") for event in told.events)
    again = Collector()
    train(small_project, open_recipe, run="auto", reporter=again)
    assert RunRecord.load(folder).state == "done"
    assert not any("measured beside it" in event.get("text", "") for event in again.events)


def test_recipes_of_before_say_the_precision_under_training() -> None:
    plain = recipe(4).model_dump(mode="json")
    plain.pop("running")
    plain["training"]["precision"] = "bfloat16"
    assert Recipe.parse(plain, "recipe.yaml").running.precision == "bfloat16"


def test_a_batch_in_parts_learns_what_the_whole_batch_does(small_project: Project) -> None:
    """Of a loss that is a mean over samples; validation then says the same."""
    plain = recipe(6, batch_size=4, optimiser="sgd", learning_rate=1e-3)
    plain = plain.model_copy(update={"loss": LossSettings(name="cross_entropy")})
    parts = plain.model_copy(update={"running": plain.running.model_copy(update={"accumulate": 4})})
    one, other = train(small_project, plain, run="whole"), train(small_project, parts, run="in-parts")
    first, second = weights(one), weights(other)
    for name in (n for n in first if n.startswith("network.")):
        torch.testing.assert_close(first[name], second[name], rtol=1e-4, atol=1e-5)


def test_speed_and_memory_are_told(small_project: Project) -> None:
    told = Collector()
    train(small_project, recipe(12), run="speed", reporter=told)
    last = [event for event in told.events if event["kind"] == "metric"][-1]
    assert last["samples_per_s"] > 0
    assert 0 <= last["data_wait_share"] <= 1
    assert 0 < last["peak_share"] < 1.5
    assert last["memory_gib"] > 0.05


def test_another_recipe_is_refused_and_the_field_named(small_project: Project) -> None:
    train(small_project, recipe(4), run="a", stop=StopAfter(2))
    with pytest.raises(
        MedOptError, match=r"training.learning_rate: run a was started with another recipe.*0\.01.*0\.02"
    ):
        train(small_project, recipe(4, learning_rate=0.02), run="a")


def test_a_checkpoint_of_another_network_is_refused(small_project: Project) -> None:
    folder = train(small_project, recipe(4), run="a", stop=StopAfter(2))
    other = recipe(4).model_copy(update={"network": UNet(features=(4, 12), strides=((1, 1, 1), (2, 2, 2)))})
    other.save(folder / "recipe.yaml")
    before = (folder / "checkpoints" / "last.safetensors").read_bytes()
    with pytest.raises(MedOptError, match="belongs to another network"):
        train(small_project, other, run="a")
    assert (folder / "checkpoints" / "last.safetensors").read_bytes() == before


def test_a_new_split_needs_a_new_run(small_project: Project) -> None:
    train(small_project, recipe(4), run="a", stop=StopAfter(2))
    make_split(small_project, test=0.25, validation=0.15, seed=5, replace=True)
    with pytest.raises(MedOptError, match=r"the split changed since the run was started.*Start a new run"):
        train(small_project, recipe(4), run="a")


def test_a_loss_that_is_no_number_stops_and_the_checkpoint_is_safe(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = train(small_project, recipe(30, checkpoint_seconds=0.01), run="a", stop=StopAfter(5))
    before = (folder / "checkpoints" / "last.safetensors").read_bytes()
    sound = SegmentationTask.loss
    monkeypatch.setattr(SegmentationTask, "loss", lambda *given: sound(*given) * float("nan"))
    with pytest.raises(MedOptError, match=r"in step \d+: found nan on patches of case-\d.*lower training.learning"):
        train(small_project, recipe(30, checkpoint_seconds=0.01), run="a")
    assert RunRecord.load(folder).state == "failed"
    assert (folder / "checkpoints" / "last.safetensors").read_bytes() == before
    monkeypatch.undo()
    train(small_project, recipe(30, checkpoint_seconds=0.01), run="a")
    assert RunRecord.load(folder).state == "done"


def test_a_case_that_cannot_be_read_is_left_out_with_the_reason(small_project: Project) -> None:
    from medopt.project import load_split

    victim = load_split(small_project).train[0]
    path = small_project.image_paths(victim)[0]
    path.write_bytes(path.read_bytes()[:200])
    told = Collector()
    folder = train(small_project, recipe(4), run="a", reporter=told)
    record = RunRecord.load(folder)
    assert list(record.left_out) == [victim]
    warnings = [e["text"] for e in told.events if e["kind"] == "message" and e["level"] == "warning"]
    assert any(victim in text for text in warnings)


def test_without_a_split_it_says_what_to_run(small_project_folder: Path, tmp_path: Path) -> None:
    info = Project.open(small_project_folder).settings.classes
    empty = Project.create(tmp_path / "empty", name="empty", classes=info)
    with pytest.raises(MedOptError, match="medopt split"):
        train(empty, recipe(4))
    with pytest.raises(MedOptError, match=r"nothing to learn from.*Label some cases"):
        propose_recipe(empty)


def test_runs_are_found_by_name_or_the_newest(small_project: Project) -> None:
    with pytest.raises(MedOptError, match=r"the project has no run.*Train first"):
        open_run(small_project)
    train(small_project, recipe(2), run="a")
    assert open_run(small_project).name == "a"
    with pytest.raises(MedOptError, match="expected one of: a, found b"):
        open_run(small_project, "b")
    with pytest.raises(MedOptError, match="leaves its folder"):
        open_run(small_project, "../images")


def test_a_run_of_a_newer_version_is_refused(small_project: Project) -> None:
    folder = train(small_project, recipe(2), run="a")
    values = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**values, "format": 99}))
    with pytest.raises(MedOptError, match=r"newer MedOpt.*Update MedOpt"):
        RunRecord.load(folder)


def test_a_training_that_gains_nothing_more_ends_early_and_resumes_to_the_same_end(small_project: Project) -> None:
    make_split(small_project, test=0.13, validation=0.45, replace=True)
    running = recipe(4).running.model_copy(
        update={"early_stopping": EarlyStoppingSettings(patience=0.2, gain=0.9, ending=0.1)}
    )
    early = recipe(200, validations=40).model_copy(update={"running": running})
    told = Collector()
    folder = train(small_project, early, run="early", reporter=told)
    record = RunRecord.load(folder)
    assert record.state == "done"
    assert record.steps < 150
    assert any("ends early" in event.get("text", "") for event in told.events)
    rates = [event["learning_rate"] for event in told.events if event["kind"] == "metric"]
    assert rates[-1] < 0.1 * max(rates)
    train(small_project, early, run="parts", stop=StopAfter(record.steps - 3))
    parts = train(small_project, early, run="parts")
    assert RunRecord.load(parts).steps == record.steps


def test_a_run_begins_from_another_and_says_what_it_took(small_project: Project) -> None:
    source = train(small_project, recipe(60), run="source")
    wish = recipe(6).model_copy(update={"transfer": TransferSettings(source="source", freeze="encoder")})
    told = Collector()
    folder = train(small_project, wish, run="target", reporter=told)
    record = RunRecord.load(folder)
    assert record.transfer is not None
    assert any("of the encoder and" in event.get("text", "") for event in told.events)
    before, after = weights(source, "best"), weights(folder)
    frozen = [name for name in after if name.startswith("network.encoder.") or name.startswith("network.stages.")]
    assert frozen
    for name in frozen:
        torch.testing.assert_close(after[name], before[name.replace("network.", "average.", 1)], rtol=0, atol=0)
    again = train(
        small_project, recipe(60).model_copy(update={"transfer": wish.transfer}), run="parts", stop=StopAfter(9)
    )
    resumed = train(small_project, recipe(60).model_copy(update={"transfer": wish.transfer}), run="parts")
    assert RunRecord.load(again).transfer == RunRecord.load(resumed).transfer
    assert RunRecord.load(resumed).state == "done"
