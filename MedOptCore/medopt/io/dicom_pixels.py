"""Pixels of DICOM objects as numbers: decoded, colour as RGB, the stored values not yet scaled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.io.dicom_headers import code, number, pydicom_quiet, reading_errors
from medopt.io.payload import COPY_AGAIN

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

UNKNOWN = "an unknown transfer syntax"
CODECS = "pylibjpeg, pylibjpeg-libjpeg and pylibjpeg-openjpeg"


def stored_pixels(dataset: Dataset, path: Path) -> NDArray:
    """(frame, channel, row, column) of an object; one channel for grey, three (red, green, blue) for colour.

    Raises MedOptError for an object without pixels, truncated or damaged ones, and codecs that are not installed.
    """
    if not any(keyword in dataset for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
        raise MedOptError(
            "no image in the DICOM file", where=path, expected="pixels", found=code(dataset, "Modality") or "none"
        )
    try:
        with pydicom_quiet():
            array = _decoded(dataset)
    except reading_errors() as error:
        syntax = _syntax_without_codec(dataset)
        if syntax:
            found = _by_simpleitk(dataset, path) if syntax != UNKNOWN else None
            if found is not None:
                return found
            raise MedOptError(
                "the pixels are compressed in a way that needs a codec", where=path,
                found=syntax, remedy=f"Install {CODECS}",
            ) from None  # fmt: skip
        raise MedOptError(
            "the pixels are truncated or damaged", where=path, found=type(error).__name__, remedy=COPY_AGAIN
        ) from None
    return _ordered(array, dataset)


def _decoded(dataset: Dataset) -> NDArray:
    from pydicom.pixels import apply_color_lut

    array = dataset.pixel_array
    if code(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        array = apply_color_lut(array, dataset)
        if array.dtype == np.uint16 and ((array & 0xFF == 0).all() or (array >> 8 == array & 0xFF).all()):
            array = (array >> 8).astype(np.uint8)  # tables of 16 bit often hold colours of 8
    return _only_stored_bits(array, dataset)


def _only_stored_bits(array: NDArray, dataset: Dataset) -> NDArray:
    """Bits above the stored ones cleared, or filled with the sign: old files keep overlays there."""
    bits = int(number(dataset, "BitsStored") or 0)
    if array.dtype.kind not in "iu" or not 0 < bits < 8 * array.dtype.itemsize or array.size == 0:
        return array
    if code(dataset, "PhotometricInterpretation") == "PALETTE COLOR":
        return array
    low, high = (0, 2**bits - 1) if array.dtype.kind == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if array.min() >= low and array.max() <= high:
        return array
    spare = 8 * array.dtype.itemsize - bits
    return np.right_shift(np.left_shift(array, spare), spare)


def _ordered(array: NDArray, dataset: Dataset) -> NDArray:
    colour = array.shape[-1] in (3, 4) and array.ndim >= 3 and is_colour(dataset)
    if not colour:
        return array.reshape((-1, 1, *array.shape[-2:]))
    array = array[..., :3].reshape((-1, *array.shape[-3:-1], 3))
    return np.moveaxis(array, -1, 1)


def is_colour(dataset: Dataset) -> bool:
    """Whether pixels are colours rather than grey."""
    return (number(dataset, "SamplesPerPixel") or 1) > 1 or (
        code(dataset, "PhotometricInterpretation") == "PALETTE COLOR"
    )


def _syntax_without_codec(dataset: Dataset) -> str:
    """The name of the transfer syntax that pydicom cannot decode here; "" when it can: then the file is at fault."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID_dictionary

    with pydicom_quiet():
        syntax = str(getattr(getattr(dataset, "file_meta", None), "TransferSyntaxUID", ""))
        if syntax not in UID_dictionary:
            return UNKNOWN
        try:
            return "" if get_decoder(syntax).is_available else UID_dictionary[syntax][0]
        except NotImplementedError:
            return UID_dictionary[syntax][0]


def _by_simpleitk(dataset: Dataset, path: Path) -> NDArray | None:
    """Stored values of a grey single-frame image by GDCM, which ships with SimpleITK and knows rarer codecs.

    GDCM hands out real values; slope and intercept are taken off again, which gives back whole numbers.
    None when GDCM cannot decode it either.
    """
    if number(dataset, "NumberOfFrames") not in (None, 1.0) or is_colour(dataset):
        return None
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(path))
    try:
        values = SimpleITK.GetArrayFromImage(reader.Execute()).astype(np.float64)
    except RuntimeError:
        return None
    slope, intercept = number(dataset, "RescaleSlope") or 1.0, number(dataset, "RescaleIntercept") or 0.0
    stored = np.rint((values - intercept) / slope)
    bits = 16 if number(dataset, "BitsAllocated") in (8.0, 16.0) else 32
    dtype = f"int{bits}" if number(dataset, "PixelRepresentation") else f"uint{bits}"
    return stored.astype(dtype).reshape((1, 1, *stored.shape[-2:]))
