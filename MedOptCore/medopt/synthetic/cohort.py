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

SUBJECT_PATTERN = r"(sub-\d+)"
"""Regular expression whose group 1 is the subject in a case id of a cohort."""


@dataclass(frozen=True)
class Structure:
    """A structure that the labels show: its value, name, ``#rrggbb`` colour and terminology entry."""

    value: int
    name: str
    color: str
    terminology: str


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
    """What ``write_cohort`` wrote: the folders ``images`` and ``labels`` and the cases in them."""

    images: Path
    labels: Path
    cases: tuple[CohortCase, ...]

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, ascending."""
        return tuple(sorted({case.subject for case in self.cases}))


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
    if subjects < 1:
        raise MedOptError("no cohort to write", expected="at least 1 subject", found=str(subjects))
    folder = Path(folder)
    rng = np.random.default_rng([seed, subjects])
    seeds = rng.choice(2**31, size=subjects, replace=False)
    twice = set(rng.permutation(subjects)[: subjects // 4].tolist())
    scans = [(number, scan) for number in range(subjects) for scan in ((1, 2) if number in twice else (1,))]
    progress = Progress(reporter or Silence(), "Making scans", len(scans), unit="scans")
    cases = []
    for number, scan in scans:
        subject = f"sub-{number + 1:03d}"
        case = f"{subject}_scan-{scan}"
        paths = folder / "images" / f"{case}.nrrd", folder / "labels" / f"{case}.{labels}"
        image, label = make_case(int(seeds[number]), scan=scan)
        write_image(image, paths[0])
        _write_label(label, paths[1])
        cases.append(CohortCase(case, subject, *paths))
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
