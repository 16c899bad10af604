"""Where weights can come from: a run, a pretraining, a MONAI bundle, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from medopt.errors import MedOptError
from medopt.files import file_sha256
from medopt.project import Project, Split
from medopt.training.pretrain.record import RECORD as PRETRAINING
from medopt.training.pretrain.record import PretrainRecord
from medopt.training.run import division_of, load_network, open_run
from medopt.training.transfer.bundle import is_bundle, read_bundle
from medopt.training.transfer.weight_files import read_weights

Kind = Literal["run", "pretraining", "bundle", "file"]
BACKGROUND = "background"


@dataclass(frozen=True, eq=False)
class Source:
    """Weights, and what is known of them.

    Parameters
    ----------
    name : as the user called it
    kind : what it is
    tensors : by name, in the order of the layers where it is known
    digest : SHA-256 of the file
    task : what it was trained for; None when it is not known
    rows : the name of each output, background included; None when they are not known
    channels : names of the input channels; None when they are not known
    project : id of the project that it was trained on
    split : hash of the split that it was trained on
    cases : which cases of that project it saw; empty where only the split tells
    division : the split itself, for a run that was trained on another than its project's own
    """

    name: str
    kind: Kind
    tensors: dict[str, Tensor]
    digest: str
    task: str | None = None
    rows: tuple[str, ...] | None = None
    channels: tuple[str, ...] | None = None
    project: str | None = None
    split: str | None = None
    cases: tuple[str, ...] = ()
    division: Split | None = None


def read_source(name: str, project: Project, *, weights: Literal["best", "last"] = "best") -> Source:
    """The weights that ``name`` stands for: a run or a pretraining of ``project``, else a path.

    Relative paths are taken from the present folder, and from the project's when there is nothing there. Torch's random
    numbers go on as if nothing had been read. Raises MedOptError when there is nothing of that name, when a run or a
    bundle has no weights, and for files as `read_weights` does.
    """
    folder = project.runs_folder / name if "/" not in name and "\\" not in name else None
    if folder is not None and _is_run(folder):
        return _of_folder(name, folder, weights)
    given = Path(name).expanduser()
    for path in (given, project.folder / given):
        if path.is_file():
            return Source(name, "file", read_weights(path), file_sha256(path))
        if path.is_dir():
            return _of_folder(name, path, weights)
    runs = sorted(path.name for path in project.runs_folder.iterdir() if _is_run(path))
    raise MedOptError(
        "there is nothing to take weights from",
        where="transfer.source",
        expected=f"a path, or one of: {', '.join(runs) or 'no run yet'}",
        found=name,
    )


def output_rows(task: str, classes: Sequence[str], dims: int) -> tuple[str, ...]:
    """The name of each output of a network that answers ``task``, in their order.

    Segmentation has the background first; detection has a size and an offset along each axis after the classes.
    """
    if task == "segmentation":
        return (BACKGROUND, *classes)
    if task == "detection":
        axes = "kji"[3 - dims :]
        return (*classes, *(f"size along {axis}" for axis in axes), *(f"offset along {axis}" for axis in axes))
    return tuple(classes)


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").is_file() or (folder / PRETRAINING).is_file()


def _of_folder(name: str, folder: Path, weights: Literal["best", "last"]) -> Source:
    if (folder / PRETRAINING).is_file():
        return _of_pretraining(name, folder)
    if (folder / "run.json").is_file():
        return _of_run(name, folder, weights)
    if (folder / "project.yaml").is_file():
        return _of_run(name, open_run(Project.open(folder)), weights)
    if is_bundle(folder):
        bundle = read_bundle(folder)
        return Source(
            name,
            "bundle",
            read_weights(bundle.weights),
            file_sha256(bundle.weights),
            task=bundle.task,
            rows=bundle.rows,
            channels=bundle.channels,
        )
    raise MedOptError(
        "the folder holds no weights",
        where=folder,
        expected="a run, a pretraining, a project with a run, or a MONAI bundle",
    )


def _of_run(name: str, folder: Path, weights: Literal["best", "last"]) -> Source:
    with torch.random.fork_rng(devices=[]):  # building the run's network draws first weights that nobody needs
        network, recipe, record = load_network(folder, weights)
    classes = [str(info["name"]) for info in record.classes]
    return Source(
        name,
        "run",
        dict(network.state_dict()),
        file_sha256(folder / "checkpoints" / f"{weights}.safetensors"),
        task=record.task,
        rows=output_rows(record.task, classes, recipe.training.dims),
        channels=record.channels,
        project=record.project.get("id"),
        split=record.split.get("hash"),
        division=division_of(folder),
    )


def _of_pretraining(name: str, folder: Path) -> Source:
    record = PretrainRecord.load(folder)
    path = folder / "checkpoints" / "last.safetensors"
    return Source(
        name,
        "pretraining",
        read_weights(path),
        file_sha256(path),
        task="pretraining",
        channels=record.channels,
        project=record.project.get("id"),
        split=record.split,
        cases=record.cases,
    )
