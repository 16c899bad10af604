"""The pretraining on a small project: it learns, it survives a kill to the bit, and it never meets a test subject."""

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
from medopt.io import write_image
from medopt.networks import build_network
from medopt.networks.unet import UNet
from medopt.preprocess import Normalize, PreprocessSettings
from medopt.project import Project, import_folder, load_split, make_split
from medopt.training import Recipe, TrainingSettings
from medopt.training.cache import prepare_cases
from medopt.training.pretrain import PretrainRecord, PretrainSettings, pretrain
from medopt.training.pretrain.images import cases_to_learn_from
from medopt.training.transfer import TransferSettings, begin_from

NETWORK = UNet(features=(6, 12), strides=((1, 1, 1), (2, 2, 2)))
PACKAGE = Path(__file__).resolve().parents[4] / "MedOptCore"


def recipe(network: UNet = NETWORK, **more: Any) -> Recipe:
    values: dict[str, Any] = {"patch": (16, 16, 16), "steps": 1, **more}
    return Recipe(
        preprocess=PreprocessSettings(steps=(Normalize(),)),
        augment=AugmentSettings.preset("light"),
        network=network,
        training=TrainingSettings(**values),
    )


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "checkpoints" / "last.safetensors")


def assert_same(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert first.keys() == second.keys()
    assert [name for name in first if not torch.equal(first[name], second[name])] == []


class StopAfter:
    """Asks for the end after some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def requested(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture
def with_unlabelled(small_project: Project, tmp_path: Path) -> Project:
    """Two images more without labels: one of a new subject, one of a test subject."""
    split = load_split(small_project)
    image = small_project.read_image(split.train[0])
    for subject in ("new", split.subjects["test"][0]):
        write_image(image, tmp_path / "more" / f"later-{subject}.nrrd")
    import_folder(small_project, tmp_path / "more", subject_pattern="later-(?P<subject>.+)")
    return small_project


def test_the_error_falls_and_everything_is_recorded(small_project: Project) -> None:
    told = Collector()
    settings = PretrainSettings(learning_rate=0.01)
    folder = pretrain(small_project, recipe(), steps=120, name="first", settings=settings, reporter=told)
    record = PretrainRecord.load(folder)
    assert (record.state, record.steps, record.channels) == ("done", 120, ("image",))
    assert record.split == load_split(small_project).hash
    assert record.loss is not None
    assert record.loss < 0.8  # guessing the mean gives 1; half of the variance is noise, which nothing can guess
    assert record.network["parameters"] > 0
    events = read_events(folder / "events.jsonl")[0]
    assert {"started", "metric", "progress", "result"} <= {event["kind"] for event in events}
    assert told.events[0]["kind"] == "started"
    assert Recipe.load(folder / "recipe.yaml").network == recipe().network
    assert not (folder / "run.json").exists()


def test_no_test_subject_is_ever_read(with_unlabelled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    split = load_split(with_unlabelled)
    read: list[str] = []
    plain_read, plain_paths = Project.read_image, Project.image_paths
    monkeypatch.setattr(Project, "read_image", lambda self, case: read.append(case) or plain_read(self, case))
    monkeypatch.setattr(Project, "image_paths", lambda self, case: read.append(case) or plain_paths(self, case))
    folder = pretrain(with_unlabelled, recipe(), steps=3)
    subjects = {with_unlabelled.case(case).subject for case in read}
    assert not subjects & set(split.subjects["test"])
    unlabelled = {case.id for case in with_unlabelled.cases() if not case.labelled}
    assert len(unlabelled) == 2
    seen = set(PretrainRecord.load(folder).cases)
    assert seen == set(read)
    assert len(seen & unlabelled) == 1  # the image of the test subject stays out though it has no label
    assert seen >= {*split.train, *split.validation}
    assert not with_unlabelled.test_openings()


def test_flagged_images_stay_out_and_a_project_of_test_subjects_has_nothing(small_project: Project) -> None:
    split = load_split(small_project)
    small_project.set_flag(split.train[0], "moved")
    assert split.train[0] not in cases_to_learn_from(small_project, split)
    for case in (*split.train, *split.validation):
        small_project.set_flag(case, "moved")
    with pytest.raises(MedOptError, match="no image to learn from"):
        cases_to_learn_from(small_project, split)


def test_volumes_are_shared_with_trainings(small_project: Project) -> None:
    from medopt.tasks import build_task

    split = load_split(small_project)
    task = build_task("segmentation", small_project.settings.classes)
    prepare_cases(small_project, [*split.train, *split.validation], recipe().preprocess, task)
    before = {path.name for path in (small_project.cache_folder / "prepared").glob("*.npy")}
    pretrain(small_project, recipe(), steps=1)
    assert {path.name for path in (small_project.cache_folder / "prepared").glob("*.npy")} == before


def test_a_stopped_one_resumes_to_the_same_bits(small_project: Project) -> None:
    whole = pretrain(small_project, recipe(), steps=12, name="whole")
    part = pretrain(small_project, recipe(), steps=12, name="part", stop=StopAfter(5))
    assert PretrainRecord.load(part).state == "stopped"
    assert PretrainRecord.load(part).steps == 5
    assert pretrain(small_project, recipe(), steps=12, name="part") == part
    assert PretrainRecord.load(part).state == "done"
    assert_same(whole, part)


def test_killed_at_any_moment_it_resumes_to_the_same_bits(small_project: Project) -> None:
    whole = pretrain(
        small_project, recipe(), steps=60, name="whole", settings=PretrainSettings(checkpoint_seconds=0.05)
    )
    code = (
        "import sys, torch; torch.set_num_threads(1); sys.path.insert(0, sys.argv[1]);"
        "from medopt.project import Project; from medopt.training import Recipe;"
        "from medopt.training.pretrain import PretrainSettings, pretrain;"
        "pretrain(Project.open(sys.argv[2]), Recipe.load(sys.argv[3]), steps=60, name='killed',"
        "settings=PretrainSettings(checkpoint_seconds=0.05))"
    )
    recipe().save(small_project.folder / "recipe.yaml")
    arguments = [sys.executable, "-c", code, PACKAGE, small_project.folder, small_project.folder / "recipe.yaml"]
    folder = small_project.runs_folder / "killed"
    draw = random.Random(4)
    for _ in range(2):
        process = subprocess.Popen([str(a) for a in arguments], env={**os.environ, "OMP_NUM_THREADS": "1"})
        end = time.monotonic() + 60
        while not (folder / "checkpoints" / "last.safetensors").exists() and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(draw.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pretrain(small_project, recipe(), steps=60, name="killed", settings=PretrainSettings(checkpoint_seconds=0.05))
    finally:
        torch.set_num_threads(threads)
    assert PretrainRecord.load(folder).state == "done"
    assert_same(whole, folder)


def test_a_training_begins_from_it(small_project: Project) -> None:
    folder = pretrain(small_project, recipe(), steps=3, name="anatomy")
    network = build_network(recipe().network, 1, 3, 3)
    report = begin_from(
        network, TransferSettings(source="anatomy"), small_project, class_names=("Front", "Back"), channels=("image",)
    )
    assert (report.kind, report.share("encoder"), report.share("decoder")) == ("pretraining", 1, 1)
    assert report.share("head") == 0
    stored = weights(folder)["average.stages.1.0.convolution.weight"]
    assert torch.equal(network.state_dict()["stages.1.0.convolution.weight"], stored)


def test_one_that_saw_todays_test_subjects_is_refused(small_project: Project) -> None:
    pretrain(small_project, recipe(), steps=1, name="anatomy")
    make_split(small_project, test=0.25, validation=0.15, seed=5, replace=True)
    with pytest.raises(MedOptError, match=r"saw cases of today's test subjects.*Pretrain anew"):
        begin_from(
            build_network(recipe().network, 1, 3, 3),
            TransferSettings(source="anatomy"),
            small_project,
            class_names=("Front", "Back"),
            channels=("image",),
        )


def test_classifiers_learn_their_encoder_with_a_decoder_on_top(small_project: Project) -> None:
    pretrain(small_project, recipe(), steps=2, name="anatomy")
    network = build_network(recipe().network, 1, 2, 3, head="image")
    settings = TransferSettings(source="anatomy")
    report = begin_from(network, settings, small_project, class_names=("a", "b"), channels=("image",))
    assert report.share("encoder") == 1


def test_slices_are_learned_from_too(small_project: Project) -> None:
    flat = recipe(patch=(1, 16, 16), network=UNet(features=(6, 12), strides=((1, 1, 1), (1, 2, 2))))
    folder = pretrain(small_project, flat, steps=3)
    assert folder.name == "pretrain-001"
    assert weights(folder)["network.stages.0.0.convolution.weight"].ndim == 4


def test_names_follow_each_other_and_an_unfinished_one_is_resumed(small_project: Project) -> None:
    assert pretrain(small_project, recipe(), steps=2).name == "pretrain-001"
    assert pretrain(small_project, recipe(), steps=4, stop=StopAfter(1)).name == "pretrain-002"
    assert pretrain(small_project, recipe(batch_size=3), steps=2).name == "pretrain-003"
    assert pretrain(small_project, recipe(), steps=4).name == "pretrain-002"
    assert pretrain(small_project, recipe(), steps=4, stop=StopAfter(1)).name == "pretrain-004"
    other = PretrainSettings(hidden=0.4)
    assert pretrain(small_project, recipe(), steps=2, settings=other).name == "pretrain-005"
    told = Collector()
    pretrain(small_project, recipe(), steps=9, name="pretrain-002", reporter=told)
    assert any("nothing to do" in event.get("text", "") for event in told.events)


def test_another_recipe_or_other_settings_do_not_continue_it(small_project: Project) -> None:
    pretrain(small_project, recipe(), steps=4, name="one", stop=StopAfter(1))
    with pytest.raises(MedOptError, match="begun with another recipe"):
        pretrain(small_project, recipe(batch_size=3), steps=4, name="one")
    with pytest.raises(MedOptError, match="begun with another settings"):
        pretrain(small_project, recipe(), steps=4, name="one", settings=PretrainSettings(hidden=0.4))


def test_wrong_calls_say_what_is_wrong(small_project: Project, tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="either steps or minutes"):
        pretrain(small_project, recipe())
    with pytest.raises(MedOptError, match="either steps or minutes"):
        pretrain(small_project, recipe(), steps=3, minutes=1)
    (small_project.runs_folder / "run-001").mkdir()
    (small_project.runs_folder / "run-001" / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(MedOptError, match="a run has this name"):
        pretrain(small_project, recipe(), steps=3, name="run-001")
    with pytest.raises(MedOptError, match="leaves its folder"):
        pretrain(small_project, recipe(), steps=3, name="../away")


def test_a_broken_guess_stops_it_with_the_checkpoint_safe(
    small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pretrain(small_project, recipe(), steps=6, name="one", stop=StopAfter(2))
    before = (folder / "checkpoints" / "last.safetensors").read_bytes()
    nothing = lambda guess, *_: guess.sum() * float("nan")  # noqa: E731
    monkeypatch.setattr("medopt.training.pretrain.loop.hidden_error", nothing)
    with pytest.raises(MedOptError, match=r"stopped being a number.*checkpoint is safe"):
        pretrain(small_project, recipe(), steps=6, name="one")
    assert (folder / "checkpoints" / "last.safetensors").read_bytes() == before
    assert json.loads((folder / "pretraining.json").read_text(encoding="utf-8"))["state"] == "failed"
