"""An annotator made of rules, to count the work that proposals and interactive tools save, with a reference at hand.

The rules, which ``Docs/simulated-annotator.md`` tells in words, make the same corrections from the same start; nothing
is drawn at random. What is counted is the added path length in voxels, and a click counts as a path of one voxel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.labelling.assist.strokes import Strokes
from medopt.labelling.regions import value_regions
from medopt.metrics import added_path_length

Labels = NDArray[np.integer]
Refine = Callable[[int, NDArray[np.bool_], Strokes], NDArray[np.bool_]]
"""Class value, its present mask (k, j, i) and all its strokes so far → the mask that an interactive tool answers."""

MOST_CLICKS = 40
"""A case that needs more is drawn by hand."""
MOST_ALONE = 20
"""Clicks without a pencil, as usual in comparisons of interactive tools."""
PATIENCE = 3
"""Clicks in a row that may fail to help before the annotator takes the pencil."""
HELPED = 0.002
"""Least gain of a click in what is missing to the target, summed over classes, in units of Dice; a click that gains
less is undone."""
WHOLE = ndimage.generate_binary_structure(3, 1)


@dataclass(frozen=True)
class Work:
    """What it took to correct one label map.

    Parameters
    ----------
    path : added path length in voxels: new outline drawn by hand, and one for each click
    voxels : changed by hand
    slices : along k with a change by hand
    clicks : those undone included
    strokes : clicks, and regions corrected by hand
    """

    path: int = 0
    voxels: int = 0
    slices: int = 0
    clicks: int = 0
    strokes: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.path + other.path,
            self.voxels + other.voxels,
            self.slices + other.slices,
            self.clicks + other.clicks,
            self.strokes + other.strokes,
        )


class SimulatedAnnotator:
    """Corrects a label map until each class reaches a Dice.

    Parameters
    ----------
    reference : (k, j, i) class values, 0 for background
    classes : the values to get right
    target : least Dice of each class; a class without a voxel in the reference must have none
    spacing : mm along (k, j, i)
    """

    def __init__(
        self, reference: Labels, classes: Sequence[int], target: float, spacing: Sequence[float] = (1.0, 1.0, 1.0)
    ) -> None:
        if not 0 < target <= 1:
            raise MedOptError("wrong target", expected="a Dice above 0, up to 1", found=f"{target:g}")
        self.reference, self.classes = reference, tuple(classes)
        self.target, self.spacing = target, tuple(spacing)

    def dice(self, labels: Labels) -> dict[int, float]:
        """Dice of each class; 1 where neither has a voxel."""
        return {value: _dice(labels == value, self.reference == value) for value in self.classes}

    def missing(self, labels: Labels) -> float:
        """How much Dice is missing to the target, summed over the classes; 0 when the annotator is content."""
        return float(sum(max(0.0, self.target - dice) for dice in self.dice(labels).values()))

    # ---- by hand ---------------------------------------------------------------------------------------------

    def by_hand(self, labels: Labels) -> tuple[Labels, Work]:
        """Draw wrong regions anew, one region of a slice after another, the largest first, until content.

        A region is wrong voxels that touch in a slice along k, corners included; of regions equally large the first
        in scan order.
        """
        result = labels.copy()
        tally = {v: _Tally.of(result == v, self.reference == v) for v in self.classes}
        drawn = 0
        for where in self._wrong_regions(result):
            if all(one.dice >= self.target for one in tally.values()):
                break
            old, new = result[where], self.reference[where]
            for value, one in tally.items():
                one.change(old == value, new == value)
            result[where] = new
            drawn += 1
        return result, self._drawn(labels, result, drawn)

    def _wrong_regions(self, labels: Labels) -> list[tuple[NDArray[np.intp], ...]]:
        """Indices of the wrong regions, the largest first."""
        found: list[tuple[NDArray[np.intp], ...]] = []
        wrong = labels != self.reference
        for k in np.flatnonzero(wrong.any(axis=(1, 2))):
            regions, count = ndimage.label(wrong[k], np.ones((3, 3), int))
            for number, box in enumerate(ndimage.find_objects(regions, count), start=1):
                j, i = np.nonzero(regions[box] == number)
                found.append((np.full(len(j), k), j + box[0].start, i + box[1].start))
        return sorted(found, key=lambda where: -len(where[0]))

    def _drawn(self, before: Labels, after: Labels, regions: int) -> Work:
        changed = before != after
        path = 0
        for value in sorted({*value_regions(before), *value_regions(after)}):
            path += added_path_length(before == value, after == value, self.spacing).voxels
        slices = int(np.count_nonzero(changed.any(axis=(1, 2))))
        return Work(path, int(np.count_nonzero(changed)), slices, 0, regions)

    # ---- by clicks -------------------------------------------------------------------------------------------

    def by_clicks(self, labels: Labels, refine: Refine, most: int = MOST_CLICKS) -> tuple[Labels, Work]:
        """Click into the middle of the largest wrong part until content, then draw by hand what is left.

        A part is voxels that touch (by faces) and that lack one class, or have one where the reference has none. The
        click adds the class or takes it away. A click that does not help is undone and its part left to the pencil;
        after some in a row, all the rest is.
        """
        clicked, clicks = self._clicked(labels, refine, most, PATIENCE)
        final, work = self.by_hand(clicked)
        return final, work + Work(path=clicks, clicks=clicks, strokes=clicks)

    def clicks_alone(self, labels: Labels, refine: Refine, most: int = MOST_ALONE) -> tuple[int, bool]:
        """How many clicks it takes without a pencil, and whether that makes the annotator content.

        As `by_clicks`, but the annotator goes on to the next part after any number of clicks that did not help. Where
        they do not suffice, ``most`` is given, as usual for the number of clicks to a Dice.
        """
        result, clicks = self._clicked(labels, refine, most, most)
        content = self.missing(result) == 0
        return (clicks if content else most), content

    def _clicked(self, labels: Labels, refine: Refine, most: int, patience: int) -> tuple[Labels, int]:
        """The labels after the clicks, and how many there were."""
        result, clicks, failed = labels.copy(), 0, 0
        strokes: dict[int, list[list[int]]] = {}
        given_up: set[tuple[int, ...]] = set()
        while clicks < most and failed < patience and self.missing(result) > 0:
            click = self.next_click(result, given_up)
            if click is None:
                break
            clicks += 1
            value, adds, voxel = click
            kept = {v: [list(part) for part in both] for v, both in strokes.items()}
            _put(strokes, value, adds, voxel, self.classes)
            answer = self._answered(result, refine, strokes, value)
            if self.missing(answer) <= self.missing(result) - HELPED or self.missing(answer) == 0:
                result, failed = answer, 0
            else:
                strokes, failed = kept, failed + 1
                given_up.add(voxel)
        return result, clicks

    def _answered(self, labels: Labels, refine: Refine, strokes: Mapping[int, list[list[int]]], value: int) -> Labels:
        positive, negative = strokes[value]
        before = labels == value
        after = refine(value, before, Strokes(np.array(positive, int), np.array(negative, int)))
        result = labels.copy()
        result[before & ~after] = 0
        result[after] = value
        return result

    def next_click(
        self, labels: Labels, given_up: set[tuple[int, ...]]
    ) -> tuple[int, bool, tuple[int, int, int]] | None:
        """Class, whether it is added, and the voxel; None when every wrong part was given up."""
        largest: tuple[int, int, bool, NDArray[np.bool_]] | None = None
        for value in self.classes:
            for adds in (True, False):
                wrong = (self.reference == value) & (labels != value)
                if not adds:
                    wrong = (labels == value) & (self.reference == 0)
                parts, count = ndimage.label(wrong, WHOLE)
                sizes = np.bincount(parts.ravel(), minlength=count + 1)
                sizes[0] = 0
                for voxel in given_up:
                    sizes[parts[voxel]] = 0
                best = int(sizes.argmax())
                if sizes[best] and (largest is None or sizes[best] > largest[0]):
                    largest = (int(sizes[best]), value, adds, parts == best)
        if largest is None:
            return None
        _, value, adds, part = largest
        return value, adds, self._middle(part)

    def _middle(self, part: NDArray[np.bool_]) -> tuple[int, int, int]:
        """The voxel that lies deepest in a part, of several the one nearest to their mean."""
        sides = [(1, 1) if n > 1 else (0, 0) for n in part.shape]  # nothing lies in front of a single slice
        inner = tuple(slice(1, -1) if n > 1 else slice(None) for n in part.shape)
        depth = ndimage.distance_transform_edt(np.pad(part, sides), sampling=self.spacing)[inner]
        deepest = np.argwhere(depth > depth.max() - 1e-6)
        distance = np.linalg.norm((deepest - deepest.mean(axis=0)) * self.spacing, axis=1)
        k, j, i = deepest[int(distance.argmin())]
        return int(k), int(j), int(i)


class _Tally:
    """The voxels of a class that count for its Dice, kept up to date."""

    def __init__(self, both: int, here: int, there: int) -> None:
        self.both, self.here, self.there = both, here, there

    @classmethod
    def of(cls, mask: NDArray[np.bool_], reference: NDArray[np.bool_]) -> _Tally:
        return cls(int((mask & reference).sum()), int(mask.sum()), int(reference.sum()))

    @property
    def dice(self) -> float:
        total = self.here + self.there
        return 2 * self.both / total if total else 1.0

    def change(self, old: NDArray[np.bool_], new: NDArray[np.bool_]) -> None:
        """Some voxels become as the reference says: whether they were of the class, and whether they are."""
        self.both += int(np.count_nonzero(new & ~old))
        self.here += int(np.count_nonzero(new)) - int(np.count_nonzero(old))


def _put(
    strokes: dict[int, list[list[int]]], value: int, adds: bool, voxel: tuple[int, int, int], classes: Sequence[int]
) -> None:
    """Keep the click for its class; where a class is added it is no other one."""
    for one in classes:
        both = strokes.setdefault(one, [[], []])
        for part in both:
            if voxel in part:
                part.remove(voxel)  # type: ignore[arg-type]
    strokes[value][0 if adds else 1].append(voxel)  # type: ignore[arg-type]
    if adds:
        for one in classes:
            if one != value:
                strokes[one][1].append(voxel)  # type: ignore[arg-type]


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return _Tally.of(one, other).dice
