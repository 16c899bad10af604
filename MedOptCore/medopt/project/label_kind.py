"""What a kind of label offers to the stores of a project."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.project.class_names import ClassNames
from medopt.project.settings import ProjectSettings

L = TypeVar("L")


@dataclass(frozen=True)
class LabelContent:
    """What a label holds, without its places.

    Parameters
    ----------
    values : classes that are present, ascending
    counts : voxels or boxes of each of ``values``; 1 each for classes of whole images; empty where it was not counted
    unjudged : classes that nobody looked for
    """

    values: tuple[int, ...]
    counts: tuple[int, ...] = ()
    unjudged: tuple[int, ...] = ()

    @property
    def marked(self) -> int:
        """Voxels, boxes or classes together."""
        return sum(self.counts)

    def to_text(self) -> str:
        """JSON for the catalogue."""
        return json.dumps({"values": self.values, "counts": self.counts, "unjudged": self.unjudged})

    @classmethod
    def from_text(cls, text: str) -> LabelContent:
        """Read back what ``to_text`` gave, or the plain list of values of older catalogues."""
        value = json.loads(text)
        if isinstance(value, list):
            return cls(tuple(value))
        return cls(tuple(value["values"]), tuple(value["counts"]), tuple(value["unjudged"]))


class LabelKind(ABC, Generic[L]):
    """How labels of one task are checked, kept in files and compared; one subclass a task, without state.

    ``type`` is the labels' own, ``suffix`` ends the names of their files, ``unit`` is what they mark.
    """

    type: type
    suffix: str
    unit: str

    def __init__(self, settings: ProjectSettings) -> None:
        self.settings = settings
        self.names = ClassNames(settings)

    @abstractmethod
    def check(self, label: L, geometry: Geometry, where: str) -> L:
        """``label`` as it is kept for an image of that grid; MedOptError when it does not fit grid or classes."""

    @abstractmethod
    def write(self, label: L, path: Path) -> None:
        """Write a checked label to a file, atomically."""

    @abstractmethod
    def read(self, path: Path, geometry: Geometry) -> L:
        """The label of a file of this project; MedOptError when it is damaged or of other classes."""

    @abstractmethod
    def content(self, label: L) -> LabelContent:
        """What a label holds."""

    @abstractmethod
    def sha256(self, label: L) -> str:
        """SHA-256 of what a label says, the same whatever file or dtype it comes from."""

    @abstractmethod
    def changes(self, before: L, after: L) -> int:
        """How many voxels, boxes or classes differ."""

    def refuse_other_kind(self, label: object, where: str) -> None:
        """Raise MedOptError for a label of another task."""
        if not isinstance(label, self.type):
            raise MedOptError(
                "a label of another task",
                where=where,
                expected=f"{self.type.__name__}, as the task is {self.settings.task}",
                found=type(label).__name__,
            )

    def refuse_unknown(self, values: set[int], where: str) -> None:
        """Raise MedOptError when ``values`` holds one that is no class of the project."""
        unknown = sorted(values - set(self.settings.class_values.values()))
        if unknown:
            raise MedOptError(
                "the label holds values that are no class of the project",
                where=where,
                expected="0, " + ", ".join(f"{c.value} ({c.name})" for c in self.settings.classes),
                found=", ".join(map(str, unknown[:10])) + (" …" if len(unknown) > 10 else ""),
                remedy="Correct the label, or add the classes to project.yaml",
            )
