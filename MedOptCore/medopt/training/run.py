"""The run folder: its record, and how to get the trained network back."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from torch import nn

import medopt
from medopt.errors import MedOptError
from medopt.files import inside, read_json, write_json
from medopt.inference.description import ModelDescription
from medopt.networks import narrow
from medopt.project import ClassInfo, Project, Split
from medopt.project.settings import ProjectSettings
from medopt.project.split import PARTS
from medopt.tasks import Task
from medopt.training.build import build_for, task_of
from medopt.training.checkpoint import load_weights, weight_shapes
from medopt.training.recipe import Recipe

FORMAT = 1
DIVISION = "split.json"
"""In a run's folder: the split it was trained on, where that was not the project's own."""
COMPRESSION = "compression.json"
"""In a run's folder: which step of compression made it, of which run; its layers may be narrower than its recipe's."""
LIBRARIES = ("torch", "monai", "numpy", "scipy", "SimpleITK", "onnx", "onnxruntime", "safetensors", "pydantic")


@dataclass(frozen=True)
class RunRecord:
    """What is known of a run, as ``run.json`` keeps it; see Docs/project-folder.md for each field."""

    name: str
    project: dict[str, str]
    task: str
    classes: tuple[dict[str, Any], ...]
    channels: tuple[str, ...]
    split: dict[str, Any]
    versions: dict[str, str]
    device: dict[str, Any]
    network: dict[str, Any]
    recipe: str
    data: dict[str, Any]
    state: str = "running"
    labels: dict[str, Any] = field(default_factory=dict)
    transfer: dict[str, Any] | None = None
    started: str = ""
    finished: str | None = None
    seconds_trained: float = 0.0
    steps: int = 0
    best: dict[str, float] | None = None
    warnings: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    measured: tuple[str, ...] = ()
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Write ``run.json`` atomically."""
        write_json(folder / "run.json", asdict(self))

    @classmethod
    def load(cls, folder: Path) -> RunRecord:
        """Read ``run.json``; raises MedOptError when the folder is no run, or of a newer MedOpt."""
        path = folder / "run.json"
        if not path.is_file():
            raise MedOptError("not a run", where=folder, expected="a folder with run.json", remedy="Train first")
        values = read_json(path)
        if not isinstance(values, dict) or values.get("format", FORMAT) > FORMAT:
            raise MedOptError(
                "the run is of a newer MedOpt", where=path, expected=f"format {FORMAT}", remedy="Update MedOpt"
            )
        known = set(cls.__dataclass_fields__)
        try:
            record = cls(**{key: value for key, value in values.items() if key in known})
        except TypeError as error:
            raise MedOptError("the run's record is damaged", where=path, found=str(error)) from error
        return replace(
            record,
            classes=tuple(record.classes),
            channels=tuple(record.channels),
            warnings=tuple(record.warnings),
            measured=tuple(record.measured),
        )

    def class_infos(self) -> list[ClassInfo]:
        """The classes as the project's settings name them."""
        return [ClassInfo.parse(dict(values), "run.json") for values in self.classes]

    def changed(self, **values: Any) -> RunRecord:
        """A copy with other values."""
        return replace(self, **values)


def open_run(project: Project, run: str | None = None) -> Path:
    """The folder of ``run``, or of the newest run when none is named; raises MedOptError when there is none."""
    if run is None:
        records = sorted(project.runs_folder.glob("*/run.json"), key=lambda p: (RunRecord.load(p.parent).started, p))
        if not records:
            raise MedOptError("the project has no run", where=project.folder, remedy="Train first")
        return records[-1].parent
    folder = inside(project.runs_folder, run)
    if not (folder / "run.json").is_file():
        runs = ", ".join(sorted(p.parent.name for p in project.runs_folder.glob("*/run.json"))) or "none yet"
        raise MedOptError("there is no such run", where=project.folder, expected=f"one of: {runs}", found=run)
    return folder


def load_network(folder: Path, weights: str = "best") -> tuple[nn.Module, Recipe, RunRecord]:
    """The trained network of a run in evaluation mode, with its recipe and record.

    ``weights`` is "best" (highest validation score) or "last".
    """
    if weights not in ("best", "last"):
        raise MedOptError("wrong weights", expected="best or last", found=weights)
    record = RunRecord.load(folder)
    recipe = Recipe.load(folder / "recipe.yaml")
    network = build_for(run_task(record, recipe), recipe, len(record.channels))
    path = folder / "checkpoints" / f"{weights}.safetensors"
    if (folder / COMPRESSION).is_file():
        narrow(network, weight_shapes(path))
    load_weights(path, network)
    return network.eval(), recipe, record


def describe_run(folder: Path, name: str | None = None) -> ModelDescription:
    """What a run's network takes and gives; the same that an export of it carries."""
    recipe, record = Recipe.load(folder / "recipe.yaml"), RunRecord.load(folder)
    return ModelDescription(
        task=record.task,  # type: ignore[arg-type]  # checked by the description
        multi_label=bool(record.labels.get("multi_label", False)),
        stride=run_task(record, recipe).stride,
        name=name or folder.name,
        dims=2 if recipe.training.dims == 2 else 3,
        channels=record.channels,
        classes=tuple(record.class_infos()),
        preprocess=recipe.preprocess,
        patch=recipe.training.patch,
        divisor=recipe.network.divisor,
        inference=recipe.inference,
    )


def run_task(record: RunRecord, recipe: Recipe) -> Task:
    """The task that a run learned."""
    return task_of(recipe, record.task, _Labels(record))


@dataclass(frozen=True)
class _Labels:
    """A record's classes and kind of labels, under the names that a project's settings have for them."""

    record: RunRecord

    @property
    def classes(self) -> list[ClassInfo]:
        return self.record.class_infos()

    @property
    def multi_label(self) -> bool:
        return bool(self.record.labels.get("multi_label", False))

    @property
    def ignored(self) -> int | None:
        value = self.record.labels.get("ignored")
        return None if value is None else int(value)


def label_facts(settings: ProjectSettings) -> dict[str, Any]:
    """What else than its classes a project says of its labels, as ``run.json`` keeps it."""
    return {"multi_label": settings.multi_label, "ignored": settings.ignored}


def split_facts(split: Split) -> dict[str, Any]:
    """The split as ``run.json`` keeps it: hash, seed, and how many subjects and cases each part has."""
    return {
        "hash": split.hash,
        "seed": split.seed,
        "subjects": {part: len(split.subjects[part]) for part in PARTS},
        "cases": {part: len(split.part(part)) for part in PARTS},
    }


def division_of(folder: Path) -> Split | None:
    """The split that a run was trained on in place of the project's own; None for a run on that one."""
    path = folder / DIVISION
    return Split.from_json(read_json(path)) if path.is_file() else None


def versions() -> dict[str, str]:
    """Versions of MedOpt, Python and the libraries that decide a result."""
    found = {"medopt": medopt.__version__, "python": platform.python_version(), "platform": sys.platform}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def now() -> str:
    """The present time, ISO 8601 in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
