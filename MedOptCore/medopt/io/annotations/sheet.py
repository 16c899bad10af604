"""What every format of annotations is read into: a sheet that says of each image what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from medopt.errors import MedOptError
from medopt.image.geometry import Triple
from medopt.io.markups import NamedBox

T = TypeVar("T")


@dataclass(frozen=True)
class GridBox:
    """A box on the grid of its image.

    Parameters
    ----------
    name : the class as the file writes it; ``#3`` where it gives but a number, counted from 0
    lower, upper : corners (k, j, i); indices name voxel centres, so a box around the voxels a to b has the corners
        a - 0.5 and b + 0.5. In a faulty file ``upper`` may not lie above ``lower``
    """

    name: str
    lower: Triple
    upper: Triple

    @classmethod
    def on_slice(cls, name: str, left: float, top: float, right: float, bottom: float) -> GridBox:
        """A box on a picture: distances from its left and upper outer edge, in pixels."""
        return cls(name, (-0.5, top - 0.5, left - 0.5), (0.5, bottom - 0.5, right - 0.5))


@dataclass(frozen=True)
class ShareBox:
    """A box on a picture in shares of its width and height, from its left and upper outer edge."""

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def on_slice(self, width: int, height: int) -> GridBox:
        """The box on a picture of that many pixels."""
        return GridBox.on_slice(
            self.name, self.left * width, self.top * height, self.right * width, self.bottom * height
        )


@dataclass(frozen=True)
class ImageBoxes:
    """The boxes of an image; ``size`` is its (width, height) in pixels where the file tells it."""

    boxes: tuple[GridBox | ShareBox | NamedBox, ...] = ()
    size: tuple[int, int] | None = None
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageClasses:
    """The classes of an image: names of those that it shows, and of those that it does not.

    ``absent`` is None where all others are absent; else what stands in neither was not judged.
    """

    present: tuple[str, ...]
    absent: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Sheet(Generic[T]):
    """The annotations of many images.

    Parameters
    ----------
    entries : by the image's name as the file writes it (with or without folders and ending); an entry that cannot be
        read is its error
    names : the classes that occur
    looked_for : the classes that were looked for in every image; None for all of the project
    attributes : of images, such as the part of the published split
    """

    entries: Mapping[str, T | MedOptError]
    names: tuple[str, ...]
    looked_for: tuple[str, ...] | None = None
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


BoxSheet: TypeAlias = Sheet[ImageBoxes]
ClassSheet: TypeAlias = Sheet[ImageClasses]


def names_of(entries: Mapping[str, ImageBoxes | MedOptError]) -> tuple[str, ...]:
    """The classes that occur in the boxes, in the order of their names."""
    found = {box.name for one in entries.values() if isinstance(one, ImageBoxes) for box in one.boxes}
    return tuple(sorted(found))
