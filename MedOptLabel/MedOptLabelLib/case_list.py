"""The list of cases: filter, selection, and which case comes next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from MedOptCoreLib.i18n import _

ROWS_SHOWN = 2000
"""A table widget grows slow beyond; the filter finds the others."""

OPEN_STATES = ("unlabelled", "proposed")


@dataclass(frozen=True)
class CaseRow:
    """A case in the list. ``confidence`` is that of its proposal, ``leasedTo`` who else labels it now, or empty,
    ``core`` whether it is in the core set."""

    id: str
    subject: str
    state: str
    annotator: str
    minutes: float | None
    confidence: float | None = None
    leasedTo: str = ""
    core: bool = False

    @classmethod
    def of(cls, case: Any, me: str = "", core: bool = False) -> CaseRow:
        """From a case of the project, as the annotator ``me`` sees it."""
        leased = case.leased_to if case.leased_to and case.leased_to != me else ""
        return cls(case.id, case.subject, case.state, case.annotator or "", case.minutes, case.confidence, leased, core)

    @property
    def stateText(self) -> str:
        """The state in words, whether the case is in the core set, and who else labels it now."""
        state = STATE_NAMES.get(self.state, self.state)
        state = _("{state} · core set").format(state=state) if self.core else state
        return _("{state}, with {who} now").format(state=state, who=self.leasedTo) if self.leasedTo else state

    def cells(self) -> list[str]:
        """What the table shows."""
        confidence = "" if self.confidence is None else f"{self.confidence:.2f}"
        minutes = "" if self.minutes is None else f"{self.minutes:.1f}"
        return [self.id, self.subject, self.stateText, confidence, self.annotator, minutes]

    def matches(self, words: Iterable[str]) -> bool:
        """True when each word occurs in one of the texts."""
        text = " ".join((self.id, self.subject, self.state, self.stateText, self.annotator)).lower()
        return all(word in text for word in words)


STATE_NAMES = {
    "unlabelled": _("unlabelled"),
    "proposed": _("proposed"),
    "labelled": _("labelled"),
    "flagged": _("flagged"),
}


class CaseList:
    """Rows in the order of the project, some of them hidden by the filter."""

    def __init__(self) -> None:
        self._rows: list[CaseRow] = []
        self._words: list[str] = []
        self._me = ""
        self._core: frozenset[str] = frozenset()
        self.skipped: set[str] = set()

    def fill(self, cases: Iterable[Any], me: str = "") -> None:
        """Take the cases of a project, as the annotator ``me`` sees them."""
        self._me = me
        self._rows = [CaseRow.of(case, me, case.id in self._core) for case in cases]
        self.skipped &= {row.id for row in self._rows}

    def update(self, case: Any) -> None:
        """One case has changed."""
        core = case.id in self._core
        self._rows = [CaseRow.of(case, self._me, core) if row.id == case.id else row for row in self._rows]

    def setCore(self, ids: Iterable[str]) -> bool:
        """Which cases are in the core set; whether that is news."""
        core = frozenset(ids)
        news = core != self._core
        self._core = core
        self._rows = [replace(row, core=row.id in core) for row in self._rows]
        return news

    def setLeases(self, holders: Mapping[str, str], me: str) -> bool:
        """Who has which case now, by case id; whether that is news."""
        self._me = me
        others = {case: who for case, who in holders.items() if who != me}
        told = [(row, others.get(row.id, "")) for row in self._rows]
        rows = [row if row.leasedTo == who else replace(row, leasedTo=who) for row, who in told]
        news = rows != self._rows
        self._rows = rows
        return news

    def setFilter(self, text: str) -> None:
        """Show only rows with all words of ``text``, upper and lower case alike."""
        self._words = text.lower().split()

    def all(self) -> list[CaseRow]:
        """Every row."""
        return list(self._rows)

    def shown(self) -> list[CaseRow]:
        """Rows that pass the filter."""
        return [row for row in self._rows if row.matches(self._words)]

    def next(self, current: str | None) -> str | None:
        """The case to label after ``current``: the next shown one that is open and not skipped, from the top again
        at the end; when none is open, the one below. None when nothing is shown. What somebody else has is left out."""
        rows = [row for row in self._after(current) if not row.leasedTo]
        wanted = [
            row.id for row in rows if row.state in OPEN_STATES and row.id not in self.skipped and row.id != current
        ]
        if wanted:
            return wanted[0]
        return rows[0].id if rows else None

    def previous(self, current: str | None) -> str | None:
        """The shown case above ``current``, from the bottom again at the top; None when nothing is shown."""
        rows = self._after(current)
        others = [row.id for row in rows if row.id != current and not row.leasedTo]
        return others[-1] if others else current

    def openCount(self) -> int:
        """Shown cases that still need a label."""
        return sum(row.state in OPEN_STATES for row in self.shown())

    def _after(self, current: str | None) -> list[CaseRow]:
        """Shown rows, beginning with the one below ``current``, which comes last."""
        rows = self.shown()
        at = next((i for i, row in enumerate(rows) if row.id == current), -1)
        return rows[at + 1 :] + rows[: at + 1]
