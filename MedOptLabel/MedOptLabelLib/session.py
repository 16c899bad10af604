"""Labelling case after case: open, save, accept, skip, flag; nothing that was painted is lost."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from medopt.errors import MedOptError
from MedOptCoreLib import settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.settings_store import SettingsStore
from MedOptCoreLib.signal import Signal
from MedOptCoreLib.texts import duration
from MedOptLabelLib.case_list import STATE_NAMES, CaseList
from MedOptLabelLib.case_scene import CaseScene
from MedOptLabelLib.case_table import CaseTable
from MedOptLabelLib.clock import LabellingClock

DEFAULT_ANNOTATOR = "annotator-1"
RESCUE_FOLDER = "rescued"
"""In the project: segmentations that could not be saved as labels when the scene was closed."""
LEAVING_NOTE = "saved when the case was left"


class LabelSession(Presenter):
    """What the panel shows and does once a project is open.

    ``caseLeaving`` is emitted before the nodes of a case are taken away, ``caseShown`` when another case stands in
    the scene (or none), ``labelSaved`` with a case's id.
    A case with changes is saved before anything takes it out of the scene. When that fails, the MedOptError says
    why and the case stays.
    """

    def __init__(
        self, scene: CaseScene, table: CaseTable, store: SettingsStore, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.scene, self._table, self._store = scene, table, store
        self.cases = CaseList()
        self.clock = LabellingClock(now)
        self.caseLeaving = Signal()
        self.caseShown = Signal()
        self.labelSaved = Signal()
        self._project: Any = None
        self.current: str | None = None
        self.selected: str | None = None
        self._case: Any = None
        self._saved: Any = None
        self._source = "new"
        self.dirty = False
        self._version: int | None = None
        scene.edited.connect(self._onEdited)

    # ---- the project and its cases -------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Show the cases of ``project``; a case of the project before is saved first."""
        self.leave()
        if self.current is not None:
            self.caseLeaving.emit()
            self.scene.close()
        self._forgetCase()
        self._project = project
        self.selected = None
        self.cases = CaseList()
        self.reload()
        self.caseShown.emit()

    def reload(self) -> None:
        """Read the list of cases again."""
        self.cases.fill(() if self._project is None else self._project.cases())
        known = {row.id for row in self.cases.all()}
        if self.selected not in known:
            self.selected = None
        self._listChanged()

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
        """Show a case; the one before is saved if it was changed."""
        self.leave()
        case = self._project.case(caseId)
        self.caseLeaving.emit()
        try:
            label, source = self.scene.show(self._project, case)
        except MedOptError:
            self.caseShown.emit()  # the case before is still there
            raise
        self._forgetCase()
        self.current, self._case, self._source = caseId, case, source
        self.selected = caseId
        self._saved = label.array.copy()
        self.clock.start()
        self.caseShown.emit()
        self.changed.emit()

    def next(self) -> None:
        """Show the next case that needs a label."""
        self._go(self.cases.next(self.current))

    def previous(self) -> None:
        """Show the case above."""
        self._go(self.cases.previous(self.current))

    def goToSelected(self) -> None:
        """Show the case whose row is selected."""
        self._go(self.selected)

    def skip(self) -> None:
        """Leave this case for later in this session and show the next one."""
        if self.current is not None:
            self.cases.skipped.add(self.current)
        self.next()

    def _go(self, caseId: str | None) -> None:
        if caseId is not None and (caseId != self.current or self.scene.segmentationNode is None):
            self.open(caseId)

    # ---- saving --------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save what is painted as a new version of the label, even when it equals the version before."""
        self._save("refuse", "")

    def accept(self) -> None:
        """Save unless the saved label says the same, then show the next case."""
        if self._case is not None:
            label = self.scene.read()
            if not self._case.labelled or not np.array_equal(label.array, self._saved):
                self._save("refuse", "")
            else:
                self.dirty = False
        self.next()

    def leave(self) -> None:
        """Save the case in the scene if it was changed; for whatever takes it away.

        Where segments overlap, the later one in the list counts: there is nobody to ask.
        """
        if not self.dirty or self._case is None or self.scene.segmentationNode is None:
            return
        label = self.scene.read("later")
        if np.array_equal(label.array, self._saved):
            self.dirty = False
            return
        self._save("later", LEAVING_NOTE)

    def leaveForGood(self) -> None:
        """As `leave`, where the case cannot stay: the scene is closed, or Slicer ends.

        What cannot be saved as a label is written as it is to a file, which the MedOptError names.
        """
        try:
            self.leave()
        except MedOptError as error:
            self.dirty = False
            name = f"{self.current}-{datetime.now():%Y%m%d-%H%M%S}"
            folders = (Path(self._project.folder) / RESCUE_FOLDER, Path(tempfile.gettempdir()) / "MedOpt-rescued")
            copy = self.scene.writeCopy(folders, name)
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
            self.scene.forget()
            self._forgetCase()
            self.caseShown.emit()
            self.changed.emit()

    def _save(self, overlap: Literal["refuse", "later"], note: str) -> None:
        if self._case is None:
            return
        label = self.scene.read(overlap)
        unchanged = np.array_equal(label.array, self._saved)
        source = "proposal" if unchanged and self._source == "proposal" else "manual"
        self.clock.touch()
        self._version = self._project.save_label(
            self._case.id, label, annotator=self.annotator, seconds=self.clock.seconds, source=source, note=note
        )
        self.clock.start()
        self._saved, self._source, self.dirty = label.array.copy(), "label", False
        self._case = self._project.case(self._case.id)
        self.cases.update(self._case)
        logging.getLogger(__name__).info("saved version %d of %s", self._version, self._case.id)
        self.labelSaved.emit(self._case.id)
        self._listChanged()

    def flag(self, note: str) -> None:
        """Flag the case with a note, or take the flag away when it has one."""
        if self._case is None:
            return
        if self._case.state == "flagged":
            self._project.set_flag(self._case.id, None)
        elif note.strip():
            self._project.set_flag(self._case.id, note.strip())
        else:
            raise MedOptError(_("a flag needs a note"), remedy=_("Write a few words beside the button first"))
        self._case = self._project.case(self._case.id)
        self.cases.update(self._case)
        self._listChanged()

    def tableNode(self) -> Any:
        """The table node of the cases, made afresh where the scene has lost it; None without cases."""
        rows = self.cases.all()
        return self._table.update(rows) if rows else None

    def _listChanged(self) -> None:
        self.tableNode()
        self.changed.emit()

    # ---- who and how long ----------------------------------------------------------------------------------

    @property
    def annotator(self) -> str:
        """Name under which labels are saved."""
        return settings_store.text(self._store, settings_store.ANNOTATOR) or DEFAULT_ANNOTATOR

    def setAnnotator(self, name: str) -> None:
        """Change the name; an empty one brings the default back."""
        self._store.setValue(settings_store.ANNOTATOR, name.strip())
        self.changed.emit()

    def activity(self) -> None:
        """The annotator moved the mouse in a view or pressed a key."""
        self.clock.touch()

    def _onEdited(self) -> None:
        self.clock.touch()
        if not self.dirty and self._case is not None:
            self.dirty = True
            self.changed.emit()

    def _forgetCase(self) -> None:
        self.current, self._case, self._saved, self._version = None, None, None, None
        self.dirty = False
        self.clock.stop()

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def caseText(self) -> str:
        """One line about the case in the scene and what is left to do."""
        left = _("{n} cases still need a label").format(n=self.cases.openCount())
        if self._case is None:
            return left if self._project is not None else ""
        state = STATE_NAMES.get(self._case.state, self._case.state)
        text = _("{case} · subject {subject} · {state}").format(
            case=self._case.id, subject=self._case.subject, state=state
        )
        if self._source == "proposal":
            text += " · " + _("shown: the proposal of a model")
        if self._case.flag:
            text += " · " + _("flag: {note}").format(note=self._case.flag)
        return f"{text} · {left}"

    @property
    def savedText(self) -> str:
        """Whether what is painted is saved, and the clock."""
        if self._case is None:
            return ""
        if self.dirty:
            mark = _("● changed, not saved yet (saved by itself when you leave the case)")
        elif self._version is not None:
            mark = _("✓ saved as version {n}").format(n=self._version)
        elif self._case.labelled:
            mark = _("✓ saved earlier")
        else:
            mark = _("○ no label yet")
        return f"{mark} · {duration(self.clock.seconds)}"

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons of the panel look."""
        noProject = "" if self._project is not None else _("Open or create a project first.")
        noCases = noProject or ("" if self.cases.all() else _("Import images first (section Collect)."))
        noShown = noCases or ("" if self.cases.shown() else _("No case passes the filter."))
        noCase = noCases or ("" if self._case is not None else _("Show a case first: press Next."))
        noSelection = noCases or ("" if self.selected is not None else _("Select a case in the table first."))
        flagged = self._case is not None and self._case.state == "flagged"
        return {
            "previousButton": ButtonState(noShown, _("Show the case above. Key: P")),
            "nextButton": ButtonState(
                noShown, _("Show the next case that needs a label. Key: N"), next=self._case is None
            ),
            "goToButton": ButtonState(noSelection, _("Show the selected case. A double click does the same.")),
            "showTableButton": ButtonState(
                noCases, _("Show the table of cases in the present view layout, or go back.")
            ),
            "acceptButton": ButtonState(noCase, _("Save the label and show the next case. Key: A"), next=True),
            "saveButton": ButtonState(noCase, _("Save the label. Key: S")),
            "skipButton": ButtonState(noCase, _("Leave this case for later and show the next one.")),
            "flagButton": ButtonState(
                noCase,
                _("Take the flag away.") if flagged else _("Mark this case, with the note beside the button."),
                text=_("Unflag") if flagged else _("Flag"),
            ),
        }
