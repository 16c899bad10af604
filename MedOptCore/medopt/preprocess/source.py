"""Volumes that are worked out slab by slab, when they are asked for: the steps of a recipe chained without copies.

A recipe of many steps runs through memory once, in pieces that stay in the processor's cache, and a preview gets the
slice in view without working out the rest. Slabs are whole slices along k.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import DisplayWindow, Geometry, Image

SLAB_VOXELS = 1 << 18
"""Voxels worked on at a time, rounded up to whole slices: 1 MB of float32, which stays in the second-level cache."""
COUNTED_VOXELS = 1 << 16
"""Voxels counted at a time: counting works on a copy of 8 bytes a voxel."""
NEIGHBOURS = 6
"""Slabs are at least so many times as thick as the neighbourhood that is read twice at their ends."""

Rule = Callable[[NDArray[np.float32], int], NDArray[np.float32]]
"""New values of a slab from its values (k, j, i) and the index of its first slice; may write into what it gets."""


class Source(ABC):
    """A volume of float32 values on ``geometry``.

    Parameters
    ----------
    geometry : its grid
    channels : their number, at least 1
    windows : display windows of the image's header, on the scale of the values; empty when there are none
    whole : (lowest, highest) when all values are whole numbers within these limits, else None
    costly : whether working a slab out twice is dearer than keeping it
    """

    geometry: Geometry
    channels: int
    windows: tuple[DisplayWindow, ...] = ()
    whole: tuple[int, int] | None = None
    costly: bool = False

    @abstractmethod
    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        """Slices ``start`` to ``stop`` of a channel as (k, j, i) float32: a new array that may be written into."""

    @cached_property
    def thickness(self) -> int:
        """Slices that are best worked out together."""
        return max(1, SLAB_VOXELS // (self.geometry.shape[1] * self.geometry.shape[2]))

    def slabs(self, channel: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(first slice, values) over the whole channel, from the first slice to the last."""
        for start in range(0, self.geometry.shape[0], self.thickness):
            yield start, self.slab(channel, start, min(start + self.thickness, self.geometry.shape[0]))

    def channel(self, channel: int) -> NDArray[np.float32]:
        """All slices of a channel, (k, j, i) float32: a new array."""
        result = np.empty(self.geometry.shape, np.float32)
        for start, values in self.slabs(channel):
            result[start : start + len(values)] = values
        return result

    def settled(self) -> Source:
        """A source that works every slab out once: itself, or one that keeps the channel it was asked for last."""
        return self._kept_source if self.costly else self

    @cached_property
    def _kept_source(self) -> Source:
        return Settled(self)


class ArraySource(Source):
    """An image as it was read, any real dtype; nothing is copied but the slab that is asked for.

    ``whole`` tells of real numbers that they are whole ones, and within which limits.

    Raises MedOptError for an image without channels and for voxels that are not finite in float32.
    """

    def __init__(self, image: Image, *, whole: tuple[int, int] | None = None) -> None:
        if image.channels == 0:
            raise MedOptError("the image is empty", expected="at least one channel", found="none")
        self.array, self.geometry = image.array, image.geometry
        self.channels, self.windows = image.channels, image.windows
        self.whole = whole or _whole(image.array)
        self._counts: dict[int, tuple[NDArray[np.float64], NDArray[np.int64]]] = {}
        if image.array.dtype.kind == "f":
            self._check_finite()

    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        return self.array[channel, start:stop].astype(np.float32, order="C", copy=True)

    def counts(self, channel: int) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        """The different values of a channel, ascending, and how often each occurs; None for types wider than 16 bit and
        for real numbers, which have too many. Counted once.
        """
        if _whole(self.array) is None:
            return None
        if channel not in self._counts:
            self._counts[channel] = _counts(self.array[channel])
        return self._counts[channel]

    def _check_finite(self) -> None:
        wrong = 0
        with np.errstate(over="ignore"):  # too large for float32 becomes infinite and is refused
            for channel in range(self.channels):
                wrong += sum(int(np.count_nonzero(~np.isfinite(values))) for _, values in self.slabs(channel))
        if wrong:
            raise MedOptError(
                "the image holds voxels that are not finite numbers (NaN or infinity, or too large for 32 bit)",
                expected="finite values",
                found=f"{wrong} of {self.array.size} voxels",
                remedy="Replace them, or leave this case out",
            )


