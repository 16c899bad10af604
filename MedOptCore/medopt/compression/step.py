"""A step of compression makes a run of a run. What all steps share: its record, its recipe, what it must refuse."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from medopt.compression.settings import Tuning
from medopt.errors import MedOptError
from medopt.files import file_sha256, inside, read_json, write_json
from medopt.project import Project, Split, load_split
from medopt.project.names import is_safe_name
from medopt.training.recipe import Recipe
from medopt.training.run import COMPRESSION, RunRecord, division_of, open_run

FORMAT = 1
SHARE_OF_PARENT = 0.25
"""Length of a step's training, as a share of the parent's, where nothing is said."""


@dataclass(frozen=True)
class StepRecord:
    """What ``compression.json`` keeps of a step.

    Parameters
    ----------
    step : prune, sparsify, distill, control or quantize
    parent : the run that it began from
    sha256 : of the parent's weights
    settings : of the step
    teachers : the runs that taught, if any
    state : ``running`` or ``done``
    figures : what came of it, when it is done
    """

    step: str
    parent: str
    sha256: str
    settings: dict[str, Any]
    teachers: tuple[str, ...] = ()
    state: str = "running"
    figures: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT

    def save(self, folder: Path) -> None:
        """Write ``compression.json`` atomically."""
        write_json(folder / COMPRESSION, asdict(self))

    @classmethod
    def load(cls, folder: Path) -> StepRecord:
        """Read ``compression.json``; raises MedOptError when it is missing, damaged or of a newer MedOpt."""
        path = folder / COMPRESSION
        values = read_json(path)
        known = set(cls.__dataclass_fields__)
        if not isinstance(values, dict) or not {"step", "parent", "sha256", "settings"} <= set(values):
            raise MedOptError("the record of the compression is damaged", where=path)
        if values.get("format", FORMAT) > FORMAT:
            raise MedOptError("the run is of a newer MedOpt", where=path, expected=f"format {FORMAT}")
        record = cls(**{key: value for key, value in values.items() if key in known})
        return replace(record, teachers=tuple(record.teachers))

    def finished(self, figures: Mapping[str, Any]) -> StepRecord:
        """The record with its figures."""
        return replace(self, state="done", figures=dict(figures))


@dataclass(frozen=True)
class Parent:
    """The run that a step begins from.

    Parameters
    ----------
    name : as commands call it, with its folder within the project's runs
    folder, record, recipe : of the run
    split : the division that it was trained on, and that the step must keep
    own : the split where it is not the project's
    """

    name: str
    folder: Path
    record: RunRecord
    recipe: Recipe
    split: Split
    own: Split | None

    @property
    def weights(self) -> Path:
        """Its best checkpoint."""
        return self.folder / "checkpoints" / "best.safetensors"


def open_parent(project: Project, run: str | None) -> Parent:
    """The finished run called ``run``, or the newest; ``NAME/FOLD`` names a fold's run of a cross-validation.

    Raises MedOptError when it is not finished, or was trained on a split that is not today's and not kept beside it: it
    might know today's test subjects.
    """
    folder = open_run(project, run)
    record = RunRecord.load(folder)
    if record.state != "done":
        raise MedOptError(
            "the run is not finished", where=folder.name, expected="state done", found=record.state, remedy="Finish it"
        )
    own = division_of(folder)
    split = own or load_split(project)
    if split.hash != record.split.get("hash"):
        raise MedOptError(
            "the run was trained on another split, so it may know today's validation and test subjects",
            where=folder.name,
            expected=f"split {split.hash[:12]}",
            found=str(record.split.get("hash"))[:12],
            remedy="Take a run on the present split",
        )
    name = folder.relative_to(project.runs_folder).as_posix()
    return Parent(name, folder, record, Recipe.load(folder / "recipe.yaml"), split, own)


def begin_step(project: Project, name: str, record: StepRecord) -> Path:
    """The folder of the step's run; its record is written, or found to say the same.

    Raises MedOptError when the name is taken by another run, or by a step with other settings that was trained.
    """
    if not all(is_safe_name(part) for part in Path(name).parts):
        raise MedOptError("not a name", expected="letters, digits, - and _, at most 64", found=name)
    folder = inside(project.runs_folder, name)
    if (folder / COMPRESSION).is_file():
        there = StepRecord.load(folder)
        wished = replace(there, **{f: getattr(record, f) for f in ("step", "parent", "sha256", "settings", "teachers")})
        if wished != there and not (folder / "run.json").is_file():  # nothing was trained
            shutil.rmtree(folder)
            folder.mkdir()
            record.save(folder)
        elif wished != there:
            raise MedOptError(
                "a run of this name was made with other settings",
                where=name,
                expected=f"{there.step} of {there.parent} with {_told(there.settings)}",
                found=f"{record.step} of {record.parent} with {_told(record.settings)}",
                remedy="Repeat the command as it was, or give the new run another name",
            )
        return folder
    if (folder / "run.json").is_file():
        raise MedOptError("a run has this name", where=name, remedy="Give the new run another name")
    folder.mkdir(parents=True, exist_ok=True)
    record.save(folder)
    return folder


def weights_digest(parent: Parent) -> str:
    """SHA-256 of the parent's weights."""
    if not parent.weights.is_file():
        raise MedOptError("the run has no weights", where=parent.weights, remedy="Train it again")
    return file_sha256(parent.weights)


def tuned_recipe(recipe: Recipe, tuning: Tuning, share: float = 1.0, *, measured: Sequence[str] = ()) -> Recipe:
    """The parent's recipe with the length and rate of ``tuning``, and other draws; ``share`` is of its length.

    ``measured`` are the fields of ``running`` that the machine decided for the parent's network and time; it decides
    them anew.
    """
    before = recipe.training
    steps, minutes = tuning.steps, tuning.minutes
    if steps is None and minutes is None:
        steps = None if before.steps is None else max(1, round(before.steps * SHARE_OF_PARENT))
        minutes = None if before.minutes is None else before.minutes * SHARE_OF_PARENT
    training = before.model_copy(
        update={
            "steps": None if steps is None else max(1, round(steps * share)),
            "minutes": None if minutes is None else minutes * share,
            "learning_rate": before.learning_rate * tuning.rate,
            "validations": tuning.validations,
        }
    )
    running = recipe.running.opened(measured).model_copy(update={"early_stopping": None})
    changes = {"training": training, "running": running, "transfer": None, "seed": (recipe.seed + 1) % 2**31}
    return recipe.model_copy(update=changes)


def _told(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items() if not isinstance(value, Mapping))
