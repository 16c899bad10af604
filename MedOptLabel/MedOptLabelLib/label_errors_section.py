"""Labels that may be wrong, the most doubtful first, each one click away."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState
from MedOptLabelLib.job_report import JobReport

FILE = "label-errors.csv"
PLACE = ("left_mm", "posterior_mm", "superior_mm")
CROSSVAL = "*/crossval.json"
"""In the folder of runs, by which a cross-validation is known."""


class LabelErrorsSection(JobReport):
    """Starts ``medopt label-errors`` and shows what it wrote.

    Parameters
    ----------
    jobs : the worker line
    """

    def __init__(self, jobs: JobLine) -> None:
        super().__init__(jobs, "label-errors", (FILE,))

    def rank(self, *, flag: bool = False) -> None:
        """Ask the models of the newest cross-validation; ``flag``: flag the suspected cases with the reason."""
        self.start(*(["--flag"] if flag else []))

    def cells(self) -> list[list[str]]:
        """Rows of the table: case, score, whether it is suspected, the reason."""
        return [
            [
                row.get("case", ""),
                row.get("score", "")[:5],
                _("yes") if row.get("suspected") == "yes" else "",
                row.get("reason", ""),
            ]
            for row in self.tables[FILE]
        ]

    def caseOf(self, row: int) -> str | None:
        """The case in a row."""
        rows = self.tables[FILE]
        return rows[row].get("case") or None if 0 <= row < len(rows) else None

    def placeOf(self, row: int) -> tuple[float, float, float] | None:
        """Where to look in the case of a row, LPS mm; None where nothing is in doubt, or of a whole image."""
        rows = self.tables[FILE]
        try:
            x, y, z = (float(rows[row][name]) for name in PLACE)
        except (IndexError, KeyError, ValueError):
            return None
        return x, y, z

    @property
    def text(self) -> str:
        """How many are suspected, or what was wrong."""
        if self.problem:
            return f"⚠ {self.problem}"
        if self.running:
            return _("Each label is compared with the model that never saw it.")
        rows = self.tables[FILE]
        if not rows:
            return ""
        suspected = sum(row.get("suspected") == "yes" for row in rows)
        return _("{s} of {n} labels are suspected. A double click shows the case and the place. {age}").format(
            s=suspected, n=len(rows), age=self.age
        )

    def buttons(self) -> dict[str, ButtonState]:
        """How the button looks."""
        missing = self.missing or ("" if self._crossvalidated else self._needed)
        tip = _(
            "Rank the labels by how likely they are wrong. A low score says look here, not that the label is wrong."
        )
        return {"labelErrorsButton": ButtonState(missing, tip)}

    @property
    def _needed(self) -> str:
        return _("Cross-validate first, in the panel MedOpt Train: each label is judged by a model that never saw it.")

    @property
    def _crossvalidated(self) -> bool:
        found: Any = None if self._project is None else next(self._project.runs_folder.glob(CROSSVAL), None)
        return found is not None
