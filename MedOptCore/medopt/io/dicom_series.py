"""Read one DICOM series as an image in real values, with what a user should know about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.image import Geometry, Image
from medopt.io.dicom_facts import DicomFacts, read_facts
from medopt.io.dicom_files import NOT_IMAGES, DicomSeriesFiles, find_series
from medopt.io.dicom_frames import Frame, frames_of, projected
from medopt.io.dicom_headers import code, number, read_dataset, read_header, text
from medopt.io.dicom_mosaic import is_mosaic, mosaic_of
from medopt.io.dicom_pixels import is_colour, stored_pixels
from medopt.io.dicom_regular import regular
from medopt.io.dicom_stack import Stack, stack
from medopt.io.dicom_tables import looked_up
from medopt.io.dicom_windows import series_windows
from medopt.io.format import Format
from medopt.io.rescale import rescaled


@dataclass(frozen=True, eq=False)
class DicomSeries:
    """A series as an image.

    Parameters
    ----------
    image : (channel, k, j, i) in real values (Hounsfield units, …): integers where that is exact; k along the normal;
        with the display windows of the header
    modality : such as "MR"
    facts : what is kept of the header; nothing that identifies a person
    findings : what a user should know: interpolated gaps, gantry tilt, repeated images, unknown spacing …
    """

    image: Image
    modality: str
    facts: DicomFacts
    findings: tuple[str, ...]


def read_dicom_series(
    source: str | Path | Iterable[str | Path] | DicomSeriesFiles,
    *,
    allow_uneven: bool = False,
    reporter: Reporter = Silence(),  # noqa: B008
) -> DicomSeries:
    """Read a series: the files of one series in any order, one file (single or multi-frame), or a folder.

    Slices are sorted along their normal. Several images at each position (echoes, time points, magnitude and
    phase) become channels. Rescale slope and intercept are applied frame by frame, or the Modality LUT in their place.

    Parameters
    ----------
    allow_uneven : fill missing slices, even out uneven steps and straighten gantry tilt by linear
        interpolation, and say so in ``findings``; without it they are refused

    Raises MedOptError for missing, damaged and non-image files, a folder with no or several series, images
    that do not form one stack, and uneven or tilted slices.
    """
    files, where = _files(source, reporter)
    headers = [read_header(path) for path in files]
    findings: list[str] = []
    files, headers = _without_copies(files, headers, findings)
    size = _size(files, headers)
    frames = [frame for number_, header in enumerate(headers) for frame in frames_of(header, number_)]
    arranged = stack(frames, size, where, allow_uneven=allow_uneven)
    findings += arranged.findings
    facts = read_facts(headers[0])
    if facts.photometric == "MONOCHROME1":
        findings.append("MONOCHROME1: low values are shown bright; values were not inverted")
    if projected(headers[0]):
        findings.append("the pixel spacing is that on the detector, not in the patient")
    shown = series_windows(headers, arranged.frames)
    findings += shown.findings
    volume = _volume(arranged, files, reporter)
    volume, geometry = regular(volume, arranged)
    return DicomSeries(Image(volume, geometry, shown.windows), facts.modality, facts, tuple(findings))


def _files(source: str | Path | Iterable[str | Path] | DicomSeriesFiles, reporter: Reporter) -> tuple[list[Path], Path]:
    """The files, and the one path that messages name."""
    if isinstance(source, DicomSeriesFiles):
        return list(source.files), source.files[0].parent
    if not isinstance(source, (str, Path)):
        files = [Path(path) for path in source]
        if not files:
            raise MedOptError("no files given", expected="the files of a DICOM series")
        return files, files[0].parent
    path = Path(source)
    if not path.is_dir():
        return [path], path
    series = find_series(path, reporter=reporter)
    if not series:
        raise MedOptError("no DICOM images in the folder", where=path, remedy="Check the path")
    if len(series) > 1:
        kinds = ", ".join(f"{s.modality or '?'} of {s.frames}" for s in series[:8])
        raise MedOptError(
            "several DICOM series in the folder", where=path, expected="one", found=f"{len(series)} ({kinds} images)",
            remedy="Give the files of one series; find_series lists them",
        )  # fmt: skip
    return list(series[0].files), path


def _without_copies(files: list[Path], headers: list, findings: list[str]) -> tuple[list[Path], list]:
    """Every object once: a second file of one SOP instance is a copy."""
    seen: set[str] = set()
    kept = []
    for path, header in zip(files, headers, strict=True):
        identity = text(header, "SOPInstanceUID")
        if identity and identity in seen:
            continue
        seen.add(identity)
        kept.append((path, header))
    if len(kept) < len(files):
        findings.append(f"{len(files) - len(kept)} files repeat an image of the series and were left out")
    return [path for path, _ in kept], [header for _, header in kept]


def _size(files: list[Path], headers: list) -> tuple[int, int]:
    """(rows, columns), the same in all files."""
    sizes: dict[tuple[int, int], Path] = {}
    for path, header in zip(files, headers, strict=True):
        rows, columns = number(header, "Rows"), number(header, "Columns")
        modality = code(header, "Modality")
        if not rows or not columns or modality in NOT_IMAGES:
            raise MedOptError(
                "no image in the DICOM file", where=path, expected="pixels", found=modality or "no rows and columns"
            )
        mosaic = mosaic_of(header)
        if mosaic is None and is_mosaic(header):
            raise MedOptError(
                "a mosaic that does not tell its layout", where=path, expected="Siemens' private header",
                found="none", remedy="Convert the series with dcm2niix and import the NIfTI file",
            )  # fmt: skip
        sizes.setdefault((int(rows), int(columns)) if mosaic is None else mosaic.shape, path)
    if len(sizes) > 1:
        first, second = list(sizes)[:2]
        raise MedOptError(
            "images of different sizes", where=sizes[second], expected=f"{first[0]} × {first[1]} pixels",
            found=f"{second[0]} × {second[1]}",
        )  # fmt: skip
    return next(iter(sizes))


def _volume(arranged: Stack, files: list[Path], reporter: Reporter) -> NDArray:
    """(channel, k, j, i) in real values, slices as they were stored."""
    place = {(frame.file, frame.index): (k, c) for k, row in enumerate(arranged.frames) for c, frame in enumerate(row)}
    frames = [frame for row in arranged.frames for frame in row]
    scales = {(frame.slope, frame.intercept) for frame in frames}
    progress = Progress(reporter, "reading DICOM", len(files), unit="files")
    parts: dict[tuple[int, int], NDArray] = {}
    for file in sorted({frame.file for frame in frames}):
        dataset = read_dataset(files[file])
        pixels = stored_pixels(dataset, files[file])
        if not is_colour(dataset):
            pixels = looked_up(pixels, dataset, files[file])
        mosaic = mosaic_of(dataset)
        if mosaic is not None:
            pixels = mosaic.split(pixels)
        mine = [frame for frame in frames if frame.file == file]
        if len(pixels) < len(mine) or pixels.shape[-2:] != arranged.geometry.shape[1:]:
            raise MedOptError(
                "the pixels do not fit the header", where=files[file],
                expected=f"{len(mine)} frames of {arranged.geometry.shape[1:]}", found=str(pixels.shape),
            )  # fmt: skip
        for frame in mine:
            slice_ = pixels[frame.index]
            parts[place[frame.file, frame.index]] = slice_ if len(scales) == 1 else _real(slice_, frame)
        progress.advance()
    channels, colours = len(arranged.frames[0]), next(iter(parts.values())).shape[0]
    dtype = np.result_type(*{part.dtype for part in parts.values()})
    volume = np.empty((channels, colours, len(arranged.frames), *arranged.geometry.shape[1:]), dtype)
    for (k, c), part in parts.items():
        volume[c, :, k] = part
    volume = volume.reshape((channels * colours, *volume.shape[2:]))
    return _real(volume, frames[0]) if len(scales) == 1 else volume


def _real(array: NDArray, frame: Frame) -> NDArray:
    return rescaled(array, frame.slope, frame.intercept)


def _read(path: Path) -> Image:
    return read_dicom_series(path).image


def _read_geometry(path: Path) -> Geometry:
    files, where = _files(path, Silence())
    headers = [read_header(file) for file in files]
    files, headers = _without_copies(files, headers, [])
    frames = [frame for number_, header in enumerate(headers) for frame in frames_of(header, number_)]
    return stack(frames, _size(files, headers), where, allow_uneven=False).geometry


DICOM = Format("DICOM", (".dcm", ".ima"), _read, _read_geometry)
