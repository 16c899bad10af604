"""Sources of a project, and beginning a training from them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from medopt.augment import AugmentSettings
from medopt.errors import MedOptError
from medopt.networks import build_network
from medopt.networks.unet import UNet
from medopt.preprocess import PreprocessSettings
from medopt.project import ClassInfo, Project, Split, load_split, make_split
from medopt.tasks import build_task
from medopt.tasks.registry import TASKS
from medopt.training import Recipe, TrainingSettings, train
from medopt.training.transfer import TransferSettings, begin_from, read_source
from medopt.training.transfer.source import output_rows

NETWORK = UNet(features=(4, 8), strides=((1, 1, 1), (2, 2, 2)))
KNOWN: dict[str, Any] = {"class_names": ("Front", "Back"), "channels": ("image",)}


@pytest.fixture(scope="module")
def trained_folder(small_project_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small project with a run of two steps, and nothing that a test may change."""
    folder = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(small_project_folder, folder)
    recipe = Recipe(
        preprocess=PreprocessSettings(),
        augment=AugmentSettings(),
        network=NETWORK,
        training=TrainingSettings(patch=(16, 16, 16), steps=2, validations=1),
    )
    train(Project.open(folder), recipe, run="first")
    return folder


@pytest.fixture
def trained(trained_folder: Path, tmp_path: Path) -> Project:
    shutil.copytree(trained_folder, tmp_path / "project")
    return Project.open(tmp_path / "project")


def test_a_run_gives_its_averaged_weights_and_what_they_mean(trained: Project) -> None:
    state = torch.get_rng_state()
    source = read_source("first", trained)
    assert torch.equal(torch.get_rng_state(), state)
    stored = load_file(trained.runs_folder / "first" / "checkpoints" / "best.safetensors")
    assert source.tensors.keys() == {name[8:] for name in stored if name.startswith("average.")}
    assert all(torch.equal(value, stored[f"average.{name}"]) for name, value in source.tensors.items())
    assert (source.kind, source.task, source.channels) == ("run", "segmentation", ("image",))
    assert source.rows == ("background", "Front", "Back")
    assert source.project == trained.id
    assert source.split == load_split(trained).hash


def test_a_new_network_begins_with_them(trained: Project) -> None:
    network = build_network(NETWORK, 1, 3, 3)
    report = begin_from(network, TransferSettings(source="first"), trained, **KNOWN)
    assert report.share() == 1
    source = read_source("first", trained)
    assert all(torch.equal(value, source.tensors[name]) for name, value in network.state_dict().items())
    assert (report.source, report.kind, len(report.digest)) == ("first", "run", 64)


@pytest.mark.parametrize("kind", ["run", "project", "checkpoint"])
def test_another_project_is_a_path(trained: Project, small_project_folder: Path, tmp_path: Path, kind: str) -> None:
    shutil.copytree(small_project_folder, tmp_path / "other")
    here = Project.open(tmp_path / "other")
    path = {
        "run": trained.runs_folder / "first",
        "project": trained.folder,
        "checkpoint": trained.runs_folder / "first" / "checkpoints" / "best.safetensors",
    }[kind]
    network = build_network(NETWORK, 1, 3, 3)
    report = begin_from(network, TransferSettings(source=str(path)), here, **KNOWN)
    assert report.share("encoder") == 1
    assert report.kind == ("file" if kind == "checkpoint" else "run")


def test_files_may_lie_beside_the_project(trained: Project) -> None:
    weights = build_network(NETWORK, 1, 3, 3).state_dict()
    save_file(weights, trained.folder / "weights.safetensors")
    network = build_network(NETWORK, 1, 3, 3)
    report = begin_from(network, TransferSettings(source="weights.safetensors"), trained, **KNOWN)
    assert report.share("encoder") == 1
    assert report.share("head") == 0
    assert torch.equal(network.state_dict()["stages.1.0.convolution.weight"], weights["stages.1.0.convolution.weight"])


def test_bundles_are_read(trained: Project, tmp_path: Path) -> None:
    weights = build_network(NETWORK, 1, 3, 3).state_dict()
    (tmp_path / "bundle" / "models").mkdir(parents=True)
    (tmp_path / "bundle" / "configs").mkdir()
    torch.save({"model": weights}, tmp_path / "bundle" / "models" / "model.pt")
    outputs = {"pred": {"format": "segmentation", "channel_def": {"0": "background", "1": "back", "2": "front"}}}
    metadata = {"network_data_format": {"outputs": outputs}}
    (tmp_path / "bundle" / "configs" / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    network = build_network(NETWORK, 1, 3, 3)
    report = begin_from(network, TransferSettings(source=str(tmp_path / "bundle")), trained, **KNOWN)
    assert report.kind == "bundle"
    assert report.share() == 1
    assert torch.equal(network.state_dict()["heads.0.bias"], weights["heads.0.bias"][[0, 2, 1]])


def test_a_run_on_another_split_may_know_the_test_and_is_refused(trained: Project) -> None:
    make_split(trained, test=0.25, validation=0.15, seed=9, replace=True)
    with pytest.raises(MedOptError, match=r"another split of this project.*a run on the present split"):
        begin_from(build_network(NETWORK, 1, 3, 3), TransferSettings(source="first"), trained, **KNOWN)


def test_a_run_with_its_split_beside_it_is_taken_when_it_learned_from_nobody_that_judges_now(trained: Project) -> None:
    subject_of = {case.id: case.subject for case in trained.cases()}
    one, two, three, four, *rest = sorted(set(subject_of.values()))
    learned = Split.of(subject_of, {one: "train", two: "train", three: "validation"}, seed=1)
    stored = Recipe.load(trained.runs_folder / "first" / "recipe.yaml")
    train(trained, stored, run="second", split=learned)
    settings, network = TransferSettings(source="second"), build_network(NETWORK, 1, 3, 3)

    def begin(parts: dict[str, str]) -> Any:
        return begin_from(network, settings, trained, **KNOWN, split=Split.of(subject_of, parts, seed=1))

    same = {one: "train", two: "train", three: "validation", **dict.fromkeys(rest, "test")}
    assert begin({**same, four: "train"}).share() == 1
    for wrong in ({one: "validation"}, {two: "test"}, {three: "test"}):
        with pytest.raises(MedOptError, match=r"learned from subjects of today's validation or test part.*such as"):
            begin({**same, **wrong, four: "train"})
    assert begin({**same, three: "train", four: "validation"}).share() == 1


def test_a_source_that_is_not_there_is_told_with_those_that_are(trained: Project) -> None:
    with pytest.raises(MedOptError, match=r"nothing to take weights from.*one of: first.*found second"):
        read_source("second", trained)
    (trained.folder / "empty").mkdir()
    with pytest.raises(MedOptError, match="the folder holds no weights"):
        read_source("empty", trained)


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_output_of_every_task_has_a_name_of_its_own(task: str, dims: int) -> None:
    classes = [ClassInfo(value=n, name=f"class {n}", color="#000000") for n in (1, 2, 3)]
    rows = output_rows(task, [info.name for info in classes], dims)
    assert len(rows) == build_task(task, classes, dims=dims).outputs
    assert len(set(rows)) == len(rows)
