"""Work on one case: saving it, keeping drafts of it, starting anew; the base of a labelling session."""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib import settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import Presenter
from MedOptCoreLib.settings_store import SettingsStore
from MedOptCoreLib.signal import Signal
from MedOptLabelLib.case_list import CaseList
from MedOptLabelLib.case_table import CaseTable
from MedOptLabelLib.clock import LabellingClock
from MedOptLabelLib.draft_keeper import DraftKeeper
from MedOptLabelLib.editors import Editors, emptyLabel
from MedOptLabelLib.open_case import NEW, PROPOSAL, OpenCase, same
from MedOptLabelLib.task_editor import Overlap, TaskEditor

DEFAULT_ANNOTATOR = "annotator-1"
RESCUE_FOLDER = "rescued"
"""In the project: what could not be saved as a label when the scene was closed."""
LEAVING_NOTE = "saved when the case was left"


class CaseWork(Presenter):
    """The case in the scene, its editor, clock and drafts, and the list that tells of them.

    ``labelSaved`` is emitted with a case's id. Parameters are those of `LabelSession`.
    """

    def __init__(
        self, editors: Editors, table: CaseTable, store: SettingsStore, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.editors, self._table, self._store = editors, table, store
        self.editor: TaskEditor[Any] = editors.of("segmentation")
        self.cases, self.clock, self.drafts = CaseList(), LabellingClock(now), DraftKeeper(now)
        self.labelSaved = Signal()
        self.project: Any = None
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

    @property
    def annotator(self) -> str:
        """Name under which labels are saved."""
        return settings_store.text(self._store, settings_store.ANNOTATOR) or DEFAULT_ANNOTATOR

    def activity(self) -> None:
        """The annotator moved the mouse in a view or pressed a key."""
        self.clock.touch()

    def _onEdited(self) -> None:
        self.clock.touch()
        self.drafts.note()
        if self.opened is not None and not self.opened.dirty:
            self.opened.dirty = True
            self.changed.emit()

    # ---- saving --------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save the label as a new version, even when it equals the version before."""
        self._save("refuse", "")

    def leave(self) -> None:
        """Save the case in the scene if it was changed; for whatever takes it away.

        Where segments overlap, the later one in the list counts: there is nobody to ask.
        """
        if self.opened is None or not self.dirty or not self.editor.present:
            return
        if self.isSaved(self.editor.read("later")):
            self._settle()
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

    def _settle(self) -> None:
        """There is nothing to save: what was changed was taken back, and its draft is no use."""
        if self.opened is not None:
            self.opened.dirty = False
            self.drafts.settle(self.project, self.opened.id, self.annotator)

    def isSaved(self, label: Any) -> bool:
        """Whether ``label`` says what is saved of the case, or what it started from."""
        return self.opened is not None and same(self.project, label, self.opened.saved)

    def _save(self, overlap: Overlap, note: str) -> None:
        if self.opened is None:
            return
        from medopt.labelling.save import save_edited

        opened, label = self.opened, self.editor.read(overlap)
        self.clock.touch()
        version = save_edited(
            self.project,
            opened.id,
            label,
            annotator=self.annotator,
            seconds=self.clock.seconds,
            source="proposal" if opened.source == PROPOSAL else "manual",
            start=None if opened.source == NEW else opened.start,
            undos=opened.undos(self.editor.undos),
            blind=opened.blind,
            started_from=opened.record,
            note=note,
        )
        self._took(label, version)
        logging.getLogger(__name__).info("saved version %d of %s", version, opened.id)

    def _took(self, label: Any, version: int) -> None:
        """``label`` is what counts of the case in the scene, as ``version``."""
        assert self.opened is not None
        opened = self.opened
        self.clock.start()
        opened.took(label, version, self.project.case(opened.id), self.editor.undos)
        self.drafts.drop(self.project, opened.id, self.annotator)
        self.cases.update(opened.case)
        self.labelSaved.emit(opened.id)
        self.listChanged()

    def restoreVersion(self, version: int) -> None:
        """Let an earlier version of the case in the scene count again; unsaved changes become a version before."""
        if self.opened is None:
            return
        self.leave()
        restored = self.project.restore_label(self.opened.id, version, by=self.annotator)
        label = self.project.read_label(self.opened.id)
        self.editor.replace(label)
        self._took(label, restored)

    def reject(self) -> None:
        """Note that the proposal is no use, and start from an empty label; what was corrected of it stays a draft."""
        opened = self.opened
        if opened is None or opened.source != PROPOSAL:
            return
        corrected = opened.dirty
        if corrected:
            self.keepDraft()
        self.project.reject_proposal(opened.id, self.annotator)
        empty = emptyLabel(self.project.settings, opened.case.geometry)
        opened.beginAnew(empty)
        self.editor.replace(empty)
        opened.dirty = False
        if corrected:
            self.drafts.begin(self.project, opened, self.annotator)
        self.refreshCase()

    def keepDraft(self) -> None:
        """Keep the label as it is now as a draft."""
        if self.opened is not None:
            undos = self.opened.undos(self.editor.undos)
            self.drafts.save(
                self.project,
                self.opened,
                lambda: self.editor.read("later"),
                self.annotator,
                seconds=self.clock.seconds,
                undos=undos,
            )

    def restoreDraft(self) -> None:
        """Go on with the draft that is offered."""
        draft, opened = self.drafts.offer, self.opened
        if draft is None or opened is None:
            return
        if draft.source != "proposal" and opened.source == PROPOSAL:
            opened.beginAnew(emptyLabel(self.project.settings, opened.case.geometry))
        self.editor.replace(draft.label)
        opened.blind = draft.blind
        opened.undosBefore += draft.undos or 0
        self.clock.start(self.clock.seconds + (draft.seconds or 0.0))
        self.drafts.forget()
        self.changed.emit()

    def discardDraft(self) -> None:
        """Forget the draft that is offered."""
        if self.opened is not None:
            self.drafts.drop(self.project, self.opened.id, self.annotator)

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
