"""Labelling case after case: open, save, accept, skip, flag; nothing that an annotator made is lost."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib import settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.settings_store import SettingsStore
from MedOptCoreLib.signal import Signal
from MedOptLabelLib import session_texts
from MedOptLabelLib.case_list import CaseList
from MedOptLabelLib.case_table import CaseTable
from MedOptLabelLib.clock import LabellingClock
from MedOptLabelLib.editors import Editors
from MedOptLabelLib.lease_keeper import LeaseKeeper
from MedOptLabelLib.next_choice import NextChoice
from MedOptLabelLib.open_case import PROPOSAL, OpenCase, openCase, same
from MedOptLabelLib.task_editor import CaseToEdit, Overlap, TaskEditor

DEFAULT_ANNOTATOR = "annotator-1"
RESCUE_FOLDER = "rescued"
"""In the project: what could not be saved as a label when the scene was closed."""
LEAVING_NOTE = "saved when the case was left"


class LabelSession(Presenter):
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
        super().__init__()
        self.choice, self.lease = NextChoice(store), LeaseKeeper(now)
        self.editors, self._table, self._store = editors, table, store
        self.editor: TaskEditor[Any] = editors.of("segmentation")
        self.cases = CaseList()
        self.clock = LabellingClock(now)
        self.caseLeaving, self.caseShown, self.labelSaved = Signal(), Signal(), Signal()
        self.project: Any = None
        self.selected: str | None = None
        self.opened: OpenCase | None = None
        for task in ("segmentation", "classification", "detection"):
            editors.of(task).edited.connect(self._onEdited)

    @property
    def current(self) -> str | None:
        """Id of the case in the scene, None without one."""
        return None if self.opened is None else self.opened.id

    @property
    def dirty(self) -> bool:
        """Whether the annotator changed something since the last save."""
        return self.opened is not None and self.opened.dirty

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

    # ---- saving --------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save the label as a new version, even when it equals the version before."""
        self._save("refuse", "")

    def accept(self) -> None:
        """Save unless the saved label says the same, then show the next case."""
        if self.opened is not None:
            if not self.opened.case.labelled or not self.isSaved(self.editor.read()):
                self._save("refuse", "")
            else:
                self.opened.dirty = False
        self.next()

    def leave(self) -> None:
        """Save the case in the scene if it was changed; for whatever takes it away.

        Where segments overlap, the later one in the list counts: there is nobody to ask.
        """
        if self.opened is None or not self.dirty or not self.editor.present:
            return
        if self.isSaved(self.editor.read("later")):
            self.opened.dirty = False
            return
        self._save("later", LEAVING_NOTE)

    def leaveForGood(self) -> None:
        """As `leave`, where the case cannot stay: the scene is closed, or Slicer ends.

        What cannot be saved as a label is written as it is to a file, which the MedOptError names.
        """
        try:
            self.leave()
        except MedOptError as error:
            if self.opened is not None:
                self.opened.dirty = False
            name = f"{self.current}-{datetime.now():%Y%m%d-%H%M%S}"
            folders = (Path(self.project.folder) / RESCUE_FOLDER, Path(tempfile.gettempdir()) / "MedOpt-rescued")
            copy = self.editor.writeCopy(folders, name)
            remedy = _("What was painted is kept in {path}").format(path=copy) if copy is not None else error.remedy
            raise MedOptError(
                error.problem, where=error.where, expected=error.expected, found=error.found, remedy=remedy
            ) from error

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

    def isSaved(self, label: Any) -> bool:
        """Whether ``label`` says what is saved of the case, or what it started from."""
        return self.opened is not None and same(self.project, label, self.opened.saved)

    def _save(self, overlap: Overlap, note: str) -> None:
        if self.opened is None:
            return
        opened, label = self.opened, self.editor.read(overlap)
        self.clock.touch()
        version = self.project.save_label(
            opened.id,
            label,
            annotator=self.annotator,
            seconds=self.clock.seconds,
            source="proposal" if opened.source == PROPOSAL and self.isSaved(label) else "manual",
            note=note,
        )
        self.clock.start()
        opened.took(label, version, self.project.case(opened.id))
        self.cases.update(opened.case)
        logging.getLogger(__name__).info("saved version %d of %s", version, opened.id)
        self.labelSaved.emit(opened.id)
        self.listChanged()

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

    def refreshCase(self) -> None:
        """Read the case in the scene from the catalogue again."""
        if self.opened is not None:
            self.opened.case = self.project.case(self.opened.id)
            self.cases.update(self.opened.case)
        self.listChanged()

    def tableNode(self) -> Any:
        """The table node of the cases, made afresh where the scene has lost it; None without cases."""
        rows = self.cases.all()
        return self._table.update(rows) if rows else None

    def listChanged(self) -> None:
        """Show the list of cases afresh, in the panel and in its table node."""
        self.tableNode()
        self.changed.emit()

    # ---- who and how long ----------------------------------------------------------------------------------

    @property
    def annotator(self) -> str:
        """Name under which labels are saved."""
        return settings_store.text(self._store, settings_store.ANNOTATOR) or DEFAULT_ANNOTATOR

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

    def activity(self) -> None:
        """The annotator moved the mouse in a view or pressed a key."""
        self.clock.touch()

    def _onEdited(self) -> None:
        self.clock.touch()
        if self.opened is not None and not self.opened.dirty:
            self.opened.dirty = True
            self.changed.emit()

    def tick(self) -> None:
        """Time has passed: called every second while the panel is shown."""
        self.lease.tick()

    def refreshLeases(self) -> None:
        """Look who has which case."""
        if self.project is not None:
            holders = {lease.case_id: lease.annotator for lease in self.project.leases.current()}
            if self.cases.setLeases(holders, self.annotator):
                self.changed.emit()

    def _forgetCase(self) -> None:
        self.opened = None
        self.lease.release()
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
