"""One made-up scan with its label."""

from __future__ import annotations

import numpy as np

from medopt.image import Image, LabelMap
from medopt.synthetic.anatomy import POSTERIOR, Anatomy
from medopt.synthetic.scanner import average_slices, draw_scan, record, slice_points


def make_case(seed: int, *, scan: int = 1) -> tuple[Image, LabelMap]:
    """An MR-like volume of a hippocampus and its surroundings, and its label.

    Parameters
    ----------
    seed : the subject; the same seed is the same anatomy
    scan : which scan of that subject: another grid, direction, shading, noise and scale of the same anatomy

    Returns an image of one channel, (1, k, j, i) int16, about 40 × 54 × 40 voxels, and a label (k, j, i) uint8 on
    the same grid: 1 anterior and 2 posterior part of the hippocampus, 0 the rest. The same arguments always give
    the same voxels.
    """
    anatomy = Anatomy(seed)
    rng = np.random.default_rng([seed, 3, scan])
    side = -1.0 if anatomy.mirrored() else 1.0
    centre = np.array([side * 27.0, 20.0, -14.0]) + np.random.default_rng([seed, 4]).normal(0, 6, 3)
    setting = draw_scan(rng, centre)
    points = (slice_points(setting.geometry) - centre) * (side, 1.0, 1.0)
    signal, share, part = anatomy.sample(points)
    geometry = setting.geometry
    inside = average_slices(share, geometry) > 0.5
    posterior = average_slices(share * (part == POSTERIOR), geometry) > 0.5 * average_slices(share, geometry)
    label = (inside * (1 + posterior)).astype(np.uint8)
    image = record(average_slices(signal, geometry), setting, rng)
    return Image(image[None], geometry), LabelMap(label, geometry)
