"""Frames in order and on one grid, or a clear word on why they are not a volume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.image import Geometry
from medopt.io.dicom_frames import Frame
from medopt.io.grids import SHEAR_TOLERANCE, geometry_from_columns

SAME_PLACE = 1e-3
"""mm; images nearer than this lie at one position."""
UNEVEN = 0.1
"""Slices farther than this part of a step from an even grid make the series uneven."""
NOTED = 0.01
"""Slices farther than this part of a step from an even grid are told of."""
SAME_DIRECTION = 1e-3


@dataclass(frozen=True)
class Stack:
    """Frames as a volume.

    Parameters
    ----------
    frames : frames[k][channel], k along the slice normal
    geometry : the even, straight grid; its shape counts the slices of the finished volume
    depths : mm of each entry of ``frames`` along the normal, counted from the first; None when they are even
    shifts : (row, column) in pixels by which each entry of ``frames`` is displaced (gantry tilt); None without tilt
    findings : what a user should know
    """

    frames: tuple[tuple[Frame, ...], ...]
    geometry: Geometry
    depths: tuple[float, ...] | None
    shifts: tuple[tuple[float, float], ...] | None
    findings: tuple[str, ...]


def stack(frames: list[Frame], size: tuple[int, int], where: Path, *, allow_uneven: bool) -> Stack:
    """Sort frames along their normal and find their grid.

    Parameters
    ----------
    frames : of one series, in any order
    size : (rows, columns) of each
    allow_uneven : take missing slices, uneven steps and gantry tilt, to be made good by interpolation

    Several images at each position (echoes, time points) become channels in the order of their instance numbers.

    Raises MedOptError for frames of different directions or spacings, positions with different numbers of
    images, and, without ``allow_uneven``, uneven steps or gantry tilt.
    """
    spacing, findings = _spacing(frames, where)
    if any(f.position is None or f.orientation is None for f in frames):
        return _without_place(frames, size, spacing, findings, where)
    directions = np.array([f.orientation for f in frames])
    if np.abs(directions - directions[0]).max() > SAME_DIRECTION:
        raise MedOptError(
            "the images lie in different directions", where=where, expected="parallel slices",
            found=f"{len(np.unique(directions.round(2), axis=0))} directions in {len(frames)} images",
            remedy="Import the stacks of the series one by one",
        )  # fmt: skip
    along_row, along_column = directions[0][:3], directions[0][3:]
    normal = np.cross(along_row, along_column)
    rows = _by_position(frames, normal, where)
    if len(rows[0]) > 1:
        findings.append(f"{len(rows[0])} images at each position became channels")
    places = np.array([row[0].position for row in rows])
    depths = (places - places[0]) @ normal
    columns = np.column_stack([normal, along_column * spacing[0], along_row * spacing[1]])
    if len(rows) == 1:
        columns[:, 0] = normal * (rows[0][0].step or 1.0)
        geometry = geometry_from_columns((1, *size), columns, places[0], where)
        return Stack(tuple(rows), geometry, None, None, tuple(findings))
    step, gaps = _step(depths, places, normal, findings)
    travel = (places[-1] - places[0]) / np.linalg.norm(places[-1] - places[0])
    lean = float(np.linalg.norm(travel - normal * (travel @ normal)))
    tilted = lean > SHEAR_TOLERANCE
    if tilted:
        findings.append(f"gantry tilt of {np.degrees(np.arcsin(min(lean, 1.0))):.2f} degrees")
    if (gaps or tilted) and not allow_uneven:
        _refuse(gaps, findings, step, where)
    shifts = None
    if tilted:
        beside = places - places[0]
        shifts = tuple((float(b @ along_column) / spacing[0], float(b @ along_row) / spacing[1]) for b in beside)
    count = round(depths[-1] / step) + 1 if gaps else len(rows)
    columns[:, 0] = normal * step if gaps or tilted else (places[-1] - places[0]) / (count - 1)
    geometry = geometry_from_columns((count, *size), columns, places[0], where)
    return Stack(tuple(rows), geometry, tuple(float(d) for d in depths) if gaps else None, shifts, tuple(findings))


def _spacing(frames: list[Frame], where: Path) -> tuple[tuple[float, float], list[str]]:
    known = [f.spacing for f in frames if f.spacing is not None]
    if not known:
        return (1.0, 1.0), ["the pixel spacing is unknown; 1 mm was assumed"]
    values = np.array(known)
    if len(known) < len(frames) or np.abs(values / values[0] - 1).max() > SAME_DIRECTION:
        raise MedOptError(
            "the images have different pixel spacings", where=where, expected=f"{values[0][0]:g} × {values[0][1]:g} mm",
            found=f"up to {values.max():g} mm" if len(known) == len(frames) else "images without a spacing",
        )  # fmt: skip
    return known[0], []


def _without_place(
    frames: list[Frame], size: tuple[int, int], spacing: tuple[float, float], findings: list[str], where: Path
) -> Stack:
    if len({f.file for f in frames}) > 1:
        raise MedOptError(
            "the images do not say where they lie", where=where, expected="a position and directions in each file",
            found=f"none in some of {len(frames)} images", remedy="Import each image as a case of its own",
        )  # fmt: skip
    if len(frames) > 1:
        findings.append(f"the {len(frames)} frames do not say where they lie; they were stacked in stored order")
    geometry = Geometry((len(frames), *size), (frames[0].step or 1.0, *spacing))
    return Stack(tuple((f,) for f in frames), geometry, None, None, tuple(findings))


def _by_position(frames: list[Frame], normal: NDArray, where: Path) -> list[tuple[Frame, ...]]:
    """Frames grouped by position, in order along the normal; within a group by instance and frame number."""
    places = np.array([f.position for f in frames], float)
    depths = places @ normal
    order = np.argsort(depths, kind="stable")
    rows: list[list[int]] = []
    for number in order:
        if rows and depths[number] - depths[rows[-1][-1]] <= SAME_PLACE:
            rows[-1].append(int(number))
        else:
            rows.append([int(number)])
    for row in rows:
        if np.linalg.norm(places[row] - places[row[0]], axis=1).max() > SAME_PLACE:
            raise MedOptError(
                "images lie beside each other", where=where, expected="one stack of slices",
                found=f"{len(row)} images in one plane, apart from each other",
            )  # fmt: skip
    counts = sorted({len(row) for row in rows})
    if len(counts) > 1:
        odd = next(row for row in rows if len(row) == counts[-1])
        raise MedOptError(
            "positions with different numbers of images", where=where, expected="as many images at every position",
            found=f"between {counts[0]} and {counts[-1]}; {counts[-1]} at {depths[odd[0]]:.2f} mm along the normal",
            remedy="Remove the duplicates, or import the acquisitions of the series one by one",
        )  # fmt: skip
    return [tuple(sorted((frames[n] for n in row), key=lambda f: (f.instance, f.file, f.index))) for row in rows]


def _step(depths: NDArray, places: NDArray, normal: NDArray, findings: list[str]) -> tuple[float, list[str]]:
    """mm from slice to slice and the gaps found; even slices have no gaps."""
    first = float(places[0] @ normal)
    mean = float(depths[-1] / (len(depths) - 1))
    off = np.abs(depths - mean * np.arange(len(depths))).max()
    if off <= UNEVEN * mean:
        if off > NOTED * mean:
            findings.append(f"slice positions are up to {off:.3g} mm off an even step of {mean:.4g} mm")
        return mean, []
    steps = np.diff(depths)
    usual = float(np.median(steps))
    gaps = []
    for number in np.flatnonzero(np.abs(steps - usual) > UNEVEN * usual):
        missing = round(steps[number] / usual) - 1
        what = f"{missing} missing" if missing > 0 and abs(steps[number] / usual - missing - 1) < UNEVEN else "uneven"
        ends = first + depths[number], first + depths[number + 1]
        gaps.append(f"{steps[number]:.4g} mm between the slices at {ends[0]:.2f} and {ends[1]:.2f} mm ({what})")
    gaps = gaps or [f"steps between {steps.min():.4g} and {steps.max():.4g} mm"]
    findings.extend(f"uneven slices: {gap}, {usual:.4g} mm elsewhere" for gap in gaps)
    return usual, gaps


def _refuse(gaps: list[str], findings: list[str], step: float, where: Path) -> None:
    remedy = "Complete the series, or allow uneven slices to have the volume interpolated"
    if gaps:
        more = f" and {len(gaps) - 1} more" if len(gaps) > 1 else ""
        raise MedOptError(
            "the slices are not evenly spaced", where=where, expected=f"{step:.4g} mm", found=gaps[0] + more,
            remedy=remedy,
        )  # fmt: skip
    raise MedOptError(
        "the slices are sheared", where=where, expected="slices straight above each other", found=findings[-1],
        remedy="Allow uneven slices to have the volume straightened by interpolation",
    )  # fmt: skip
