"""Other ways to answer the strokes that MedOpt Assist gets, for the benchmarks.

    random walker       Grady 2006 in its plain form: the strokes are the seeds, nothing else is known
    grow from seeds     Slicer's "Grow from seeds" (the fast grow-cut of Zhu et al. 2014), as slicer-core has it

Both need seeds of the structure and of what is around it, as their users are told to give: the strokes, the present
mask without its outermost voxels, and what lies beyond a margin around the mask. Where nothing is known yet, the far
background is the border of the image.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import cg

from medopt.labelling.assist import Strokes
from medopt.labelling.simulated_annotator import Refine

Mask = NDArray[np.bool_]
Make = Callable[[NDArray, Sequence[float]], Refine]

INWARD, OUTWARD = 2.0, 4.0
"""Voxels of the finest axis: how deep in the mask voxels are seeds, and how far beyond it the surroundings are."""
BETA = 130.0
"""Grady's weight of edges, scikit-image's default."""


def seeds_for(current: Mask, strokes: Strokes, spacing: Sequence[float]) -> tuple[Mask, Mask]:
    """Voxels (k, j, i) that surely belong to the structure, and those that surely do not.

    A new stroke makes the part between it and the mask's border uncertain: beyond the mask where it adds, within it
    where it takes away.
    """
    finest = min(mm for mm, n in zip(spacing, current.shape, strict=True) if n > 1)
    inside, outside = np.zeros_like(current), np.zeros_like(current)
    if current.any():
        within = ndimage.distance_transform_edt(np.pad(current, 1, mode="edge"), sampling=spacing)[1:-1, 1:-1, 1:-1]
        beyond = ndimage.distance_transform_edt(~current, sampling=spacing)
        deep = _depth(within, strokes.negative)
        inside = (within > INWARD * finest) & (_distance(strokes.negative, current.shape, spacing) > deep)
        outside = beyond > OUTWARD * finest + _depth(beyond, strokes.positive)
    for axis in range(3):
        if current.shape[axis] > 1:
            for end in (0, -1):
                outside[tuple(end if one == axis else slice(None) for one in range(3))] = True
    outside &= ~current
    for mask, other, marked in ((inside, outside, strokes.positive), (outside, inside, strokes.negative)):
        mask[tuple(marked.T)] = True
        other[tuple(marked.T)] = False
    return inside, outside


def _depth(distance: NDArray[np.float64], voxels: NDArray[np.intp]) -> float:
    return float(distance[tuple(voxels.T)].max(initial=0.0))


def _distance(voxels: NDArray[np.intp], shape: tuple[int, ...], spacing: Sequence[float]) -> NDArray[np.float64]:
    """Of each voxel in mm to the nearest of some; endless when there are none."""
    if not len(voxels):
        return np.full(shape, np.inf)
    off = np.ones(shape, bool)
    off[tuple(voxels.T)] = False
    return ndimage.distance_transform_edt(off, sampling=spacing)


def random_walker(image: NDArray, spacing: Sequence[float]) -> Refine:
    """Grady's random walker, by conjugate gradients on a sparse Laplacian."""
    laplacian = _laplacian(_channels(image).astype(np.float64), spacing)

    def refine(_value: int, current: Mask, strokes: Strokes) -> Mask:
        inside, outside = (one.ravel() for one in seeds_for(current, strokes, spacing))
        free = ~(inside | outside)
        result = inside.copy()
        if free.any() and inside.any():
            right = -laplacian[free][:, inside] @ np.ones(np.count_nonzero(inside))
            system = laplacian[free][:, free]
            answer, _ = cg(system, right, rtol=1e-4, maxiter=2000, M=sparse.diags(1 / system.diagonal()))
            result[free] = answer > 0.5
        return result.reshape(current.shape)

    return refine


def _laplacian(image: NDArray[np.float64], spacing: Sequence[float]) -> sparse.csr_matrix:
    """The weighted graph's Laplacian of an image (channel, k, j, i), with scikit-image's scale of differences."""
    shape = image.shape[1:]
    number = np.arange(np.prod(shape)).reshape(shape)
    scale = max(float(image.std()), 1e-12)
    heads, tails, weights = [], [], []
    for axis in range(3):
        if shape[axis] > 1:
            squared = (np.diff(image, axis=axis + 1) ** 2).sum(axis=0) / spacing[axis] ** 2
            weights.append(np.exp(-BETA * squared / (10 * scale**2 * len(image))).ravel() + 1e-10)
            heads.append(number.take(range(shape[axis] - 1), axis).ravel())
            tails.append(number.take(range(1, shape[axis]), axis).ravel())
    head, tail, weight = (np.concatenate(one) for one in (heads, tails, weights))
    count = number.size
    links = sparse.coo_matrix((weight, (head, tail)), (count, count)).tocsr()
    links = links + links.T
    return sparse.diags(np.asarray(links.sum(axis=1)).ravel()).tocsr() - links


def grow_from_seeds(image: NDArray, spacing: Sequence[float]) -> Refine:
    """Slicer's vtkImageGrowCutSegment on the mean of the channels.

    It takes no notice of the outermost voxels of an image, so each array gets another layer of them, equal to the last.
    """
    import slicer
    from vtk.util.numpy_support import vtk_to_numpy

    volume = _volume(_channels(image).mean(axis=0, dtype=np.float32), spacing)

    def refine(_value: int, current: Mask, strokes: Strokes) -> Mask:
        inside, outside = seeds_for(current, strokes, spacing)
        if not inside.any():
            return inside
        growing = slicer.vtkImageGrowCutSegment()  # a new one: it would else go on from its last answer
        growing.SetIntensityVolume(volume)
        growing.SetSeedLabelVolume(_volume(np.where(inside, 1, np.where(outside, 2, 0)).astype(np.int16), spacing))
        growing.Update()
        values = vtk_to_numpy(growing.GetOutput().GetPointData().GetScalars())
        return values.reshape([n + 2 for n in current.shape])[1:-1, 1:-1, 1:-1] == 1

    return refine


def _volume(array: NDArray, spacing: Sequence[float]) -> object:
    """With one more layer of voxels all around."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    array = np.pad(array, 1, mode="edge")
    volume = vtk.vtkImageData()
    volume.SetDimensions(*array.shape[::-1])
    volume.SetSpacing(*(float(mm) for mm in spacing[::-1]))
    volume.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).ravel(), deep=True))
    return volume


def _channels(image: NDArray) -> NDArray:
    return image if image.ndim == 4 else image[np.newaxis]


PEERS: dict[str, Make] = {"random walker": random_walker, "grow from seeds": grow_from_seeds}
"""By name, what makes an answering function of an image (channel, k, j, i) or (k, j, i) and its spacing in mm."""
