"""Labelling case after case: open, save, accept, skip, flag; nothing that an annotator made is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib import settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState
from MedOptCoreLib.settings_store import SettingsStore
from MedOptCoreLib.signal import Signal
from MedOptLabelLib import session_texts
from MedOptLabelLib.case_list import CaseList
from MedOptLabelLib.case_table import CaseTable
from MedOptLabelLib.case_work import CaseWork
from MedOptLabelLib.editors import Editors
from MedOptLabelLib.lease_keeper import LeaseKeeper
from MedOptLabelLib.next_choice import NextChoice
from MedOptLabelLib.open_case import openCase
from MedOptLabelLib.task_editor import CaseToEdit


class LabelSession(CaseWork):
    """What the panel shows and does once a project is open.

    ``caseLeaving`` is emitted before the nodes of a case are taken away, ``caseShown`` when another case stands in
    the scene (or none), ``labelSaved`` with a case's id.
    A case with changes is saved before anything takes it out of the scene. When that fails, the MedOptError says
    why and the case stays.

    Parameters
    ----------
    editors : of each task
    table : the cases as a table node
    store : remembers the annotator
    now : seconds, for the clock and the lease
    """

    def __init__(
        self, editors: Editors, table: CaseTable, store: SettingsStore, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(editors, table, store, now)
        self.choice, self.lease = NextChoice(store), LeaseKeeper(now)
        self.caseLeaving, self.caseShown = Signal(), Signal()
        self.selected: str | None = None

    # ---- the project and its cases -------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Show the cases of ``project``; a case of the project before is saved first."""
        self.leave()
        if self.opened is not None:
            self.caseLeaving.emit()
            self.editor.close()
        self._forgetCase()
        self.project = project
        if project is not None:
            self.editor = self.editors.of(project.settings.task)
        self.selected = None
        self.cases = CaseList()
        self.reload()
        self.caseShown.emit()

    def reload(self) -> None:
        """Read the list of cases again."""
        self.cases.fill(() if self.project is None else self.project.cases(), self.annotator)
        known = {row.id for row in self.cases.all()}
        if self.selected not in known:
            self.selected = None
        self.listChanged()

    def setCore(self, ids: Iterable[str]) -> None:
        """Mark the cases of the core set in the list."""
        if self.cases.setCore(ids):
            self.listChanged()

    def setFilter(self, text: str) -> None:
        """Show only cases with all words of ``text``."""
        self.cases.setFilter(text)
        self.changed.emit()

    def select(self, caseId: str | None) -> None:
        """A row was clicked."""
        self.selected = caseId
        self.changed.emit()

    # ---- going from case to case ---------------------------------------------------------------------------

    def open(self, caseId: str) -> None:
        """Show a case; the one before is saved if it was changed. MedOptError when somebody else has the case."""
        self.leave()
        hold = self.lease.take(self.project, caseId, self.annotator)
        self.caseLeaving.emit()
        try:
            case = self.project.case(caseId)
            image = self.project.read_image(case.id)
            opened = openCase(self.project, case, image.geometry)
            self.editor.show(CaseToEdit(case.id, image, self.project.settings), opened.start)
        except MedOptError:
            self.caseShown.emit()  # the case before is still there
            self.lease.giveBack(self.project, caseId, self.annotator)
            raise
        hold()
        self.clock.stop()
        self.opened, self.selected = opened, caseId
        self.refreshLeases()
        self.clock.start()
        self.drafts.begin(self.project, opened, self.annotator)
        self.caseShown.emit()
        self.changed.emit()

    def next(self) -> None:
        """Show the next case that needs a label, by the strategy that is chosen."""
        if self.project is not None:
            self.refreshLeases()
            self._go(self.choice.pick(self.project, self.annotator, self.cases, self.current))

    def previous(self) -> None:
        """Show the case above."""
        self.choice.reason = ""
        self._go(self.cases.previous(self.current))

    def goToSelected(self) -> None:
        """Show the case whose row is selected."""
        self.choice.reason = ""
        self._go(self.selected)

    def skip(self) -> None:
        """Leave this case for later in this session and show the next one."""
        if self.current is not None:
            self.cases.skipped.add(self.current)
        self.next()

    def _go(self, caseId: str | None) -> None:
        if caseId is not None and (caseId != self.current or not self.editor.present):
            self.open(caseId)

    # ---- marks and leaving ---------------------------------------------------------------------------------

    def accept(self) -> None:
        """Save unless the saved label says the same, then show the next case."""
        if self.opened is not None:
            if not self.opened.case.labelled or not self.isSaved(self.editor.read()):
                self._save("refuse", "")
            else:
                self._settle()
        self.next()

    def sceneAboutToClose(self) -> None:
        """The user closes the scene: save and let go. What cannot be saved is told by a MedOptError afterwards."""
        try:
            self.leaveForGood()
        finally:
            self.caseLeaving.emit()
            self.editor.forget()
            self._forgetCase()
            self.caseShown.emit()
            self.changed.emit()

    def flag(self, note: str) -> None:
        """Flag the case with a note, or take the flag away when it has one."""
        if self.opened is None:
            return
        case = self.opened.case
        if case.state == "flagged":
            self.project.set_flag(case.id, None)
        elif note.strip():
            self.project.set_flag(case.id, note.strip())
        else:
            raise MedOptError(_("a flag needs a note"), remedy=_("Write a few words beside the button first"))
        self.refreshCase()

    # ---- who and how long ----------------------------------------------------------------------------------

    def setAnnotator(self, name: str) -> None:
        """Change the name; an empty one brings the default back. The case in the scene is kept for the new name."""
        before = self.annotator
        self._store.setValue(settings_store.ANNOTATOR, name.strip())
        if self.project is not None and self.annotator != before:
            if self.opened is not None:
                self.lease.release()
                self.lease.take(self.project, self.opened.id, self.annotator)()
            self.refreshLeases()
        self.changed.emit()

    def tick(self) -> None:
        """Time has passed: called every second while the panel is shown."""
        self.lease.tick()
        if self.dirty and self.editor.present and self.drafts.due:
            self.keepDraft()

    def refreshLeases(self) -> None:
        """Look who has which case."""
        if self.project is not None:
            holders = {lease.case_id: lease.annotator for lease in self.project.leases.current()}
            if self.cases.setLeases(holders, self.annotator):
                self.changed.emit()

    def _forgetCase(self) -> None:
        self.opened = None
        self.lease.release()
        self.drafts.forget()
        self.clock.stop()

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def caseText(self) -> str:
        """One line about the case in the scene and what is left to do."""
        return session_texts.caseText(self)

    @property
    def savedText(self) -> str:
        """Whether what was made is saved, and the clock."""
        return session_texts.savedText(self)

    def buttons(self) -> Mapping[str, ButtonState]:
        """How the buttons of the panel look."""
        return session_texts.buttons(self)
