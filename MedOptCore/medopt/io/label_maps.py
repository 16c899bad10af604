"""Read and write label maps: one class value a voxel."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry, Image, LabelMap
from medopt.io.grids import place_on_grid
from medopt.io.images import read_image, write_image
from medopt.io.rescale import as_integers
from medopt.io.segmentations import SUFFIXES, read_segmentation


def read_label_map(path: str | Path) -> LabelMap:
    """The label map of a file.

    Any format of ``read_image`` with one channel of whole numbers; real numbers that are whole become the
    smallest integer type that holds them, and a colour picture whose three channels are equal counts as one.
    A ``.seg.nrrd`` is flattened by the label values of its segments.

    Returns
    -------
    LabelMap of (k, j, i); 0 is background.

    Raises MedOptError for several channels, values that are not whole, overlapping segments, and as ``read_image``.
    """
    path = Path(path)
    if path.name.lower().endswith(SUFFIXES):
        return read_segmentation(path).to_label_map(where=path)
    image = read_image(path)
    return LabelMap(_one_channel(image, path), image.geometry)


def fit_label_map(label: LabelMap, geometry: Geometry, *, where: str | Path | None = None) -> LabelMap:
    """The label map on the grid of its image, where the two differ by rounding, axis order, flips or cropping.

    Parameters
    ----------
    geometry : the image's grid, which the result carries exactly
    where : the file, for messages

    Raises MedOptError when voxels do not lie on those of the image (resampling is the user's decision), or when
    labelled voxels lie outside it.
    """
    return LabelMap(place_on_grid(label.array, label.geometry, geometry, where), geometry, label.unjudged)


def write_label_map(label: LabelMap, path: str | Path, *, compress: bool = True) -> None:
    """Write a label map with ``write_image``: .nrrd, .nii, .nii.gz or .mha."""
    write_image(Image(label.array[None], label.geometry), path, compress=compress)


def _one_channel(image: Image, path: Path) -> NDArray:
    array = image.array
    if image.channels == 3 and (array == array[:1]).all():
        array = array[:1]
    if array.shape[0] != 1:
        raise MedOptError("not a label map", where=path, expected="one channel", found=f"{array.shape[0]} channels")
    whole = as_integers(array[0])
    if whole is None:
        raise MedOptError(
            "not a label map", where=path, expected="whole numbers", found=f"{array.dtype} values between them",
            remedy="Give the labels, not a probability map; labels must be resampled with nearest neighbours",
        )  # fmt: skip
    return whole
