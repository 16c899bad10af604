"""What stands in ``project.yaml``: the task, the classes and the channels, for people to read and edit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from medopt.errors import MedOptError
from medopt.project.names import is_safe_name
from medopt.settings import Settings, read_yaml

FORMAT = 1
"""The version of the project folder that this MedOpt writes; it reads this one and older ones."""

FILE_NAME = "project.yaml"
"""The file that makes a folder a project."""

IGNORED_NAME = "not annotated"
"""The segment of the voxels that nobody annotated, in label files of projects that have such."""


class ClassInfo(Settings):
    """One structure that is labelled.

    ``value`` is its number in label maps (background is 0), ``color`` is written ``"#rrggbb"``, ``terminology``
    is Slicer's serialised terminology entry or empty.
    """

    value: Annotated[int, Field(ge=1, le=32767, strict=True)]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    color: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
    terminology: str = ""

    @property
    def rgb(self) -> tuple[float, float, float]:
        """Red, green and blue, each from 0 to 1."""
        red, green, blue = (int(self.color[n : n + 2], 16) / 255 for n in (1, 3, 5))
        return red, green, blue


class ProjectSettings(Settings):
    """The content of ``project.yaml``.

    ``catalogue`` is an SQLAlchemy URL; without one the catalogue is the file ``catalogue.db`` (SQLite) in the
    project folder. ``id`` is random; it ties the folder to its catalogue and the runs to the project.
    ``multi_label`` is for classification: an image may show several classes, or none; else it shows exactly one.
    ``ignored`` is for segmentation: the value in label maps of voxels that nobody annotated; no class has it.
    """

    format: Annotated[int, Field(ge=1)] = FORMAT
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    task: Literal["segmentation", "classification", "detection"] = "segmentation"
    multi_label: bool = False
    ignored: Annotated[int, Field(ge=1, le=32767, strict=True)] | None = None
    classes: Annotated[list[ClassInfo], Field(min_length=1)]
    channels: Annotated[list[str], Field(min_length=1)] = Field(default_factory=lambda: ["image"])
    catalogue: str | None = None

    @field_validator("channels")
    @classmethod
    def _channels_make_file_names(cls, channels: list[str]) -> list[str]:
        for name in channels:
            if not is_safe_name(name):
                raise ValueError(f"'{name}' must be letters, digits, - and _, at most 64, as it names files")
        if len({name.lower() for name in channels}) != len(channels):
            raise ValueError("each channel needs a name of its own")
        return channels

    @model_validator(mode="after")
    def _classes_are_distinct(self) -> ProjectSettings:
        values = [c.value for c in self.classes]
        names = [c.name.strip().lower() for c in self.classes]
        if len(set(values)) != len(values):
            raise ValueError(f"each class needs a value of its own, found {values}")
        if len(set(names)) != len(names):
            raise ValueError(f"each class needs a name of its own, found {[c.name for c in self.classes]}")
        return self

    @model_validator(mode="after")
    def _options_fit_the_task(self) -> ProjectSettings:
        if self.multi_label and self.task != "classification":
            raise ValueError(f"multi_label is for classification, and the task is {self.task}")
        if self.ignored is None:
            return self
        if self.task != "segmentation":
            raise ValueError(f"ignored is for segmentation, and the task is {self.task}")
        for info in self.classes:
            if info.value == self.ignored:
                raise ValueError(f"ignored {self.ignored} is the value of the class '{info.name}'")
            if info.name.strip().lower() == IGNORED_NAME:
                raise ValueError(f"no class may be called '{IGNORED_NAME}' where ignored is set")
        return self

    @property
    def class_values(self) -> dict[str, int]:
        """Class name to label value, in the order of the file."""
        return {c.name: c.value for c in self.classes}


def load_settings(folder: Path) -> ProjectSettings:
    """Read ``project.yaml``; the version is looked at first, so that a newer file is not called a wrong one.

    Raises MedOptError for a folder that is not a project, a newer version and a damaged file.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise MedOptError(
            "not a MedOpt project",
            where=folder,
            expected=f"a folder that holds {FILE_NAME}",
            found="no such folder" if not folder.exists() else f"no {FILE_NAME}",
            remedy="Give the folder of a project, or create one with: medopt init",
        )
    raw: Any = read_yaml(path)
    version = raw.get("format") if isinstance(raw, dict) else None
    if isinstance(version, int) and version > FORMAT:
        raise MedOptError(
            "the project was made by a newer MedOpt",
            where=path,
            expected=f"format {FORMAT} or lower",
            found=f"format {version}",
            remedy="Update MedOpt; nothing in the project was changed",
        )
    return ProjectSettings.parse(raw, path)
