"""Verification across cases: duplicates, classes that are missing, intensities that stand out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from medopt.project.case_checks import CaseFacts
from medopt.project.records import Finding
from medopt.project.settings import ProjectSettings

OUTLIER = 5.0
"""Robust standard deviations from which an intensity stands out; 3 would name several cases of every cohort."""

SMALLEST_COHORT = 8
"""Cases below which nothing is said about outliers."""

SMALLEST_DEVIATION = 0.1
"""Least deviation assumed (about a tenth of the value), so that a very even cohort has no outliers of a few percent."""

FEW = 0.05
"""Share of the cases up to which those that stand out are named one by one (two are in any case)."""

USUAL = 0.8
"""Share of the labelled cases with a class from which its absence in a case is worth a note."""


def find_duplicates(facts: Sequence[CaseFacts]) -> list[Finding]:
    """Images with equal voxels: an error across subjects (they may end in training and test), else a warning."""
    groups: dict[tuple[str, ...], list[CaseFacts]] = defaultdict(list)
    for one in facts:
        groups[one.signature].append(one)
    findings = []
    for group in groups.values():
        first = group[0].case
        for other in (one.case for one in group[1:]):
            across = other.subject != first.subject
            of = f" of subject {first.subject}" if across else ""
            otherwise = ", which is labelled otherwise" if other.id in _labelled_otherwise(group) else ""
            findings.append(
                Finding(
                    other.id,
                    "error" if across else "warning",
                    "the same image twice" + (", under two subjects" if across else ""),
                    "voxels of its own",
                    f"those of case {first.id}{of}{otherwise}",
                    "Flag one of the two, so that it stays out of the split",
                )
            )
    return findings


def _labelled_otherwise(group: Sequence[CaseFacts]) -> set[str]:
    """Of cases with one image, those with other classes than the first one."""
    first = group[0].values
    return {one.case.id for one in group[1:] if None not in (first, one.values) and one.values != first}


def find_empty_labels(facts: Sequence[CaseFacts], settings: ProjectSettings) -> list[Finding]:
    """A note on how many images show no box or no class: usual, but worth to know; segmentation is told by the case."""
    labels = [one for one in facts if one.values is not None]
    empty = [one.case.id for one in labels if not one.values]
    if not empty or settings.task == "segmentation":
        return []
    what = "a box" if settings.task == "detection" else "a class"
    named = ", ".join(empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
    found = f"{len(empty)} of {len(labels)}: {named}"
    return [Finding("", "note", f"labels without {what}", "", found, "Look whether they were finished")]


def find_missing_classes(facts: Sequence[CaseFacts], settings: ProjectSettings) -> list[Finding]:
    """Classes that no label has, and cases without a class that most others have."""
    labels = [one for one in facts if one.values is not None]
    count = Counter(value for one in labels for value in one.values or ())
    findings = []
    for info in settings.classes if labels else ():
        expected, found = f"class {info.value} ({info.name})", f"{count[info.value]} of {len(labels)} labels have it"
        if count[info.value] == 0:
            repair = "Label it somewhere, or remove the class from project.yaml"
            findings.append(Finding("", "warning", "a class that no label has", expected, found, repair))
        elif settings.task != "classification" and count[info.value] >= USUAL * len(labels):
            findings += [
                Finding(
                    one.case.id, "note", "a usual class is missing", expected, found, "Look whether it was forgotten"
                )
                for one in labels
                if one.values and info.value not in (*one.values, *one.unjudged)
            ]
    return findings


def find_outliers(facts: Sequence[CaseFacts], channels: Sequence[str]) -> list[Finding]:
    """Cases whose brightness or contrast stands out of the cohort, as notes: the scale of MR is arbitrary.

    Robust z-score (Iglewicz and Hoaglin 1993): distance from the median in units of 1.4826 median absolute
    deviations, of the median and of the interquartile range of the voxels. When more than
    `FEW` of the cases stand out they are no exceptions, and one note says that the scales differ.
    """
    measured = [one for one in facts if one.intensity]
    if len(measured) < SMALLEST_COHORT:
        return []
    findings = []
    for number, channel in enumerate(channels):
        values = np.array([one.intensity[number] for one in measured])
        where = f" of channel {channel}" if len(channels) > 1 else ""
        out = np.flatnonzero((np.abs(_robust_z(values)) > OUTLIER).any(axis=1))
        usual_median, usual_range = np.nanmedian(values, axis=0)
        expected = f"a median{where} of about {usual_median:.4g} and an interquartile range of about {usual_range:.4g}"
        if len(out) > max(2, FEW * len(measured)):
            low, high = np.nanmin(values[:, 0]), np.nanmax(values[:, 0])
            found = f"medians from {low:.4g} to {high:.4g}; {len(out)} of {len(measured)} cases stand out"
            repair = "Normalize each image by itself in the recipe (z-score or percentiles)"
            findings.append(Finding("", "note", "the intensity scales differ between cases", expected, found, repair))
            continue
        for n in out:
            found = f"{values[n, 0]:.4g} and {values[n, 1]:.4g}"
            repair = "Look at the image; normalization in the recipe may be all that is needed"
            findings.append(Finding(measured[n].case.id, "note", "unusual intensities", expected, found, repair))
    return findings


def _robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(case, (median, interquartile range)) as robust z-scores; 0 where there is no value.

    Both on a scale that is logarithmic for large values; the median, which may be near zero or below it (CT), is
    measured in interquartile ranges of the cohort, so that the scale is linear around zero.
    """
    unit = float(np.nanmedian(values[:, 1])) or 1.0
    scale = np.column_stack([np.arcsinh(values[:, 0] / unit), np.arcsinh(values[:, 1] / unit)])
    apart = scale - np.nanmedian(scale, axis=0)
    deviation = np.maximum(1.4826 * np.nanmedian(np.abs(apart), axis=0), SMALLEST_DEVIATION)
    result: NDArray[np.float64] = np.nan_to_num(apart / deviation)
    return result
