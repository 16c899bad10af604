"""Clicks and scribbles change a mask at once: the answer of MedOpt Assist, on a CPU and without a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.labelling.assist.blocks import Factors, block_means, enlarged, factors_for, repeated
from medopt.labelling.assist.evidence import evidence_of
from medopt.labelling.assist.features import Features
from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.random_field import solve
from medopt.labelling.assist.strokes import Strokes, inside
from medopt.labelling.assist.tidy import connected_to, firmly_connected_to, obeyed
from medopt.labelling.assist.tissue import ranges_of, spreads_of
from medopt.labelling.assist.trust import SURE, TRUST, Trust

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]
Spacing = tuple[float, float, float]

MOST_BLOCKS = 100_000
"""A larger region is solved on a grid of joined voxels first."""
STEPS = 25
"""Of the solver."""
FIRST_MARGIN = 16
"""Voxels of the finest axis that the first region reaches beyond the new strokes, when none is given."""
GROWTH = 2
"""How much farther the next one reaches, when the answer is cut off by its region."""
NECK = 0.8
"""Without a model, what hangs on a stroke by a neck narrower than this share of the stroke's reach does not change."""
KEPT = 4
"""Regions whose image features are kept for the next stroke."""


class Assistant:
    """Answers strokes on one image.

    Parameters
    ----------
    image : float32 (channel, k, j, i), finite
    spacing : mm along (k, j, i)
    probability : float32 (k, j, i), 0 to 1, of the structure, as a model says; None without a model
    trust : how much each source counts

    A 2D image has one slice. Raises MedOptError for arrays that do not fit, and for values that are not finite.
    """

    def __init__(
        self,
        image: NDArray[np.float32],
        spacing: Sequence[float],
        probability: NDArray[np.float32] | None = None,
        *,
        trust: Trust = TRUST,
    ) -> None:
        self.image = np.asarray(image, np.float32)
        if self.image.ndim != 4 or 0 in self.image.shape:
            raise MedOptError(
                "no image to work on", expected="an array (channel, k, j, i)", found=f"{self.image.shape}"
            )
        self.shape = self.image.shape[1:]
        self.spacing = _checked_spacing(spacing)
        self.probability = None if probability is None else np.asarray(probability, np.float32)
        if self.probability is not None:
            _check_shape(self.probability, self.shape, "the probabilities")
        self.trust = trust
        self._ranges, self._spreads = ranges_of(self.image), spreads_of(self.image)
        if not np.isfinite(self._ranges).all():
            raise MedOptError("the image has values that are not finite", remedy="Replace NaN and infinity first")
        self._features: dict[tuple[Box3, Factors], Features] = {}

    def refine(
        self, current: Mask, strokes: Strokes, *, region: Box3 | None = None, allowed: Mask | None = None
    ) -> Patch:
        """What ``current`` (k, j, i) becomes by the strokes drawn so far: the smallest patch that holds the change.

        Only strokes that ``current`` does not follow yet ask for a change: a positive one outside of the mask adds
        around it, a negative one inside takes away around it; the others stay as they are. So the same strokes on
        the answer change nothing. A stroke acts on tissue that hangs together with it and about twice as far as the
        mask's border is from it: click into the middle of what is wrong. The very first stroke adds the alike tissue
        around it.

        Nothing outside of ``region`` changes; without one, a region around the new strokes is chosen, larger while
        the answer reaches its border. Nothing changes outside of ``allowed`` (bool, k, j, i) either. Within both,
        every stroke is obeyed exactly. No strokes give a patch of no voxels.

        Raises MedOptError for masks on another grid, and strokes or a region that leave the image.
        """
        _check_shape(current, self.shape, "the mask")
        if allowed is not None:
            _check_shape(allowed, self.shape, "the mask of what may change")
        strokes.check_within(self.shape)
        if region is not None:
            region.check_within(self.shape)
        result = np.asarray(current, bool)
        patches = []
        for adds in (True, False):
            voxels = strokes.positive if adds else strokes.negative
            active = voxels[result[tuple(voxels.T)] != adds]
            if region is not None:
                active = inside(active, region)
            if allowed is not None:
                active = active[allowed[tuple(active.T)]]
            if len(active):
                patch = self._seek(result, strokes, active, adds, region, allowed)
                result = patch.applied(result)
                patches.append(patch)
        if len(patches) < 2:
            return patches[0] if patches else Patch.between(result[:0], result[:0])
        return Patch.between(np.asarray(current, bool), result)

    def _seek(
        self,
        current: Mask,
        strokes: Strokes,
        active: NDArray[np.intp],
        adds: bool,
        region: Box3 | None,
        allowed: Mask | None,
    ) -> Patch:
        """The answer in a part of the region around the strokes, in a larger one while it reaches that one's sides."""
        whole = region or Box3.whole(self.shape)
        reach = FIRST_MARGIN
        while True:
            box = Box3.around(active, self.shape, _margin(reach, self.spacing)).common(whole)
            inner, marks = strokes.within(box), active - box.start
            features = self._feature(box)
            scores, changed = self._solved(features, current[box.slices], inner, marks, adds)
            if not box.is_cut_off(changed, whole):
                break
            reach *= GROWTH
        part = None if allowed is None else allowed[box.slices]
        before = current[box.slices]
        if features.is_coarse:
            after = self._finely(before, scores, changed, features.factors, inner, marks, adds, part)
        else:
            after = obeyed(before, changed, inner, marks, adds, part)
        return Patch.between(before, after, box.start)

    def _solved(
        self, features: Features, current: Mask, strokes: Strokes, active: NDArray[np.intp], adds: bool
    ) -> tuple[Scores, Mask]:
        """Scores on the region's own grid, and what changes there; all indices are the region's."""
        mask = block_means(current, features.factors) > 0.5 if features.is_coarse else current
        seeds = np.unique(active // features.factors, axis=0)
        followed = [
            strokes.positive[current[tuple(strokes.positive.T)]],
            strokes.negative[~current[tuple(strokes.negative.T)]],
        ]
        earlier: NDArray[np.intp] = np.unique(np.concatenate(followed) // features.factors, axis=0)
        evidence, radius, links = evidence_of(features, mask, seeds, earlier, adds, self.trust)
        stiff = self.trust.stiffness * radius / min(features.spacing)
        fixed, values = _held(strokes, features.factors, mask.shape, adds)
        scores = solve(evidence, links, min(self.trust.coupling, stiff**2), fixed, values, STEPS)
        here = mask if adds else ~mask
        changed = (scores > 0) & ~here
        changed[tuple(seeds.T)] = True
        if features.model is None:
            return scores, firmly_connected_to(changed, seeds, features.spacing, NECK * radius)
        return scores, connected_to(changed, seeds)

    def _finely(
        self,
        current: Mask,
        scores: Scores,
        changed: Mask,
        factors: Factors,
        strokes: Strokes,
        active: NDArray[np.intp],
        adds: bool,
        allowed: Mask | None,
    ) -> Mask:
        """The mask of the region afterwards, from what changes on its coarse grid."""
        part = Box3.around(np.argwhere(changed), changed.shape, (1, 1, 1))
        start = [a * f for a, f in zip(part.start, factors, strict=True)]
        stop = [min(b * f, n) for b, f, n in zip(part.stop, factors, current.shape, strict=True)]
        fine = Box3(tuple(start), tuple(stop))  # type: ignore[arg-type]
        detail = enlarged(scores, factors, fine.start, fine.shape) > 0
        detail &= repeated(ndimage.binary_dilation(changed[part.slices]), factors, fine.shape)
        result = current.copy()
        permitted = None if allowed is None else allowed[fine.slices]
        result[fine.slices] = obeyed(
            current[fine.slices], detail, strokes.within(fine), active - fine.start, adds, permitted
        )
        return result

    def _feature(self, box: Box3) -> Features:
        factors = factors_for(box.shape, self.spacing, MOST_BLOCKS)
        key = box, factors
        if key not in self._features:
            while len(self._features) >= KEPT:
                self._features.pop(next(iter(self._features)))
            known = None if self.probability is None else self.probability[box.slices]
            part = self.image[(slice(None), *box.slices)]
            self._features[key] = Features(
                part, known, self.spacing, factors, self._ranges, self._spreads, self.trust.sharpness
            )
        return self._features[key]


def _held(strokes: Strokes, factors: Factors, shape: tuple[int, ...], adds: bool) -> tuple[Mask, Scores]:
    """Where the scores are known on the coarse grid, and what they are; a block with strokes of both kinds is free."""
    total = np.zeros(shape, np.float32)
    both = np.zeros(shape, bool)
    marks = []
    for voxels in (strokes.positive, strokes.negative):
        mark = np.zeros(shape, bool)
        mark[tuple((voxels // factors).T)] = True
        marks.append(mark)
    both = marks[0] & marks[1]
    total[marks[0]] = SURE if adds else -SURE
    total[marks[1]] = -SURE if adds else SURE
    return (marks[0] | marks[1]) & ~both, total


def _margin(reach: float, spacing: Spacing) -> list[int]:
    finest = min(spacing)
    return [max(2, round(reach * finest / mm)) for mm in spacing]


def _checked_spacing(spacing: Sequence[float]) -> Spacing:
    values = tuple(float(mm) for mm in spacing)
    if len(values) != 3 or not all(np.isfinite(mm) and mm > 0 for mm in values):
        raise MedOptError("wrong spacing", expected="three lengths in mm above 0, along (k, j, i)", found=f"{values}")
    return values[0], values[1], values[2]


def _check_shape(array: NDArray, shape: tuple[int, ...], what: str) -> None:
    if np.shape(array) != shape:
        raise MedOptError(
            f"{what} and the image lie on different grids", expected=f"shape {shape}", found=f"{np.shape(array)}"
        )
