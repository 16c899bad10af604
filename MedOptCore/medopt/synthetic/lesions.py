"""Made-up scans with round lesions whose boxes are known exactly, among vessels that are as bright."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from medopt.image import Box, Boxes, ClassLabel, Geometry, Image
from medopt.synthetic.field import SmoothField
from medopt.synthetic.structure import Structure

NODULE, RING = 1, 2
LESIONS = (
    Structure(NODULE, "Nodule", "#d55e00", ""),
    Structure(RING, "Ring", "#0072b2", ""),
)
"""Solid balls and hollow ones, as bright; values of boxes, and of classes where an image may show several."""

FINDINGS = (
    Structure(1, "Normal", "#009e73", ""),
    Structure(2, "Nodule", "#d55e00", ""),
    Structure(3, "Ring", "#0072b2", ""),
)
"""Classes of whole images that show one kind of lesion or none."""

REACH = 27.0
"""mm from the middle within which lesions lie whole."""
WALL = 0.45
"""Thickness of a ring's wall as a share of its radius."""
TISSUE, BRIGHT = 0.45, 0.8
"""Signal of the tissue, and of lesions and vessels."""


@dataclass(frozen=True)
class Lesion:
    """A ball: LPS mm of its middle, mm of its radius, NODULE or RING."""

    center: tuple[float, float, float]
    radius: float
    kind: int


@dataclass(frozen=True, eq=False)
class LesionCase:
    """A scan, (1, k, j, i) int16, its lesions, and the same as boxes on the scan's axes."""

    image: Image
    lesions: tuple[Lesion, ...]
    boxes: Boxes

    @property
    def classes(self) -> ClassLabel:
        """The kinds that are present; none for a scan without a lesion."""
        return ClassLabel(tuple(self.boxes.values()))

    @property
    def finding(self) -> ClassLabel:
        """The one of ``FINDINGS`` that the scan shows; for scans with at most one kind."""
        kinds = self.boxes.values()
        return ClassLabel((1 if not kinds else kinds[0] + 1,))


def make_lesions(
    seed: int, *, flat: bool = False, scan: int = 1, most: int = 3, kinds: tuple[int, ...] = (NODULE, RING)
) -> LesionCase:
    """A made-up scan with up to ``most`` lesions of each of ``kinds``, and their boxes.

    Parameters
    ----------
    seed : the subject; the same seed is the same anatomy
    flat : one slice of about 64 × 64 mm instead of a volume of that side; lesions then lie on the slice
    scan : which scan of that subject: another grid, shading, noise and scale of the same anatomy
    most : lesions of a kind, drawn from 0 to this number

    Boxes touch the balls and run along the grid's axes, in a slice with its thickness. The same arguments always give
    the same voxels.
    """
    lesions = draw_lesions(np.random.default_rng([seed, 1]), flat=flat, most=most, kinds=kinds)
    rng = np.random.default_rng([seed, 2, scan])
    geometry = _grid(rng, flat)
    points = geometry.index_to_lps(np.indices(geometry.shape).reshape(3, -1).T)
    anatomy = np.random.default_rng([seed, 3])
    signal = TISSUE + 0.09 * SmoothField(anatomy, 5.0)(points) + 0.03 * SmoothField(anatomy, 1.6)(points)
    vessels = _vessels(anatomy, points, flat)
    edge = 0.5 * float(min(geometry.spacing[1:]))
    for distance in (vessels, *(_distance(lesion, points) for lesion in lesions)):
        share = 1 / (1 + np.exp(np.clip(distance / (0.4 * edge), -30, 30)))
        signal += share * (BRIGHT - signal)
    shading = np.exp(0.12 * SmoothField(rng, 30.0)(points))
    noisy = signal * shading + rng.uniform(0.03, 0.05) * rng.standard_normal(len(points))
    scale = float(np.exp(rng.uniform(np.log(300), np.log(1500))))
    values = np.rint(scale * np.clip(noisy, 0, None)).astype(np.int16).reshape((1, *geometry.shape))
    return LesionCase(Image(values, geometry), lesions, _boxes(lesions, geometry, flat))


def draw_lesions(rng: np.random.Generator, *, flat: bool, most: int, kinds: tuple[int, ...]) -> tuple[Lesion, ...]:
    """Lesions of 3.5 to 7.5 mm radius that do not touch; fewer than drawn where there is no more room."""
    wanted = [kind for kind in kinds for _ in range(int(rng.integers(0, most + 1)))]
    found: list[Lesion] = []
    for kind in wanted:
        for _ in range(50):
            radius = float(rng.uniform(3.5, 7.5))
            direction = rng.normal(size=3) * (1.0, 1.0, 0.0 if flat else 1.0)
            length = (REACH - radius) * rng.random() ** (0.5 if flat else 1 / 3)
            x, y, z = (float(v) for v in direction / np.linalg.norm(direction) * length)
            apart = [np.linalg.norm(np.subtract((x, y, z), one.center)) - one.radius - radius for one in found]
            if min(apart, default=np.inf) > 2.0:
                found.append(Lesion((x, y, z), radius, kind))
                break
    return tuple(found)


def _grid(rng: np.random.Generator, flat: bool) -> Geometry:
    """A slice of about 64 mm, or an oblique volume that holds the ball of ``REACH``."""
    pixel = float(rng.uniform(0.8, 1.1))
    spacing = (4.0 if flat else float(rng.uniform(1.6, 2.4)), pixel, pixel)
    side = round(64 / pixel)
    shape = (1 if flat else round(60 / spacing[0]), side, side)
    direction = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    if not flat:
        direction = Rotation.from_rotvec(np.deg2rad(rng.normal(0, 6, 3))).as_matrix() @ direction
    shift = rng.uniform(-1, 1, 3) * (0.0 if flat else 1.0, 1.0, 1.0)
    origin = -(direction * spacing) @ ((np.asarray(shape) - 1) / 2 + shift)
    rows = tuple(tuple(float(x) for x in row) for row in direction)
    return Geometry(shape, spacing, tuple(origin), rows)  # type: ignore[arg-type]


def _distance(lesion: Lesion, points: NDArray) -> NDArray:
    """mm from the surface of a lesion, negative inside: of a ring, within its wall."""
    far = np.linalg.norm(points - np.asarray(lesion.center), axis=1)
    outside = far - lesion.radius
    if lesion.kind == RING:
        return np.maximum(outside, (1 - WALL) * lesion.radius - far)
    return outside


def _vessels(rng: np.random.Generator, points: NDArray, flat: bool) -> NDArray:
    """mm from the nearest of a few straight bright tubes, negative inside: what no threshold tells from a lesion."""
    nearest = np.full(len(points), np.inf)
    for _ in range(4 if flat else 7):
        along = rng.normal(size=3) * (1.0, 1.0, 0.0 if flat else 1.0)
        along /= np.linalg.norm(along)
        start = rng.uniform(-25, 25, 3) * (1.0, 1.0, 0.0 if flat else 1.0)
        offset = points - start
        offset -= np.outer(offset @ along, along)
        nearest = np.minimum(nearest, np.linalg.norm(offset, axis=1) - rng.uniform(0.9, 1.6))
    return nearest


def _boxes(lesions: tuple[Lesion, ...], geometry: Geometry, flat: bool) -> Boxes:
    boxes = []
    for lesion in lesions:
        side = 2 * lesion.radius
        size = (geometry.spacing[0] if flat else side, side, side)
        boxes.append(Box(lesion.center, size, lesion.kind, geometry.direction))
    return Boxes(tuple(boxes))
