"""The agreement of annotators as tables of text (CSV), for spreadsheets and statistics programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from medopt.files import write_text
from medopt.labelling.agreement.records import Agreement
from medopt.validation import Interval

SUMMARY_COLUMNS = ("annotators", "class", "measure", "estimate", "low", "high", "cases", "subjects")
CASE_COLUMNS = ("case", "subject", "first", "second", "class", "measure", "value")


def write_agreement_tables(agreement: Agreement, folder: Path) -> tuple[Path, Path]:
    """Write ``agreement.csv`` (one row a figure, STAPLE's levels too) and ``agreement-cases.csv`` (one row a case).

    Numbers have a point, columns a comma; what is not defined is empty. Returns both paths.
    """
    rows = [(r.who, r.structure, r.measure, *_numbers(r.value)) for r in agreement.rows]
    for rater in agreement.raters:
        for measure, value in (("sensitivity", rater.sensitivity), ("specificity", rater.specificity)):
            rows.append((rater.annotator, rater.structure, measure, *_numbers(value)))
    summary, cases = folder / "agreement.csv", folder / "agreement-cases.csv"
    write_text(summary, _csv(SUMMARY_COLUMNS, rows))
    by_case = [(r.case, r.subject, r.first, r.second, r.structure, r.measure, r.value) for r in agreement.by_case]
    write_text(cases, _csv(CASE_COLUMNS, by_case))
    return summary, cases


def _numbers(value: Interval) -> tuple[object, ...]:
    return value.estimate, value.low, value.high, value.n, value.n_subjects


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([["" if v is None else f"{v:.6g}" if isinstance(v, float) else v for v in row] for row in rows])
    return stream.getvalue()
