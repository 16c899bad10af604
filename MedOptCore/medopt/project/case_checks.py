"""Verification of one case: its files, its voxels, its label."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from medopt.errors import MedOptError
from medopt.files import file_sha256
from medopt.image import Boxes, Image, LabelMap
from medopt.project.box_checks import check_boxes
from medopt.project.images import describe_grid
from medopt.project.project import Project
from medopt.project.records import Case, Finding

BACKGROUND_SHARE = 0.2
"""Share of the border voxels with one exact value from which that value is taken for the empty background."""

OUTSIDE_SHARE = 0.05
"""Share of a label's voxels on the empty background from which the label is told to lie outside the body."""


@dataclass(frozen=True)
class CaseFacts:
    """What the comparison of all cases needs of one.

    ``signature`` is the hash of the voxels of each channel; ``intensity`` is (median, interquartile range) of each
    channel, without the empty background, NaN where there is nothing to measure, empty for a broken image;
    ``values`` the classes in the label, None without a label; ``unjudged`` those that nobody looked for.
    """

    case: Case
    signature: tuple[str, ...]
    intensity: tuple[tuple[float, float], ...] = ()
    values: tuple[int, ...] | None = None
    findings: tuple[Finding, ...] = field(default=())
    unjudged: tuple[int, ...] = ()


def look_at(project: Project, case: Case, label_sha256: str | None) -> CaseFacts:
    """Read the files of a case and check them.

    ``label_sha256`` is the hash of the label file that the catalogue knows, None without a label.
    """
    findings: list[Finding] = []
    files = project.images.files(case.id)
    signature = tuple(file.content_sha256 for file in files)
    for file in files:
        if not file.referenced:  # reading verifies the referenced ones
            path = project.images.path(file)
            findings += _unchanged(case, "image", path, file.file_sha256, "Put the file back from a copy")
    try:
        image = project.read_image(case.id)
    except MedOptError as error:
        findings.append(_as_finding(case, "the image cannot be read", error))
        return CaseFacts(case, signature, findings=tuple(findings))
    wrong = check_voxels(case, image)
    findings += wrong
    background = empty_background(image)
    intensity: tuple[tuple[float, float], ...] = ()
    if not wrong:  # a broken image says nothing about the cohort
        intensity = tuple(_median_and_range(channel[~background]) for channel in image.array)
    if not case.labelled:
        return CaseFacts(case, signature, intensity, findings=tuple(findings))
    repair = "Save the label anew, or restore an earlier version"
    if label_sha256 is not None:
        findings += _unchanged(case, "label", project.labels.path(case.id), label_sha256, repair)
    kind = project.labels.kind
    problem = "the label cannot be read"
    try:
        label = project.read_label(case.id)
        problem = "the label does not fit"
        label = kind.check(label, case.geometry, f"case {case.id}")
    except MedOptError as error:
        findings.append(_as_finding(case, problem, error))
        return CaseFacts(case, signature, intensity, findings=tuple(findings))
    if isinstance(label, LabelMap):
        findings += check_label_voxels(case, label, background)
    elif isinstance(label, Boxes):
        findings += check_boxes(case, label, kind.names)
    content = kind.content(label)
    return CaseFacts(case, signature, intensity, content.values, tuple(findings), content.unjudged)


def check_voxels(case: Case, image: Image) -> list[Finding]:
    """Findings about the grid and the values of an image."""
    findings = []
    if not image.geometry.is_close(case.geometry):
        grids = describe_grid(case), describe_grid(image)
        findings.append(Finding(case.id, "error", "the image lies on another grid than when imported", *grids))
    for number, channel in enumerate(image.array, 1):
        where = f" in channel {number}" if image.channels > 1 else ""
        wrong = 0 if channel.dtype.kind != "f" else int(np.count_nonzero(~np.isfinite(channel)))
        if wrong:
            found = f"{wrong:,} voxels that are NaN or infinite{where}"
            repair = "Replace them in the source, and import the case under another name"
            findings.append(Finding(case.id, "error", "voxels without a value", "finite numbers", found, repair))
        elif channel.min() == channel.max():
            found = f"{channel.flat[0]} everywhere{where}"
            findings.append(
                Finding(case.id, "error", "the image is constant", "an image", found, "Export it again from its source")
            )
    return findings


def check_label_voxels(case: Case, label: LabelMap, background: NDArray[np.bool_]) -> list[Finding]:
    """Findings about the voxels of a readable label; ``background`` (k, j, i) is the empty surround of the image."""
    inside = label.array != 0
    count = int(np.count_nonzero(inside))
    if count == 0:
        repair = "Flag the case if nothing is to be seen in it, else label it"
        return [Finding(case.id, "warning", "the label is empty", "voxels of a class", "none", repair)]
    outside = int(np.count_nonzero(inside & background))
    if outside <= OUTSIDE_SHARE * count:
        return []
    found = f"{outside:,} of {count:,} voxels on the empty background"
    repair = "Look at the case: label and image may not belong together"
    return [Finding(case.id, "warning", "the label lies outside the body", "label within the body", found, repair)]


def empty_background(image: Image) -> NDArray[np.bool_]:
    """(k, j, i) bool: voxels of one exact value in every channel that hang together with the border of the slices.

    All False when the border has no such value, as in a cropped image. NaN counts as no value.
    """
    result: NDArray[np.bool_] = np.ones(image.geometry.shape, bool)
    for channel in image.array:
        faces = [channel[:, (0, -1), :], channel[:, :, (0, -1)]]
        values, counts = np.unique(np.concatenate([face.ravel() for face in faces]), return_counts=True)
        if counts.max() < BACKGROUND_SHARE * counts.sum() or channel.min() == channel.max():
            return np.zeros(image.geometry.shape, bool)
        result &= channel == values[counts.argmax()]
    parts, _ = ndimage.label(result)
    touching = np.unique(np.concatenate([parts[:, (0, -1), :].ravel(), parts[:, :, (0, -1)].ravel()]))
    keep = np.zeros(int(parts.max()) + 1, bool)
    keep[touching[touching > 0]] = True
    connected: NDArray[np.bool_] = keep[parts]
    return connected


def _median_and_range(values: NDArray) -> tuple[float, float]:
    """(median, interquartile range) of the finite values, from at most about a million of them."""
    step = max(1, values.size // 1_000_000)
    values = values.reshape(-1)[::step]
    values = values[np.isfinite(values)]
    if values.size == 0:
        return float("nan"), float("nan")
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(middle), float(high - low)


def _unchanged(case: Case, what: str, path: Path, sha256: str, repair: str) -> list[Finding]:
    try:
        found = file_sha256(path)
    except OSError:
        return [Finding(case.id, "error", f"the {what} file is missing", path.name, "no file", repair)]
    if found == sha256:
        return []
    problem = f"the {what} file was changed without MedOpt"
    return [Finding(case.id, "warning", problem, f"SHA-256 {sha256[:12]}…", f"{found[:12]}…", repair)]


def _as_finding(case: Case, problem: str, error: MedOptError) -> Finding:
    found = error.problem + (f": {error.found}" if error.found else "")
    return Finding(case.id, "error", problem, error.expected or "", found, error.remedy or "Put it back from a copy")
