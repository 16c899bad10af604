"""Boxes as a heat map of their centres, with size and offset at each centre's cell; numpy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from medopt.errors import MedOptError

SHIFTED_IOU = 0.3
"""A box of the right size whose centre is anywhere under the Gaussian overlaps the right one at least so much."""
FIRST_LOGIT = -2.197
"""What the bias of the heat's outputs should start from: a fresh network then says 0.1 everywhere, and its loss is not
that of a sea of false centres (Lin et al., "Focal loss for dense object detection", ICCV 2017, section 3.3)."""
SMALLEST = 0.01
"""Voxels along an axis that a box is taken to have at least."""


def encode_boxes(
    boxes: ArrayLike, shape: Sequence[int], stride: Sequence[int], classes: int, dims: int
) -> dict[str, NDArray]:
    """What a network should say of a patch (Zhou et al., "Objects as points", 2019), for any number of axes.

    Voxel centres are whole numbers; cell c of stride s covers the voxels [c s - 0.5, (c + 1) s - 0.5).

    Parameters
    ----------
    boxes : (n, 7) class index from 0, lower (k, j, i) and upper (k, j, i) in patch indices
    shape : voxels (k, j, i) of the patch, each a multiple of the stride
    stride : voxels (k, j, i) that a cell covers
    classes : number of classes
    dims : 3, or 2 for a patch of one slice (k = 0), which has the boxes that its plane of voxel centres meets

    Returns arrays with axes (k, j, i) of cells, in 2D (j, i):

    - ``heat`` (classes, *cells) float32: 1 at the cell of each centre, around it a Gaussian that stays below 1; where
      several meet, the largest counts
    - ``sizes`` (dims, *cells) float32: at centres the natural logarithm of the box's sizes in voxels, else 0
    - ``offsets`` (dims, *cells) float32: at centres how far the box's centre lies from the middle of the cell, in
      cells, from -0.5 to 0.5; else 0
    - ``centers`` (*cells) bool: cells with a centre

    Where several boxes have their centre in one cell, the smallest gives size and offset. A box that the patch cuts
    keeps its whole size when its centre is inside; when it is outside, the box gives no centre and only what its
    Gaussian spills into the patch, so the target of a patch is that of the image, cut. No boxes give zeros.

    Raises MedOptError when the shape is no multiple of the stride.
    """
    if any(n % s for n, s in zip(shape, stride, strict=True)):
        raise MedOptError(
            "the patch does not divide into cells", expected=f"multiples of {tuple(stride)}", found=str(tuple(shape))
        )
    cells = tuple(n // s for n, s in zip(shape[-dims:], stride[-dims:], strict=True))
    result: dict[str, NDArray] = {
        "heat": np.zeros((classes, *cells), np.float32),
        "sizes": np.zeros((dims, *cells), np.float32),
        "offsets": np.zeros((dims, *cells), np.float32),
        "centers": np.zeros(cells, bool),
    }
    given = np.asarray(boxes, float).reshape(-1, 7)
    if dims == 2:
        given = given[(given[:, 1] <= 0) & (given[:, 4] >= 0)]
    size = np.maximum(given[:, 7 - dims :] - given[:, 4 - dims : 4], SMALLEST)
    smallest_last = np.argsort(-size.prod(axis=1), kind="stable")
    given, size = given[smallest_last], size[smallest_last]
    place = (given[:, 7 - dims :] + given[:, 4 - dims : 4] + 1) / 2 / stride[-dims:]
    cell = np.floor(place).astype(int)
    offset, log_size = place - cell - 0.5, np.log(size)
    radius = shift_radius(size) / stride[-dims:]
    inside = ((cell >= 0) & (cell < cells)).all(axis=1)
    for n, index in enumerate(given[:, 0].astype(int)):
        _raise(result["heat"][index], cell[n], radius[n])
        if inside[n]:
            at = (slice(None), *cell[n])
            result["sizes"][at], result["offsets"][at] = log_size[n], offset[n]
            result["centers"][at[1:]] = True
    return result


def shift_radius(sizes: ArrayLike, overlap: float = SHIFTED_IOU) -> NDArray[np.float64]:
    """How far a box of ``sizes`` (…, axes) may move along every axis at once and keep an IoU of ``overlap``.

    A box moved by d_a along each axis a of sizes w_a shares the part q = ∏ (1 - d_a / w_a) of its volume with where
    it was, so that its IoU is q / (2 - q), which is at least t when q is at least 2t / (1 + t). Moving by the same part
    of its size along each of m axes gives d_a = w_a (1 - (2t / (1 + t)) ** (1 / m)). This is the rule of Law & Deng
    (CornerNet, ECCV 2018) for a box of known size, in any number of axes and with a radius for each of them.
    """
    w = np.asarray(sizes, float)
    return w * (1 - (2 * overlap / (1 + overlap)) ** (1 / w.shape[-1]))


def _raise(heat: NDArray[np.float32], cell: NDArray[np.int_], radius: NDArray[np.float64]) -> None:
    """Lift ``heat`` (*cells) to a Gaussian around ``cell`` whose three standard deviations end half a cell after
    ``radius``."""
    slices, bump = [], np.ones((), np.float32)
    for middle, reach, n in zip(cell.tolist(), radius.tolist(), heat.shape, strict=True):
        first, last = max(middle - int(reach), 0), min(middle + int(reach) + 1, n)
        if first >= last:
            return
        apart = np.arange(first - middle, last - middle)
        bump = bump[..., None] * np.exp(-0.5 * (apart * (6 / (2 * reach + 1))) ** 2).astype(np.float32)
        slices.append(slice(first, last))
    here = heat[tuple(slices)]
    np.maximum(here, bump, out=here)
