"""Display windows of a series: every pair of centre and width, every VOI lookup table, frame by frame, then as one.

Source: DICOM PS3.3, VOI LUT module (C.11.2) and Frame VOI LUT functional groups (C.7.6.16.2.10).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from medopt.errors import MedOptError
from medopt.image import DisplayWindow, windows_of_channels
from medopt.image.display import Function, known_name
from medopt.io.dicom_frames import Frame, group_of
from medopt.io.dicom_headers import code, item, items, number, pydicom_quiet, reading_errors, text
from medopt.io.dicom_pixels import is_colour
from medopt.io.dicom_tables import LENGTH, modality_table, read_table

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

FORMULAS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
Windows = tuple[DisplayWindow, ...]
Range = tuple[float, float]


@dataclass(frozen=True)
class SeriesWindows:
    """The windows of a series, pairs before tables, each for all channels or for one; and what a user should know."""

    windows: Windows
    findings: tuple[str, ...]


def series_windows(headers: Sequence[Dataset], frames: Sequence[Sequence[Frame]]) -> SeriesWindows:
    """The windows of a series.

    Parameters
    ----------
    headers : of each file
    frames : frames[k][channel], as they are stacked

    Where slices differ, each window gets the medians of its centres and widths, and a finding tells it; of tables
    that differ the most frequent is taken. Windows that DICOM forbids (LINEAR narrower than 1, others not wider
    than 0), unknown functions and damaged tables are left out, with a finding. Colour images and dose have none.
    A MONOCHROME1 image without a window gets one over the range that it can store, inverted.
    """
    findings: list[str] = []
    of_file: dict[int, list[Frame]] = defaultdict(list)
    for frame in (frame for row in frames for frame in row):
        of_file[frame.file].append(frame)
    known: dict[tuple[int, int], Windows] = {}
    for file, mine in sorted(of_file.items()):
        known.update(_windows_of_file(headers[file], mine, findings))
    channels = len(frames[0])
    merged = []
    for channel in range(channels):
        parts = [known[row[channel].file, row[channel].index] for row in frames]
        merged.append(_merged(parts, f" of channel {channel + 1}" if channels > 1 else "", findings))
    return SeriesWindows(windows_of_channels(merged), tuple(dict.fromkeys(findings)))


def _windows_of_file(header: Dataset, frames: list[Frame], findings: list[str]) -> dict[tuple[int, int], Windows]:
    """The windows of each frame of a file, by (file, frame)."""
    if is_colour(header) or code(header, "Modality") == "RTDOSE":
        return {(frame.file, frame.index): () for frame in frames}
    shared = item(header, "SharedFunctionalGroupsSequence")
    groups = items(header, "PerFrameFunctionalGroupsSequence")
    ends = _stored_ends(header)
    inverted = code(header, "PhotometricInterpretation") == "MONOCHROME1"
    seen: dict[tuple[int, float, float], Windows] = {}
    result = {}
    for frame in frames:
        own = groups[frame.index] if frame.index < len(groups) else None
        group = group_of(header, own, shared, "FrameVOILUTSequence")
        key = (id(group), frame.slope, frame.intercept)
        if key not in seen:
            span = None if ends is None else _ordered([x * frame.slope + frame.intercept for x in ends])
            windows = [*_pairs(group, inverted, findings), *_tables(header, group, inverted, span, findings)]
            if inverted and not windows and span is not None:
                middle, width = (span[0] + span[1]) / 2, span[1] - span[0]
                windows = [DisplayWindow(middle, width, "LINEAR_EXACT", inverted=True)]
            seen[key] = tuple(windows)
        result[frame.file, frame.index] = seen[key]
    return result


def _stored_ends(header: Dataset) -> Range | None:
    """The lowest and highest value before slope and intercept; None for pixels that are real numbers."""
    table = modality_table(header)
    if table is not None:
        return float(table.entries.min()), float(table.entries.max())
    bits = int(number(header, "BitsStored") or number(header, "BitsAllocated") or 0)
    if not 0 < bits <= 32 or "FloatPixelData" in header or "DoubleFloatPixelData" in header:
        return None
    if number(header, "PixelRepresentation"):
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    return 0.0, 2.0**bits - 1


def _ordered(values: list[float]) -> Range:
    return min(values), max(values)


def _pairs(group: Dataset, inverted: bool, findings: list[str]) -> list[DisplayWindow]:
    centers, widths = _several(group, "WindowCenter"), _several(group, "WindowWidth")
    if centers is None or widths is None or len(centers) != len(widths):
        findings.append("window centres and widths that do not pair or cannot be read; those were left out")
    if not centers or not widths:
        return []
    function = code(group, "VOILUTFunction") or "LINEAR"
    if function not in FORMULAS:
        findings.append(f"windows of an unknown function were left out; known are {', '.join(FORMULAS)}")
        return []
    names = [known_name(word) for word in text(group, "WindowCenterWidthExplanation").split("\\")]
    result = []
    for position, (center, width) in enumerate(zip(centers, widths, strict=False)):
        name = names[position] if position < len(names) else ""
        window = DisplayWindow(center, width, cast("Function", function), inverted, name)
        try:
            window.check()
        except MedOptError as error:
            facts = f"expected {error.expected}, found {error.found}"
            findings.append(f"window {position + 1} was left out: {error.problem}: {facts}")
            continue
        result.append(window)
    return result


def _several(group: Dataset, keyword: str) -> list[float] | None:
    """All numbers of an element; empty when it is absent, None when one cannot be read."""
    try:
        with pydicom_quiet():
            value = group.get(keyword)
            if value is None or value == "":
                return []
            several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
            return [float(x) for x in several]
    except reading_errors():
        return None


def _tables(
    header: Dataset, group: Dataset, inverted: bool, span: Range | None, findings: list[str]
) -> list[DisplayWindow]:
    result = []
    for one in items(group, "VOILUTSequence"):
        table = read_table(header, one)
        if table is None:
            findings.append("a VOI lookup table that is damaged was left out")
            continue
        first = _within(table.first, span)
        name = known_name(text(one, "LUTExplanation"))
        result.append(DisplayWindow.of_table(table.entries, first, table.bits, inverted=inverted, name=name))
    return result


def _within(first: int, span: Range | None) -> int:
    """``first`` with the sign that real values can have: 16 bits do not tell whether they are signed."""
    if span is None or span[0] <= first <= span[1]:
        return first
    other = first - LENGTH if first >= LENGTH // 2 else first + LENGTH if first < 0 else first
    return other if span[0] <= other <= span[1] else first


def _merged(parts: list[Windows], where: str, findings: list[str]) -> Windows:
    """One list of windows from those of each slice."""
    if all(part == parts[0] for part in parts[1:]):
        return parts[0]
    formulas = [[w for w in part if w.table is None] for part in parts]
    tables = [[w for w in part if w.table is not None] for part in parts]
    result = []
    for position in range(max(map(len, formulas))):
        result.append(_median([f[position] for f in formulas if position < len(f)], position, where, findings))
    for position in range(max(map(len, tables))):
        counted = Counter(t[position] for t in tables if position < len(t))
        result.append(counted.most_common(1)[0][0])
        if len(counted) > 1:
            findings.append(f"VOI lookup tables{where} differ between slices; the most frequent is used")
    if len({len(part) for part in parts}) > 1:
        findings.append(f"slices{where} have different numbers of windows")
    return tuple(result)


def _median(windows: list[DisplayWindow], position: int, where: str, findings: list[str]) -> DisplayWindow:
    kind = Counter((w.function, w.inverted) for w in windows).most_common(1)[0][0]
    alike = [w for w in windows if (w.function, w.inverted) == kind]
    centers, widths = [w.center for w in alike], [w.width for w in alike]
    if len(alike) < len(windows) or len(set(centers)) > 1 or len(set(widths)) > 1:
        findings.append(
            f"window {position + 1}{where} differs between slices (centres {min(centers):g} to {max(centers):g}, "
            f"widths {min(widths):g} to {max(widths):g}); the medians are used"
        )
    name = alike[0].name if len({w.name for w in alike}) == 1 else ""
    return replace(alike[0], center=float(np.median(centers)), width=float(np.median(widths)), name=name)
