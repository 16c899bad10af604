"""Which case comes next: by a strategy that says why, or, where it has none, by the order of the list."""

from __future__ import annotations

from typing import Any

from MedOptCoreLib import settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import Presenter
from MedOptCoreLib.settings_store import SettingsStore
from MedOptLabelLib.case_list import CaseList


class NextChoice(Presenter):
    """Parameters
    ----------
    store : remembers the strategy
    """

    def __init__(self, store: SettingsStore) -> None:
        super().__init__()
        self._store = store
        self.reason = ""

    def strategies(self) -> list[tuple[str, str]]:
        """(name, title) of each."""
        from medopt.labelling.strategies import STRATEGIES

        return [(name, strategy.title) for name, strategy in STRATEGIES.items()]

    @property
    def strategy(self) -> str:
        """Name of the one that is used."""
        from medopt.labelling.strategies import DEFAULT, STRATEGIES

        name = settings_store.text(self._store, settings_store.STRATEGY)
        return name if name in STRATEGIES else DEFAULT

    def choose(self, name: str) -> None:
        """Use another strategy from the next case on."""
        self._store.setValue(settings_store.STRATEGY, name)
        self.reason = ""
        self.changed.emit()

    def pick(self, project: Any, annotator: str, cases: CaseList, current: str | None) -> str | None:
        """The next case, leased to the annotator unless it is labelled; None when nothing is shown.

        Cases that the filter hides, that were skipped or that stand in the scene are passed over. When no case of
        those that a model may learn from waits for a label, it is the next one in the list that nobody else has.
        Raises MedOptError when the split cannot be used.
        """
        from medopt.labelling.next_case import next_case

        shown = {row.id for row in cases.shown()}
        skip = {row.id for row in cases.all() if row.id not in shown} | cases.skipped
        skip |= set() if current is None else {current}
        found = next_case(project, annotator, self.strategy, skip=skip)
        if found is None:
            case = cases.next(current)
            self.reason = "" if case is None else _("in the order of the list: no other case waits for a label")
        else:
            case = found.case_id
            self.reason = _("{reason} (number {n} of {total})").format(
                reason=found.reason, n=found.position, total=found.of
            )
        self.changed.emit()
        return case

    @property
    def text(self) -> str:
        """Why the case that was shown by Next was chosen, as a sentence; empty before the first."""
        return _("Chosen: {reason}.").format(reason=self.reason) if self.reason else ""
