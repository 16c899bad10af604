"""The image file formats that MedOpt knows; a new one is one file and one line here."""

from __future__ import annotations

from pathlib import Path

from medopt.errors import MedOptError
from medopt.io.dicom_headers import looks_like_dicom
from medopt.io.dicom_series import DICOM
from medopt.io.format import Format
from medopt.io.metaimage import METAIMAGE, METAIMAGE_HEADER
from medopt.io.nifti import NIFTI
from medopt.io.nrrd import NHDR, NRRD
from medopt.io.payload import open_file
from medopt.io.pictures import PICTURES
from medopt.io.segmentations import SEG_NRRD

FORMATS: tuple[Format, ...] = (
    SEG_NRRD,
    NRRD,
    NHDR,
    NIFTI,
    METAIMAGE,
    METAIMAGE_HEADER,
    PICTURES,
    DICOM,
)
"""Asked in this order by suffix, so a longer ending stands before the one that it contains."""


def format_of(path: Path) -> Format:
    """The format of a file: by its suffix, whatever the case; a folder is one DICOM series, and so is a file
    of another name that begins as DICOM.

    Raises MedOptError when the file is missing or of no known format.
    """
    if path.is_dir():
        return DICOM
    known = by_suffix(path)
    if known is not None:
        return known
    with open_file(path) as stream:
        head = stream.read(132)
    if looks_like_dicom(head):
        return DICOM
    raise MedOptError(
        "unknown file format",
        where=path,
        expected=f"a DICOM file or one of {', '.join(suffixes())}",
        found="other data" if len(head) == 132 else f"{len(head)} bytes",
    )


def by_suffix(path: Path) -> Format | None:
    """The format whose suffix the name ends with, or None."""
    name = path.name.lower()
    for one in FORMATS:
        if name.endswith(one.suffixes):
            return one
    return None


def suffixes() -> tuple[str, ...]:
    """All suffixes that can be read, longest first where one ends another."""
    return tuple(suffix for one in FORMATS for suffix in one.suffixes)
