"""Read and write images, whatever their format."""

from __future__ import annotations

from pathlib import Path

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.io.formats import FORMATS, by_suffix, format_of


def read_image(path: str | Path) -> Image:
    """The image of a file, or of a folder with one DICOM series.

    NRRD (.nrrd, .nhdr), NIfTI (.nii, .nii.gz), MetaImage (.mha, .mhd), PNG, JPEG, TIFF and DICOM.

    Returns
    -------
    Image of (channel, k, j, i), LPS mm. The stored dtype is kept in native byte order; a scale in the file is
    applied, and integers stay integers where that is exact. Vector voxels, colour and a fourth axis (time, echo)
    become channels; a 2D file gives k = 1.

    Raises MedOptError that names the file when it is missing, empty, truncated, damaged, of another type, or on
    a sheared grid.
    """
    path = Path(path)
    return format_of(path).read(path)


def read_geometry(path: str | Path) -> Geometry:
    """The grid of an image file from its header; the voxels are neither read nor checked.

    Raises MedOptError as ``read_image`` does for what a header can show.
    """
    path = Path(path)
    return format_of(path).read_geometry(path)


def write_image(image: Image, path: str | Path, *, compress: bool = True) -> None:
    """Write an image in the format of the suffix: .nrrd, .nii, .nii.gz or .mha; atomically.

    The dtype is kept (bool becomes uint8 and float16 float32, which hold the same values). Geometry is exact in
    NRRD and MetaImage; NIfTI-1 stores it in 32-bit numbers (relative error 6e-8). Several channels become
    vector voxels, in NIfTI a fourth axis. ``compress=False`` is faster and larger; .nii is never compressed.
    The same image always gives the same bytes.

    Raises MedOptError for another suffix, a full disk or a folder that cannot be written.
    """
    path = Path(path)
    known = by_suffix(path)
    if known is None or known.write is None:
        writable = [suffix for one in FORMATS if one.write for suffix in one.suffixes]
        raise MedOptError(
            "images cannot be written in this format",
            where=path,
            expected=f"a name that ends in {', '.join(writable)}",
            found="".join(path.suffixes[-2:]) or "no suffix",
            remedy="Segmentations (.seg.nrrd) have their own function, write_segmentation",
        )
    known.write(image, path, compress)
