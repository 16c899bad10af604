"""How far annotators agree: figures with intervals, and the cases that they see most differently."""

from __future__ import annotations

from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState
from MedOptCoreLib.texts import interval, number
from MedOptLabelLib.job_report import JobReport

SUMMARY, CASES = "agreement.csv", "agreement-cases.csv"
COLUMNS = {"case", "first", "second", "class", "measure", "value"}
"""Of the file of cases."""
WORST = 200
"""Rows of the table of cases; the file has all."""


class AgreementSection(JobReport):
    """Starts ``medopt agreement`` and shows what it wrote.

    Parameters
    ----------
    jobs : the worker line
    """

    def __init__(self, jobs: JobLine) -> None:
        super().__init__(jobs, "agreement", (SUMMARY, CASES))

    def compare(self, *, blind: bool = False) -> None:
        """Compare what annotators said of the same cases; ``blind``: only labels made without sight of a proposal."""
        self.start(*(["--blind"] if blind else []))

    def cells(self) -> list[list[str]]:
        """Rows of the figures: annotators, class, measure, value with its interval, cases."""
        return [
            [row.get("annotators", ""), row.get("class", ""), _title(row), _interval(row), row.get("cases", "")]
            for row in self.tables[SUMMARY]
        ]

    def caseCells(self) -> list[list[str]]:
        """Rows of the cases, the least agreement first: case, annotators, class, measure, value."""
        found = []
        for row in self._worst():
            who, value = f"{row['first']} – {row['second']}", number(_number(row["value"]))
            found.append([row["case"], who, row["class"], _title(row), value])
        return found

    def caseOf(self, row: int) -> str | None:
        """The case in a row of the table of cases."""
        rows = self._worst()
        return rows[row]["case"] if 0 <= row < len(rows) else None

    def _worst(self) -> list[dict[str, str]]:
        whole = [row for row in self.tables[CASES] if row.keys() >= COLUMNS and _number(row["value"]) is not None]
        return sorted(whole, key=lambda row: (float(row["value"]), row["case"]))[:WORST]

    @property
    def text(self) -> str:
        """What the tables are of, or what was wrong."""
        if self.problem:
            return f"⚠ {self.problem}"
        if self.running:
            return _("The labels are being compared.")
        return f"{self.age} " + _("Double-click a case to see it.") if self.tables[CASES] else self.age

    def buttons(self) -> dict[str, ButtonState]:
        """How the button looks."""
        tip = _("Compare the last label of each annotator in the cases that several of them labelled.")
        return {"agreementButton": ButtonState(self.missing, tip)}


def _title(row: dict[str, str]) -> str:
    """The measure as people call it."""
    from medopt.labelling.agreement import MEASURES

    return MEASURES.get(row.get("measure", ""), row.get("measure", ""))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _interval(row: dict[str, str]) -> str:
    """ "0.912 [0.905, 0.918]" of the columns estimate, low and high; a dash without an estimate."""
    estimate, low, high = (_number(row.get(name, "")) for name in ("estimate", "low", "high"))
    return interval(estimate, low, high)
