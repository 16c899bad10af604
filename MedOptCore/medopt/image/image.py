"""An array of one or many channels and the grid on which it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image.display import DisplayWindow
from medopt.image.geometry import Geometry


@dataclass(frozen=True, eq=False)
class Image:
    """Voxel values with their place in the patient.

    Parameters
    ----------
    array : (channel, k, j, i), any real dtype; kept as given, never copied
    geometry : the grid of the last three axes
    windows : how the header asks to show it, the preferred one first; empty when it does not say

    Raises MedOptError when the array does not fit the grid.
    """

    array: NDArray
    geometry: Geometry
    windows: tuple[DisplayWindow, ...] = ()

    def __post_init__(self) -> None:
        if self.array.ndim != 4 or self.array.shape[1:] != self.geometry.shape:
            raise MedOptError(
                "array and grid do not fit",
                expected=f"an array of (channel, {', '.join(map(str, self.geometry.shape))})",
                found=f"shape {self.array.shape}",
            )
        if self.array.dtype.kind not in "biuf":
            raise MedOptError("wrong voxel type", expected="real numbers", found=str(self.array.dtype))

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.array.shape[0])

    def windows_of(self, channel: int) -> tuple[DisplayWindow, ...]:
        """The windows of one channel, counted from 0: those for all channels and its own."""
        return tuple(window for window in self.windows if window.channel in (None, channel))


@dataclass(frozen=True, eq=False)
class LabelMap:
    """One class value a voxel.

    Parameters
    ----------
    array : (k, j, i), an integer dtype; 0 is background
    geometry : its grid
    unjudged : values of classes that nobody outlined in this image: its background may hide them

    Raises MedOptError when the array does not fit the grid or is not of integers.
    """

    array: NDArray
    geometry: Geometry
    unjudged: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.array.ndim != 3 or self.array.shape != self.geometry.shape:
            raise MedOptError(
                "label array and grid do not fit",
                expected=f"shape {self.geometry.shape}",
                found=f"shape {self.array.shape}",
            )
        if self.array.dtype.kind not in "iu":
            raise MedOptError("wrong label type", expected="integers", found=str(self.array.dtype))

    def values(self) -> list[int]:
        """The class values that occur, ascending, background (0) left out; empty for an empty label."""
        found = np.unique(self.array)
        return [int(v) for v in found if v != 0]
