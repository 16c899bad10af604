"""A look into a few training cases: bounded, whatever the size of the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter
from medopt.image import Boxes, Geometry, Image, LabelMap
from medopt.project import Case, Project

MOST_CASES = 12
"""Cases that are read, spread evenly over the training cases by name."""
MOST_VOXELS = 1 << 28
"""Voxels of all cases that are read, from the third case on."""
SLABS = 32
"""Slices of a case, spread evenly, whose intensities count."""
KEPT = 1 << 15
"""Values a channel that are kept of a case, and as many of its structures."""


@dataclass(frozen=True, eq=False)
class ChannelSample:
    """Some values of one channel of one case.

    Parameters
    ----------
    values : (n,) float32, evenly from SLABS slices; finite ones only
    structures : (m,) float32, evenly from the labelled voxels or those within boxes; empty when nothing tells where
    whole : whether all are whole numbers
    byte : whether the file keeps 8 bit without sign
    finite : whether no value was NaN or infinite
    """

    values: NDArray[np.float32]
    structures: NDArray[np.float32]
    whole: bool
    byte: bool
    finite: bool = True

    @property
    def constant(self) -> bool:
        """Whether all values are one."""
        return bool(self.values.size) and bool(self.values.min() == self.values.max())

    @property
    def zeros(self) -> float:
        """Share of values that are exactly 0."""
        return float(np.mean(self.values == 0)) if self.values.size else 0.0


@dataclass(frozen=True, eq=False)
class CaseSample:
    """What was seen of one case.

    Parameters
    ----------
    case : its name
    channels : one sample a channel
    voxels : of each class value that the label map holds; empty for other labels
    total : voxels of the image
    boxes : (n, 3) sides in mm along the image's (k, j, i)
    grey : whether three channels are equal, a grey picture stored as colour
    """

    case: str
    channels: tuple[ChannelSample, ...]
    voxels: Mapping[int, int]
    total: int
    boxes: NDArray[np.float64]
    grey: bool


@dataclass(frozen=True)
class Samples:
    """What was seen of the training cases; ``unreadable`` tells why the others could not be."""

    cases: tuple[CaseSample, ...]
    unreadable: Mapping[str, str]

    def channel(self, number: int) -> list[ChannelSample]:
        """A channel in every case that has values."""
        return [case.channels[number] for case in self.cases if case.channels[number].values.size]

    def shares(self) -> dict[int, float]:
        """Of each class value, its mean share of the voxels over the cases that hold it."""
        found: dict[int, list[float]] = {}
        for case in self.cases:
            for value, count in case.voxels.items():
                found.setdefault(value, []).append(count / case.total)
        return {value: float(np.mean(shares)) for value, shares in sorted(found.items())}

    @property
    def boxes(self) -> NDArray[np.float64]:
        """(n, 3) sides in mm of the boxes of all cases."""
        return np.concatenate([case.boxes for case in self.cases]) if self.cases else np.zeros((0, 3))


def choose_cases(cases: Sequence[Case], channels: int) -> list[Case]:
    """At most MOST_CASES, evenly by name; from the third on only while they hold MOST_VOXELS together."""
    count = min(MOST_CASES, len(cases))
    places = np.unique(np.linspace(0, len(cases) - 1, count).round().astype(int))
    chosen: list[Case] = []
    voxels = 0
    for place in places:
        size = int(np.prod(cases[place].geometry.shape)) * channels
        if len(chosen) < 2 or voxels + size <= MOST_VOXELS:
            chosen.append(cases[place])
            voxels += size
    return chosen


def look_at_images(project: Project, cases: Sequence[Case], reporter: Reporter) -> Samples:
    """Read the chosen cases and keep a few values of each; a case that cannot be read is told, not raised."""
    progress = Progress(reporter, "look at images", len(cases))
    ignored = getattr(project.settings, "ignored", None)
    seen, unreadable = [], {}
    for case in cases:
        try:
            label = project.read_label(case.id)
            seen.append(sample_case(case.id, project.read_image(case.id), label, ignored=ignored))
        except MedOptError as error:
            unreadable[case.id] = str(error)
        progress.advance()
    return Samples(tuple(seen), unreadable)


def sample_case(name: str, image: Image, label: object, *, ignored: int | None = None) -> CaseSample:
    """What is kept of one case; ``label`` is what its project gives, ``ignored`` a value that is no class."""
    voxels: dict[int, int] = {}
    boxes = np.zeros((0, 3))
    inside: NDArray[np.bool_] | None = None
    if isinstance(label, LabelMap):
        values, counts = np.unique(label.array, return_counts=True)
        voxels = {int(v): int(n) for v, n in zip(values, counts, strict=True) if v not in (0, ignored)}
        inside = (label.array != 0) & (label.array != (0 if ignored is None else ignored))
    elif isinstance(label, Boxes) and len(label):
        corners = label.to_index(image.geometry)
        boxes = (corners[:, 1] - corners[:, 0]) * np.asarray(image.geometry.spacing)
        inside = _within(corners, image.geometry)
    slices = np.unique(np.linspace(0, image.geometry.shape[0] - 1, SLABS).round().astype(int))
    return CaseSample(
        case=name,
        channels=tuple(_channel(channel, slices, inside) for channel in image.array),
        voxels=voxels,
        total=int(np.prod(image.geometry.shape)),
        boxes=boxes,
        grey=image.channels == 3 and all(np.array_equal(image.array[0], other) for other in image.array[1:]),
    )


def _channel(channel: NDArray, slices: NDArray[np.int64], inside: NDArray[np.bool_] | None) -> ChannelSample:
    values = _evenly(channel[slices].reshape(-1))
    structures = values[:0]
    if inside is not None:
        places = np.flatnonzero(inside)
        structures = channel.reshape(-1)[_evenly(places)]
    finite = np.isfinite(values)
    return ChannelSample(
        values=values[finite].astype(np.float32),
        structures=structures[np.isfinite(structures)].astype(np.float32),
        whole=channel.dtype.kind in "biu" or bool(np.all(values[finite] == np.rint(values[finite]))),
        byte=channel.dtype == np.uint8,
        finite=bool(finite.all()),
    )


def _evenly(values: NDArray) -> NDArray:
    """At most KEPT of them, at even steps that share no factor with usual row lengths."""
    step = max(1, -(-values.size // KEPT))
    return values[:: step + (step > 1 and step % 2 == 0)]


def _within(corners: NDArray[np.float64], grid: Geometry) -> NDArray[np.bool_]:
    """(k, j, i) bool: voxels whose centre lies in a box of ``corners`` (n, 2, 3)."""
    mask = np.zeros(grid.shape, bool)
    for low, high in corners:
        first = np.clip(np.ceil(low), 0, grid.shape).astype(int)
        last = np.clip(np.floor(high) + 1, 0, grid.shape).astype(int)
        mask[tuple(slice(a, b) for a, b in zip(first, last, strict=True))] = True
    return mask
