"""What a recipe throws away: the share of voxels that its steps cut off, inside and outside the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from medopt.image import Image, LabelMap
from medopt.preprocess.labels import resample_label
from medopt.preprocess.normalize_step import Normalize
from medopt.preprocess.pipeline import Pipeline
from medopt.preprocess.registry import PreprocessSettings
from medopt.preprocess.window_step import Window


@dataclass(frozen=True)
class Clipped:
    """Voxels of one channel that one step takes to an end of its range.

    Parameters
    ----------
    step : its place in the recipe, counted from 0, and ``name``
    channel : counted from 0
    low, high : the limits, in the unit that the image has at this step
    inside, outside : voxels of the labels, and the others
    below, above : for (inside, outside), voxels below ``low`` and above ``high``
    """

    step: int
    name: str
    channel: int
    low: float
    high: float
    inside: int
    outside: int
    below: tuple[int, int]
    above: tuple[int, int]

    @property
    def share_inside(self) -> float:
        """Share of the labels' voxels that is cut off, 0 to 1; 0 without labels."""
        return (self.below[0] + self.above[0]) / self.inside if self.inside else 0.0

    @property
    def share_outside(self) -> float:
        """Share of the other voxels that is cut off, 0 to 1; 0 when there are none."""
        return (self.below[1] + self.above[1]) / self.outside if self.outside else 0.0

    def sentence(self, channel: str) -> str:
        """What is cut off, for people; ``channel`` is its name."""
        inside = f"{100 * self.share_inside:.2f} % of the labelled voxels and " if self.inside else ""
        return (
            f"Step {self.step + 1} ({self.name}) cuts off {inside}{100 * self.share_outside:.2f} % of the other voxels "
            f"of channel {channel}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and texts under the field names."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Clipped:
        """Read what ``to_json`` gave."""
        pairs = {key: (int(value[key][0]), int(value[key][1])) for key in ("below", "above")}
        return cls(**{**value, **pairs})


def clipped(settings: PreprocessSettings, image: Image, label: LabelMap | None = None) -> tuple[Clipped, ...]:
    """What each step that cuts intensities off takes from ``image``, one entry a step and channel, in order.

    Raises MedOptError as `Pipeline.image` does.
    """
    found: list[Clipped] = []
    pipeline = Pipeline(settings)
    for place, step in enumerate(pipeline.steps):
        if not isinstance(step, (Window, Normalize)):
            continue
        source = Pipeline(pipeline.steps[:place]).source(image).settled()
        mask = None if label is None else resample_label(label, source.geometry).array > 0
        for channel in range(source.channels) if step.channels is None else step.channels:
            limits = step.limits(source, channel)
            if limits is None:
                continue
            counts = np.zeros((3, 2), np.int64)  # all, below, above; inside, outside
            for start, values in source.slabs(channel):
                inner = np.zeros(values.shape, bool) if mask is None else mask[start : start + len(values)]
                for row, hit in enumerate((np.ones_like(inner), values < limits[0], values > limits[1])):
                    both = int(np.count_nonzero(hit & inner))
                    counts[row] += both, int(np.count_nonzero(hit)) - both
            found.append(_record(place, step.step, channel, limits, counts.tolist()))
    return tuple(found)


def _record(place: int, name: str, channel: int, limits: tuple[float, float], counts: list[list[int]]) -> Clipped:
    (inside, outside), below, above = counts
    return Clipped(place, name, channel, *limits, inside, outside, (below[0], below[1]), (above[0], above[1]))


def together(parts: Sequence[Sequence[Clipped]]) -> tuple[Clipped, ...]:
    """The counts of several images of one recipe added up, by step and channel; limits are their extremes."""
    merged: dict[tuple[int, int], Clipped] = {}
    for part in parts:
        for one in part:
            key = (one.step, one.channel)
            old = merged.get(key)
            merged[key] = one if old is None else _sum(old, one)
    return tuple(merged[key] for key in sorted(merged))


def _sum(a: Clipped, b: Clipped) -> Clipped:
    return Clipped(
        a.step,
        a.name,
        a.channel,
        min(a.low, b.low),
        max(a.high, b.high),
        a.inside + b.inside,
        a.outside + b.outside,
        (a.below[0] + b.below[0], a.below[1] + b.below[1]),
        (a.above[0] + b.above[0], a.above[1] + b.above[1]),
    )
