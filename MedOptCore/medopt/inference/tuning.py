"""By which overlap of windows, and with which cascade, a model is fast and still as good: measured, not assumed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Image, LabelMap
from medopt.inference.model import Model
from medopt.inference.predict import predict_image
from medopt.project import ClassInfo
from medopt.tasks.segmentation import mask_dice

OVERLAPS = (0.0, 0.25, 0.5)
CASCADES = (2, 4)


@dataclass(frozen=True)
class WindowRow:
    """One way to go over whole images.

    Parameters
    ----------
    overlap, cascade : the way; a cascade of 1 is none
    dice : mean over the cases of the mean over structures, against the reference
    agreement : mean Dice with what the largest overlap without a cascade gives
    lowest_agreement : of any case; a structure that the coarse pass missed shows here
    seconds : median a case, from the image as read to its label
    n : cases
    """

    overlap: float
    cascade: int
    dice: float
    agreement: float
    lowest_agreement: float
    seconds: float
    n: int


def measure_windows(
    model: Model,
    cases: Sequence[str],
    read_image: Callable[[str], Image],
    read_reference: Callable[[str], LabelMap],
    *,
    overlaps: Sequence[float] = OVERLAPS,
    cascades: Sequence[int] = CASCADES,
    reporter: Reporter | None = None,
) -> list[WindowRow]:
    """Each overlap without a cascade, then each cascade with the smallest and the model's own overlap.

    Ways are run in turn for each case, so that a busy moment of the machine counts for all. Raises MedOptError for a
    model of another task than segmentation, and without cases.
    """
    if model.description.task != "segmentation":
        raise MedOptError("only segmentation goes over whole images", found=model.description.task)
    if not cases:
        raise MedOptError("no case to measure on", remedy="Split the project")
    own = model.description.inference.overlap
    plain = [(overlap, 1) for overlap in sorted({*overlaps, own}, reverse=True)]
    ways = [*plain, *((overlap, factor) for factor in cascades for overlap in sorted({min(overlaps), own}))]
    seconds: dict[tuple[float, int], list[float]] = {way: [] for way in ways}
    dice: dict[tuple[float, int], list[float]] = {way: [] for way in ways}
    same: dict[tuple[float, int], list[float]] = {way: [] for way in ways}
    for case in track(reporter or Silence(), "windows", cases):
        image, reference = read_image(case), read_reference(case).array
        best: NDArray | None = None
        for way in ways:
            start = time.perf_counter()
            label = predict_image(image, _with_overlap(model, way[0]), cascade=way[1])
            seconds[way].append(time.perf_counter() - start)
            found = label.array  # type: ignore[union-attr]
            best = found if best is None else best
            dice[way].append(_mean_dice(reference, found, model.description.classes))
            same[way].append(_mean_dice(best, found, model.description.classes))
    return [
        WindowRow(
            *way,
            float(np.mean(dice[way])),
            float(np.mean(same[way])),
            float(np.min(same[way])),
            float(np.median(seconds[way])),
            len(cases),
        )
        for way in ways
    ]


def advised(rows: Sequence[WindowRow], allowed: float = 0.001) -> WindowRow:
    """The fastest of ``rows`` whose Dice is at most ``allowed`` below the best one's; of a cascade no case may have
    lost more than a tenth of its label."""
    best = max(row.dice for row in rows)
    good = [row for row in rows if row.dice >= best - allowed and (row.cascade == 1 or row.lowest_agreement >= 0.9)]
    return min(good, key=lambda row: row.seconds)


def _with_overlap(model: Model, overlap: float) -> Model:
    inference = model.description.inference.model_copy(update={"overlap": overlap})
    return Model(model.description.model_copy(update={"inference": inference}), model.runtime)


def _mean_dice(reference: NDArray, found: NDArray, classes: Sequence[ClassInfo]) -> float:
    return float(np.mean([mask_dice(reference == info.value, found == info.value) for info in classes]))
