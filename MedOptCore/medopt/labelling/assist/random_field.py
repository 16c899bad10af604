"""Smooth scores that follow the evidence, the strokes and the image's edges: a random walk with priors on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

LEAST_LINK = 0.05
"""Share of a link that the strongest edge leaves; without it noise would cut voxels off."""


@dataclass(frozen=True, eq=False)
class Links:
    """How strongly neighbours along each axis hold together.

    Parameters
    ----------
    weights : for (k, j, i), float32 with one voxel less along that axis; None along an axis of one voxel
    """

    weights: tuple[Scores | None, ...]

    @classmethod
    def of(cls, image: NDArray[np.float32], spacing: tuple[float, float, float], sharpness: float) -> Links:
        """Links of an image (channel, k, j, i): weak across edges, and between voxels that are far apart.

        Grady's weights exp(-sharpness d²): d is the difference of two neighbours in units of the root mean square of
        all such differences of its channel, averaged over channels, so that a linear change of a channel changes
        nothing. Links along a coarse axis weigh (finest spacing / spacing)², as in a finite difference of the
        Laplacian.
        """
        axes = [axis for axis in range(3) if image.shape[axis + 1] > 1]
        steps: dict[int, Scores] = {axis: np.zeros(0, np.float32) for axis in axes}
        for channel in image:
            found = {axis: np.abs(np.diff(channel, axis=axis)) for axis in axes}
            scale = np.sqrt(np.mean([np.mean(step**2) for step in found.values()])) if axes else 0.0
            for axis, step in found.items():
                part = step / np.float32(max(scale, 1e-12) * len(image))
                steps[axis] = steps[axis] + part if steps[axis].size else part
        finest = min((spacing[axis] for axis in axes), default=1.0)
        weights: list[Scores | None] = []
        for axis, mm in enumerate(spacing):
            if axis not in steps:
                weights.append(None)
                continue
            kept = LEAST_LINK + (1 - LEAST_LINK) * np.exp(-sharpness * steps[axis] ** 2)
            weights.append((kept * (finest / mm) ** 2).astype(np.float32))
        return cls(tuple(weights))

    def degrees(self, shape: tuple[int, ...]) -> Scores:
        """Sum of each voxel's links, (k, j, i)."""
        total = np.zeros(shape, np.float32)
        for axis, weight in enumerate(self.weights):
            if weight is not None:
                total[_ahead(axis)] += weight
                total[_behind(axis)] += weight
        return total

    def spread(self, scores: Scores) -> Scores:
        """Each voxel's neighbours, weighted by its links and summed, (k, j, i)."""
        total = np.zeros_like(scores)
        for axis, weight in enumerate(self.weights):
            if weight is not None:
                total[_ahead(axis)] += weight * scores[_behind(axis)]
                total[_behind(axis)] += weight * scores[_ahead(axis)]
        return total


def solve(
    evidence: Scores, links: Links, coupling: float, fixed: NDArray[np.bool_], values: Scores, steps: int
) -> Scores:
    """Scores z that minimise ∑ (z - evidence)² + coupling ∑ links (z - neighbour)², with z = values where ``fixed``.

    Grady's random walker with priors (CVPR 2005) on scores above and below 0 instead of on probabilities: a stroke
    reaches about sqrt(coupling) voxels where there are no edges, so its influence is local. Solved by conjugate
    gradients with the diagonal as preconditioner; ``steps`` of them are enough when they are a few times
    sqrt(coupling).

    Parameters
    ----------
    evidence, values : float32 (k, j, i)
    fixed : bool (k, j, i)
    """
    free = ~fixed
    diagonal = 1 + coupling * links.degrees(evidence.shape)
    scores = np.where(fixed, values, evidence)
    residual = (evidence - diagonal * scores + coupling * links.spread(scores)) * free
    ready = residual / diagonal
    direction, product = ready.copy(), float(np.vdot(residual, ready))
    enough = 1e-5 * max(product, 1e-12)
    for _step in range(steps):
        if product <= enough:
            break
        turned = (diagonal * direction - coupling * links.spread(direction)) * free
        length = np.float32(product / float(np.vdot(direction, turned)))
        scores += length * direction
        residual -= length * turned
        ready = residual / diagonal
        new = float(np.vdot(residual, ready))
        direction = ready + np.float32(new / product) * direction
        product = new
    return scores


def _ahead(axis: int) -> tuple[slice, ...]:
    return tuple(slice(None, -1) if one == axis else slice(None) for one in range(3))


def _behind(axis: int) -> tuple[slice, ...]:
    return tuple(slice(1, None) if one == axis else slice(None) for one in range(3))
