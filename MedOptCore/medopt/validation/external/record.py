"""What an external validation found out, as ``external.json`` keeps it beside the results."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.settings import Settings
from medopt.validation.external.change import ChangeRow
from medopt.validation.external.shift import GridShift, IntensityShift, OrientationShift, Relation

FILE = "external.json"

SUBSET = "external"
"""What the cases of the other project are called in results."""


class PairedClass(Settings):
    """A class of the model and the project's class that means the same, and how that is known."""

    model: str
    project: str
    by: Literal["user", "terminology", "name"]


class ModelFacts(Settings):
    """The model: a run or a package, of which project, run by what."""

    name: str
    kind: Literal["run", "package"]
    project: str = ""
    runtime: str = ""


class ExternalRecord(Settings):
    """The outcome of an external validation, without the scores.

    Parameters
    ----------
    model : what was applied
    part : cases of the project's split that were measured: "all", "train", "validation" or "test"
    looks : whether the look at the project's own test subjects was counted
    classes, model_only, project_only : which classes mean the same, and those of one side alone, which are not scored
    copies : cases that were left out as the same image stands in the project on which the model was trained
    internal : on which cases of the model's own project it was measured before; "" when that is not known
    changes : internal against external figures
    intensities, grids, orientation, relations : where a difference may come from
    notes : what else the reader must know
    """

    format: Literal[1] = 1
    model: ModelFacts
    part: str
    looks: bool
    classes: tuple[PairedClass, ...]
    model_only: tuple[str, ...] = ()
    project_only: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    internal: str = ""
    changes: tuple[ChangeRow, ...] = ()
    intensities: tuple[IntensityShift, ...] = ()
    grids: tuple[GridShift, ...] = ()
    orientation: OrientationShift | None = None
    relations: tuple[Relation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[str, ...]:
        """Where a difference may come from, a sentence each; what stays as in training is told in one."""
        grid = [] if self.orientation is None else [self.orientation.words]
        moved = [one.words for one in self.grids if one.outside]
        same = ", ".join(one.name.removesuffix(" (mm)") for one in self.grids if not one.outside)
        if same:
            moved.append(f"Within what training had: {same}.")
        related = [one.words for one in self.relations if not one.low <= 0 <= one.high]
        alone = ", ".join(one.name for one in self.relations if one.low <= 0 <= one.high)
        if alone:
            related.append(f"No relation to the score was shown of: {alone}.")
        return (*(one.words for one in self.intensities), *moved, *grid, *related)

    def write(self, folder: Path) -> None:
        """Write ``external.json``."""
        write_json(folder / FILE, self.model_dump(mode="json"))


def load_external(folder: Path) -> ExternalRecord | None:
    """The record in a folder; None where there is none. Raises MedOptError when it is damaged or newer."""
    path = folder / FILE
    if not path.is_file():
        return None
    values = read_json(path)
    if isinstance(values, dict) and isinstance(values.get("format"), int) and values["format"] > 1:
        raise MedOptError("the external validation is of a newer MedOpt", where=path, remedy="Update MedOpt")
    return ExternalRecord.parse(values, path)
