"""Made-up cohorts for detection and classification, as a researcher would receive them."""

from __future__ import annotations

from pathlib import Path

from medopt.events import Progress, Reporter, Silence
from medopt.files import write_text
from medopt.io import write_image
from medopt.io.markups import NamedBox, write_markup_boxes
from medopt.synthetic.cohort import Cohort, CohortCase, plan_scans
from medopt.synthetic.lesions import FINDINGS, LESIONS, NODULE, RING, make_lesions


def write_box_cohort(
    folder: str | Path, *, subjects: int = 24, seed: int = 1, flat: bool = False, reporter: Reporter | None = None
) -> Cohort:
    """Write ``images/CASE.nrrd`` and ``labels/CASE.mrk.json`` with the boxes of the lesions.

    ``flat`` makes slices instead of volumes. One subject in four has two scans. The same arguments write the same
    files.

    Raises MedOptError when ``subjects`` is below 1 or a folder cannot be written.
    """
    folder = Path(folder)
    names = {one.value: one for one in LESIONS}
    scans = plan_scans(subjects, seed)
    progress = Progress(reporter or Silence(), "Making scans", len(scans), unit="scans")
    cases = []
    for scan in scans:
        made = make_lesions(scan.seed, flat=flat, scan=scan.number)
        paths = folder / "images" / f"{scan.case}.nrrd", folder / "labels" / f"{scan.case}.mrk.json"
        write_image(made.image, paths[0])
        boxes = [NamedBox.of(box, names[box.value].name, names[box.value].color) for box in made.boxes.boxes]
        write_markup_boxes(boxes, paths[1])
        cases.append(CohortCase(scan.case, scan.subject, *paths))
        progress.advance()
    return Cohort(folder / "images", folder / "labels", tuple(cases))


def write_class_cohort(
    folder: str | Path,
    *,
    subjects: int = 24,
    seed: int = 1,
    flat: bool = True,
    several: bool = False,
    reporter: Reporter | None = None,
) -> Cohort:
    """Write ``images/CASE.nrrd`` and ``labels.csv`` with the classes of each image.

    Without ``several`` each subject has one of ``FINDINGS``, in turn, so that classes are even; with it scans show
    nodules, rings, both or none, and the table has a column for each. One subject in four has two scans. The same
    arguments write the same files.

    Raises MedOptError when ``subjects`` is below 1 or a folder cannot be written.
    """
    folder = Path(folder)
    table = folder / "labels.csv"
    scans = plan_scans(subjects, seed)
    progress = Progress(reporter or Silence(), "Making scans", len(scans), unit="scans")
    lines = ["image," + (",".join(one.name for one in LESIONS) if several else "class")]
    names = {one.value: one.name for one in FINDINGS}
    cases = []
    for scan in scans:
        kinds: tuple[int, ...] = (NODULE, RING)
        if not several:
            kinds = ((), (NODULE,), (RING,))[scan.place % 3]
        made = make_lesions(_with_lesion(scan.seed, kinds, several, flat), flat=flat, scan=scan.number, kinds=kinds)
        path = folder / "images" / f"{scan.case}.nrrd"
        write_image(made.image, path)
        told = made.classes.present
        (finding,) = made.finding.present if not several else (1,)
        lines.append(f"{path.name}," + (",".join(str(int(k in told)) for k in kinds) if several else names[finding]))
        cases.append(CohortCase(scan.case, scan.subject, path, table))
        progress.advance()
    write_text(table, "\n".join(lines) + "\n")
    return Cohort(folder / "images", table, tuple(cases))


def _with_lesion(seed: int, kinds: tuple[int, ...], several: bool, flat: bool) -> int:
    """A seed from which a lesion of the kind is drawn; 0 to 3 are drawn, and a nodule's scan must have one."""
    while not several and kinds and not make_lesions(seed, flat=flat, kinds=kinds).lesions:
        seed += 1
    return seed
