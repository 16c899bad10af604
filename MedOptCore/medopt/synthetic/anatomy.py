"""A made-up medial temporal lobe: what lies at a point, as signal and as structure.

Coordinates are millimetres around the middle of the hippocampus: x to lateral, y to posterior, z to superior.
The shapes are drawn from the general look of T1-weighted MR (bright white matter, grey cortex, dark fluid) and
from no person's scan. The hippocampus is a curved tapering tube with a hook at its head; it has nearly the signal
of the grey matter that touches it (amygdala, parahippocampal cortex), so that no threshold separates it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from medopt.synthetic.field import SmoothField, smooth_displacement

FLUID, BONE, GREY, DEEP_GREY, STEM, WHITE = 0.16, 0.06, 0.53, 0.62, 0.74, 0.86
"""Signal of the tissues, before the scanner's part."""

ANTERIOR, POSTERIOR = 1, 2
"""Label values of the two parts of the hippocampus."""

_AXIS = CubicSpline(
    [0.0, 0.2, 0.45, 0.7, 0.88, 1.0],
    [(-3, -17, -3), (0, -10, -3.5), (2, -1, -2), (1, 9, 1.5), (-3, 16, 5.5), (-7, 20, 8)],
)
_HALF_WIDTH = CubicSpline([0.0, 0.12, 0.32, 0.5, 0.8, 1.0], [5.6, 7.6, 7.5, 6.4, 5.8, 4.8])
_HALF_HEIGHT = CubicSpline([0.0, 0.12, 0.32, 0.5, 0.8, 1.0], [4.6, 5.9, 5.6, 5.1, 4.9, 4.3])


