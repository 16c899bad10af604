"""The results of a validation as the rows of two tables: the summary, and the cases with the worst first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.texts import interval, number

METRICS = ("dice", "nsd", "hd95_mm", "volume_difference_ml")
"""What the tables show, the first one decides which case is worst."""


@dataclass(frozen=True)
class CaseLine:
    """One structure of one case."""

    case: str
    structure: str
    values: tuple[float | None, ...]

    def cells(self) -> list[str]:
        """What the table shows."""
        digits = {"dice": 3, "nsd": 3}
        texts = [number(value, digits.get(name, 2)) for name, value in zip(METRICS, self.values, strict=True)]
        return [self.case, self.structure, *texts]


def summaryCells(results: Any) -> list[list[str]]:
    """Structure, metric, estimate with interval, n; the mean over structures last."""
    from medopt.metrics import METRICS as KNOWN
    from medopt.validation import MEAN

    cells = []
    for row in results.summary:
        if row.metric not in METRICS:
            continue
        metric = KNOWN[row.metric]
        title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
        structure = _("mean of structures") if row.structure == MEAN else row.structure
        digits = 2 if metric.unit else 3
        excluded = _(" ({n} without a value)").format(n=row.excluded) if row.excluded else ""
        cells.append([structure, title, interval(row.estimate, row.low, row.high, digits), f"{row.n}{excluded}"])
    return cells


def caseLines(results: Any) -> list[CaseLine]:
    """One line a structure and case, the lowest Dice first; cases without a value last."""
    lines = [
        CaseLine(score.case, score.structure, tuple(score.value(name) for name in METRICS)) for score in results.cases
    ]
    return sorted(lines, key=lambda line: (math.inf if line.values[0] is None else line.values[0], line.case))


def headline(results: Any) -> str:
    """Mean Dice with interval, n, and what was left out, as one sentence."""
    from medopt.validation import MEAN

    row = results.row(MEAN, METRICS[0])
    text = _("{run} on {subset}: mean Dice {value} · {cases} cases of {subjects} subjects").format(
        run=results.model,
        subset=results.subset,
        value=interval(row.estimate, row.low, row.high),
        cases=results.n_cases,
        subjects=results.n_subjects,
    )
    if row.low is not None:
        text += " · " + _("[ ]: 95 % interval over subjects")
    if results.left_out:
        text += " · " + _("{n} cases left out").format(n=len(results.left_out))
    return text
