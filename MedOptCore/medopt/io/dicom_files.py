"""Which DICOM series lie in a folder."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.io.dicom_headers import code, looks_like_dicom, number, numbers, read_header, text

TAGS = (
    "SOPClassUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber", "Modality", "Rows", "Columns",
    "ImagePositionPatient", "ImageOrientationPatient", "NumberOfFrames",
)  # fmt: skip
NOT_IMAGES = frozenset({"SEG", "SR", "RTSTRUCT", "RTPLAN", "PR", "KO", "REG", "AU", "ECG", "DOC"})
"""Modalities whose objects hold no image, or one of labels; they have readers of their own."""
DIRECTION_DIGITS = 3
"""Directions that agree to this many digits belong to one stack."""


@dataclass(frozen=True)
class DicomSeriesFiles:
    """The files of one series, or of one stack where a series holds several directions or sizes (localizers).

    Parameters
    ----------
    files : sorted along the slice normal, then by instance number
    modality : such as "CT"; "" when the files do not tell
    number : the series number, None when the files do not tell
    shape : (rows, columns) of every image
    frames : images in all files together
    """

    files: tuple[Path, ...]
    modality: str
    number: int | None
    shape: tuple[int, int]
    frames: int


@dataclass(frozen=True)
class _Entry:
    path: Path
    depth: float
    instance: float


def find_series(folder: str | Path, *, reporter: Reporter = Silence()) -> list[DicomSeriesFiles]:  # noqa: B008
    """Every image series in a folder and the folders below it, by series number.

    Files of any name are looked into; what is not DICOM, DICOMDIR, damaged files and objects without an image
    are passed over. An empty folder gives an empty list.

    Raises MedOptError when the folder is missing or not a folder.
    """
    groups: dict[tuple, list[_Entry]] = defaultdict(list)
    facts: dict[tuple, tuple[str, int | None, tuple[int, int]]] = {}
    frames: dict[tuple, int] = defaultdict(int)
    for path in track(reporter, "looking for DICOM series", _dicom_files(Path(folder)), unit="files"):
        try:
            header = read_header(path, TAGS)
        except MedOptError:
            continue
        rows, columns = number(header, "Rows"), number(header, "Columns")
        modality = code(header, "Modality")
        if not rows or not columns or modality in NOT_IMAGES:
            continue
        shape = (int(rows), int(columns))
        directions = numbers(header, "ImageOrientationPatient", 6)
        rounded = None if directions is None else tuple(round(x, DIRECTION_DIGITS) + 0.0 for x in directions)
        key = (text(header, "SeriesInstanceUID"), shape, rounded)
        series_number = number(header, "SeriesNumber")
        facts.setdefault(key, (modality, None if series_number is None else int(series_number), shape))
        frames[key] += max(1, int(number(header, "NumberOfFrames") or 1))
        position = numbers(header, "ImagePositionPatient", 3)
        depth = 0.0
        if directions is not None and position is not None:
            depth = float(np.cross(directions[:3], directions[3:]) @ position)
        groups[key].append(_Entry(path, depth, number(header, "InstanceNumber") or 0.0))
    result = []
    for key, entries in groups.items():
        ordered = sorted(entries, key=lambda e: (round(e.depth, 4), e.instance, str(e.path)))
        result.append(DicomSeriesFiles(tuple(e.path for e in ordered), *facts[key], frames[key]))
    return sorted(result, key=lambda s: (s.number is None, s.number or 0, str(s.files[0])))


def _dicom_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        problem = "not a folder" if folder.exists() else "the folder does not exist"
        raise MedOptError(problem, where=folder, remedy="Check the path")
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent) / name
            if name.upper() != "DICOMDIR" and _is_dicom(path):
                found.append(path)
    return found


def _is_dicom(path: Path) -> bool:
    try:
        with open(path, "rb") as stream:
            return looks_like_dicom(stream.read(132))
    except OSError:
        return False