@dataclass(frozen=True)
class Anatomy:
    """The temporal lobe of one made-up subject; everything follows from ``seed``.

    Two calls with the same points give the same values, whatever the grid from which the points come, so a second
    scan of a subject shows the same anatomy.
    """

    seed: int

    @cached_property
    def _traits(self) -> dict[str, float]:
        rng = np.random.default_rng([self.seed, 1])
        size = rng.uniform(-1, 1)
        return {
            "size": 1.07 + 0.08 * size,
            "horn": 1.5 - 0.7 * size + rng.uniform(-0.3, 0.3),  # a small hippocampus leaves a wide ventricle
            "split": 0.40 + rng.uniform(-0.035, 0.035),
            "slim": rng.uniform(0.92, 1.08),
            "amygdala": rng.uniform(0.9, 1.15),
            "contrast": rng.uniform(-0.025, 0.025),
        }

    def mirrored(self) -> bool:
        """True where lateral is to the right of the patient."""
        return self.seed % 2 == 1

    def sample(self, points: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """What lies at points (n, 3) in mm (lateral, posterior, superior): signal, share of hippocampus, part.

        Returns signal (n,) float32 from 0 to about 1; share (n,) float32 in 0…1, above one half inside the
        hippocampus; part (n,) uint8, ANTERIOR or POSTERIOR, meaningful inside the hippocampus alone.
        """
        traits = self._traits
        rng = np.random.default_rng([self.seed, 2])
        tilt = Rotation.from_rotvec(np.deg2rad(rng.normal(0, 6, 3)))
        stretch = traits["size"] * rng.uniform(0.94, 1.06, 3)
        place = tilt.apply(points, inverse=True) / stretch
        place = place + smooth_displacement(rng, place, size=1.3, smoothness=10.0)
        folds, fine, rough = SmoothField(rng, 2.9), SmoothField(rng, 1.6), SmoothField(rng, 2.6)

        fold, ripple = folds(place), rough(place)
        signal = self._cortex(place, fold)
        signal = _paint(signal, _midbrain(place, grow=5.5), FLUID, 0.6)
        signal = _paint(signal, _midbrain(place, grow=0.0) + 0.4 * ripple, STEM, 0.6)
        signal = _paint(signal, _ellipsoid(place, (-13, 9, 25), (13, 16, 10)) + 0.8 * ripple, DEEP_GREY, 0.7)
        signal = self._parahippocampal(signal, place, ripple)
        amygdala = _ellipsoid(place, (-3, -21, 7), (8 * traits["amygdala"], 8, 7 * traits["amygdala"]))
        signal = _paint(signal, amygdala + 0.6 * ripple, GREY + 0.02, 0.5)
        depth, along, angle = self._hippocampus(place, ripple)
        signal = self._around(signal, depth, along, angle)
        tail = np.clip((along - traits["split"]) / 0.12 + 0.5, 0, 1)
        signal = _paint(signal, depth, GREY - 0.02 + traits["contrast"] + 0.11 * tail, 0.35)
        signal *= 1.0 + 0.035 * fine(place)
        part = np.where(along < traits["split"], ANTERIOR, POSTERIOR).astype(np.uint8)
        return signal.astype(np.float32), _inside(depth, 0.25).astype(np.float32), part

    def _cortex(self, place: NDArray, fold: NDArray) -> NDArray:
        """White matter with a folded grey ribbon and fluid in the folds, more of both towards the outside."""
        x, _, z = place.T
        outward = np.maximum.reduce([(x - 15) / 9, (-15 - z) / 8, np.full_like(x, -1.0)])
        height = fold + 0.3 - 0.7 * np.maximum(outward, -0.7)
        signal = np.full_like(fold, WHITE)
        signal = _paint(signal, 2.2 * (height - 0.35), GREY, 0.45)
        signal = _paint(signal, 2.2 * (height + 0.95), FLUID, 0.45)
        skull = np.maximum(x - 27, -25 - z) + fold
        signal = _paint(signal, -skull, FLUID, 0.6)
        return _paint(signal, 2.0 - skull, BONE, 0.6)

    def _parahippocampal(self, signal: NDArray, place: NDArray, ripple: NDArray) -> NDArray:
        """The gyrus below and medial of the hippocampus: white core, grey bark, fluid beside it."""
        x, y, z = place.T
        centre_x, centre_z = -6.0 - 0.05 * y, -11.5 + 0.12 * np.maximum(y, 0)
        radius = np.hypot((x - centre_x) / 1.25, z - centre_z) + 0.7 * ripple
        signal = _paint(signal, np.maximum(radius - 9.0, x + 9.0), FLUID, 0.5)
        signal = _paint(signal, radius - 7.4, GREY, 0.5)
        return _paint(signal, radius - 4.0, WHITE, 0.5)

    def _hippocampus(self, place: NDArray, ripple: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Signed distance (mm, below 0 inside), position along the axis (0 head, 1 tail), direction seen from it."""
        steps = np.linspace(0.0, 1.0, 120)
        axis = _AXIS(steps)
        _, nearest = cKDTree(axis).query(place)
        along = steps[nearest]
        offset = place - axis[nearest]
        tangent = _AXIS(along, 1)
        tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
        forward = np.einsum("na,na->n", offset, tangent)
        side = offset[:, 0] - forward * tangent[:, 0]
        up = offset[:, 2] - forward * tangent[:, 2]
        across = offset[:, 1] - forward * tangent[:, 1]
        wide, high = _HALF_WIDTH(along) * self._traits["slim"], _HALF_HEIGHT(along) / self._traits["slim"]
        ratio = np.sqrt((side / wide) ** 2 + (up / high) ** 2 + ((across**2 + forward**2) / (wide * high)))
        tube = (ratio - 1.0) * np.sqrt(wide * high)
        hook = _ellipsoid(place, (-7.5, -11.5, 0.5), (4.2, 5.5, 4.0))
        return _smooth_minimum(tube, hook, 1.2) + 0.15 * ripple, along, np.arctan2(up, side)

    def _around(self, signal: NDArray, depth: NDArray, along: NDArray, angle: NDArray) -> NDArray:
        """The fluid of the temporal horn above and lateral of the hippocampus, and the thin bright sheet between."""
        facing = np.clip(1.3 - np.abs(angle - 0.9) / 1.1, 0, 1) * np.clip((along - 0.02) / 0.1, 0, 1)
        gap = self._traits["horn"] * facing * (1.0 + 0.5 * (along < 0.3))
        signal = _paint(signal, depth - 0.5 - gap, FLUID, 0.35, where=gap > 0.15)
        sheet = np.clip(0.85 + 0.75 * np.cos(angle - 1.0), 0, 1)  # open towards the parahippocampal gyrus only
        return _paint(signal, depth - 1.2 * sheet, WHITE, 0.3, where=sheet > 0.1)


def _paint(
    signal: NDArray, distance: NDArray, value: float | NDArray, softness: float, where: NDArray | None = None
) -> NDArray:
    """Lay ``value`` over ``signal`` where the signed distance (mm) is below 0, with an edge ``softness`` mm soft."""
    share = _inside(distance, softness)
    if where is not None:
        share = share * where
    return signal + share * (value - signal)


def _inside(distance: NDArray, softness: float) -> NDArray:
    return 1.0 / (1.0 + np.exp(np.clip(distance / softness, -30, 30)))


def _ellipsoid(place: NDArray, centre: tuple[float, ...], radii: tuple[float, ...]) -> NDArray:
    """About the signed distance in mm to an ellipsoid."""
    return (np.linalg.norm((place - centre) / radii, axis=1) - 1.0) * float(np.prod(radii) ** (1 / 3))


def _midbrain(place: NDArray, grow: float) -> NDArray:
    return _ellipsoid(place, (-30, 6, 2), (12 + grow, 15 + grow, 26 + grow))


def _smooth_minimum(a: NDArray, b: NDArray, softness: float) -> NDArray:
    """Union of two signed distances with a rounded seam."""
    blend = np.clip(0.5 + 0.5 * (b - a) / softness, 0, 1)
    return b + blend * (a - b) - softness * blend * (1 - blend)
