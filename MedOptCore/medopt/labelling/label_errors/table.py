"""Suspected label errors as a table of text (CSV)."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from medopt.files import write_text
from medopt.labelling.label_errors.records import LabelErrors

COLUMNS = ("rank", "case", "subject", "score", "suspected", "reason", "left_mm", "posterior_mm", "superior_mm")


def write_label_errors(errors: LabelErrors, path: Path) -> None:
    """Write one row a case, the most doubtful first, with the score of each class in further columns.

    The place is in LPS mm; what is not defined is empty.
    """
    names = list(dict.fromkeys(one.structure for s in errors.suspects for one in s.quality.by_class))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"score of {name}" for name in names)])
    for rank, suspect in enumerate(errors.suspects, start=1):
        quality = suspect.quality
        place = ["", "", ""] if quality.place is None else [f"{value:.1f}" for value in quality.place]
        scores = {one.structure: f"{one.score:.4f}" for one in quality.by_class}
        facts = [rank, suspect.case, suspect.subject, f"{quality.score:.4f}", "yes" if quality.suspected else "no"]
        writer.writerow([*facts, quality.reason, *place, *(scores.get(name, "") for name in names)])
    write_text(path, stream.getvalue())