class Mapped(Source):
    """Values of ``upstream`` changed by a rule a channel, which is made when the channel is first asked for.

    Parameters
    ----------
    rule : makes the rule of a channel; None leaves the channel as it is
    reach : slices on either side that a slab's values depend on
    pointwise : whether each new value depends on the old one alone
    whole, costly, windows : as in `Source`
    """

    def __init__(
        self,
        upstream: Source,
        rule: Callable[[int], Rule | None],
        *,
        reach: int = 0,
        pointwise: bool = False,
        whole: tuple[int, int] | None = None,
        costly: bool = False,
        windows: tuple[DisplayWindow, ...] = (),
    ) -> None:
        self.upstream, self.geometry, self.channels = upstream, upstream.geometry, upstream.channels
        self.windows, self.whole, self.costly = windows, whole, costly or upstream.costly
        self._make, self._reach, self.pointwise = rule, reach, pointwise
        self._rules: dict[int, Rule | None] = {}

    @cached_property
    def thickness(self) -> int:
        return max(self.upstream.thickness, NEIGHBOURS * self._reach)

    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        first = max(0, start - self._reach)
        last = min(self.geometry.shape[0], stop + self._reach)
        values = self.changed(channel, self.upstream.slab(channel, first, last), first)
        return values[start - first : stop - first]

    def changed(self, channel: int, values: NDArray[np.float32], first: int) -> NDArray[np.float32]:
        """What becomes of values (k, j, i) of a channel, which may be written into."""
        if channel not in self._rules:
            self._rules[channel] = self._make(channel)
        rule = self._rules[channel]
        return values if rule is None else rule(values, first)


class Settled(Source):
    """The same values as ``upstream``, each worked out once; one channel is kept at a time."""

    def __init__(self, upstream: Source) -> None:
        self._upstream, self.geometry, self.channels = upstream, upstream.geometry, upstream.channels
        self.windows, self.whole = upstream.windows, upstream.whole
        self._kept: tuple[int, NDArray[np.float32]] | None = None

    def slab(self, channel: int, start: int, stop: int) -> NDArray[np.float32]:
        if self._kept is None or self._kept[0] != channel:
            self._kept = None  # the old channel is let go before the new one is made
            self._kept = (channel, self._upstream.channel(channel))
        return self._kept[1][start:stop].copy()


def collect(source: Source, dtype: np.dtype | type = np.float32) -> Image:
    """The whole volume as a new array (channel, k, j, i) of ``dtype``."""
    array = np.empty((source.channels, *source.geometry.shape), dtype)
    for channel in range(source.channels):
        for start, values in source.slabs(channel):
            array[channel, start : start + len(values)] = values
    return Image(array, source.geometry, source.windows)


def _whole(array: NDArray) -> tuple[int, int] | None:
    if array.dtype.kind == "b":
        return 0, 1
    if array.dtype.kind in "iu" and array.dtype.itemsize <= 2:
        limits = np.iinfo(array.dtype)
        return int(limits.min), int(limits.max)
    return None


def _counts(array: NDArray) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Values and counts of (k, j, i) integers of 8 or 16 bit, or of bool."""
    whole = array.view(np.uint8) if array.dtype.kind == "b" else array
    lowest = int(np.iinfo(whole.dtype).min)
    unsigned = np.dtype(f"u{whole.dtype.itemsize}")
    counts = np.zeros(1 << (8 * whole.dtype.itemsize), np.int64)
    step = max(1, COUNTED_VOXELS // (whole.shape[1] * whole.shape[2]))
    for start in range(0, len(whole), step):
        part = np.ascontiguousarray(whole[start : start + step], whole.dtype.newbyteorder("=")).view(unsigned)
        counts += np.bincount(part.ravel(), minlength=counts.size)
    if lowest:  # two's complement: the negative half stands last
        counts = np.roll(counts, counts.size // 2)
    used = np.flatnonzero(counts)
    return used.astype(np.float64) + lowest, counts[used]
