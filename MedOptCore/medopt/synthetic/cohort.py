"""A made-up cohort as a folder of scans and a folder of labels, as a researcher would receive it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from medopt.errors import MedOptError
from medopt.events import Progress, Reporter, Silence
from medopt.image import LabelMap
from medopt.io import Segment, Segmentation, write_image, write_label_map, write_segmentation
from medopt.synthetic.anatomy import ANTERIOR, POSTERIOR
from medopt.synthetic.case import make_case
from medopt.synthetic.structure import Structure

SUBJECT_PATTERN = r"(sub-\d+)"
"""Regular expression whose group 1 is the subject in a case id of a cohort."""


def _terminology(code: str, meaning: str) -> str:
    return (
        "Segmentation category and type - 3D Slicer General Anatomy list~SCT^123037004^Anatomical Structure"
        f"~SCT^{code}^{meaning}~^^~Anatomic codes - DICOM master list~^^~^^"
    )


STRUCTURES = (
    Structure(ANTERIOR, "Anterior", "#e69f00", _terminology("5366008", "Hippocampus")),
    Structure(POSTERIOR, "Posterior", "#56b4e9", _terminology("5366008", "Hippocampus")),
)
"""The two adjoining parts of the hippocampus, in colours that colour-blind readers can tell apart."""


@dataclass(frozen=True)
class CohortCase:
    """One scan of a cohort and where its files lie."""

    id: str
    subject: str
    image: Path
    label: Path


@dataclass(frozen=True)
class Cohort:
    """What was written: the folder ``images``, the folder or file ``labels``, and the cases in them."""

    images: Path
    labels: Path
    cases: tuple[CohortCase, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, ascending."""
        return tuple(sorted({case.subject for case in self.cases}))


@dataclass(frozen=True)
class PlannedScan:
    """A scan to make: its case and subject, the subject's seed and place from 0, the scan's number from 1."""

    case: str
    subject: str
    seed: int
    place: int
    number: int


def plan_scans(subjects: int, seed: int) -> list[PlannedScan]:
    """The scans of a cohort; one subject in four, drawn, has two. MedOptError for fewer than 1 subject."""
    if subjects < 1:
        raise MedOptError("no cohort to write", expected="at least 1 subject", found=str(subjects))
    rng = np.random.default_rng([seed, subjects])
    seeds = rng.choice(2**31, size=subjects, replace=False)
    twice = set(rng.permutation(subjects)[: subjects // 4].tolist())
    scans = []
    for place in range(subjects):
        subject = f"sub-{place + 1:03d}"
        for number in (1, 2) if place in twice else (1,):
            scans.append(PlannedScan(f"{subject}_scan-{number}", subject, int(seeds[place]), place, number))
    return scans


def write_cohort(
    folder: str | Path,
    *,
    subjects: int = 24,
    seed: int = 1,
    labels: Literal["nrrd", "seg.nrrd"] = "nrrd",
    reporter: Reporter | None = None,
) -> Cohort:
    """Write ``images/CASE.nrrd`` and ``labels/CASE.nrrd`` (or ``.seg.nrrd``) of a made-up cohort.

    One subject in four has two scans, so cases are named ``sub-003_scan-1`` and ``sub-003_scan-2``: a split by case
    would leak, a split by subject does not. The same arguments write the same files, so repeating is safe.

    Raises MedOptError when ``subjects`` is below 1 or a folder cannot be written.
    """
    folder = Path(folder)
    scans = plan_scans(subjects, seed)
    progress = Progress(reporter or Silence(), "Making scans", len(scans), unit="scans")
    cases = []
    for scan in scans:
        paths = folder / "images" / f"{scan.case}.nrrd", folder / "labels" / f"{scan.case}.{labels}"
        image, label = make_case(scan.seed, scan=scan.number)
        write_image(image, paths[0])
        _write_label(label, paths[1])
        cases.append(CohortCase(scan.case, scan.subject, *paths))
        progress.advance()
    return Cohort(folder / "images", folder / "labels", tuple(cases))


def _write_label(label: LabelMap, path: Path) -> None:
    if path.name.endswith(".seg.nrrd"):
        segments = tuple(
            Segment(f"Segment_{s.value}", s.name, _rgb(s.color), s.value, 0, s.terminology) for s in STRUCTURES
        )
        write_segmentation(Segmentation.from_label_map(label, segments), path)
    else:
        write_label_map(label, path)


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue
