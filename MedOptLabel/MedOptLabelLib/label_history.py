"""Every version of the label of the case in the scene: who, when, from what; looked at over the label, and restored."""

from __future__ import annotations

from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.texts import duration
from MedOptLabelLib.session import LabelSession
from MedOptLabelLib.shown_label import removeShown, showLabel

ROLE = "shown version"


class LabelHistory(Presenter):
    """Parameters
    ----------
    scene : a ``vtkMRMLScene``
    session : the presenter of the case
    """

    def __init__(self, scene: Any, session: LabelSession) -> None:
        super().__init__()
        self._scene, self._session = scene, session
        self.versions: list[Any] = []
        self.selected: int | None = None
        self.shown = False
        self.problem = ""
        session.caseShown.connect(self._onCase)
        session.labelSaved.connect(self._onSaved)

    def _onCase(self) -> None:
        self.selected, self.problem = None, ""
        self._read()

    def _onSaved(self, _caseId: str) -> None:
        self._read()

    def _read(self) -> None:
        """The newest version first."""
        session = self._session
        opened = session.opened
        self.versions = [] if opened is None else list(reversed(session.project.label_history(opened.id)))
        if self.selected not in {one.version for one in self.versions}:
            self.selected = None
        self._update()

    def select(self, row: int | None) -> None:
        """The version in a row of the table."""
        wanted = None if row is None or not 0 <= row < len(self.versions) else self.versions[row].version
        if wanted != self.selected:
            self.selected, self.problem = wanted, ""
            self._update()

    def setShown(self, shown: bool) -> None:
        """Show the selected version as outlines over the label, or take it away."""
        self.shown = shown
        self._update()

    def restore(self) -> None:
        """Let the selected version count again; what was changed since the last save becomes a version before."""
        if self.selected is not None:
            self._session.restoreVersion(self.selected)

    def close(self) -> None:
        """Take what is shown out of the scene."""
        removeShown(self._scene, ROLE)

    def _update(self) -> None:
        self.close()
        session = self._session
        if self.shown and self.selected is not None and session.opened is not None and session.editor.present:
            case, version = session.opened.id, self.selected
            name = _("{case} version {n}").format(case=case, n=version)
            try:
                showLabel(
                    self._scene, session, session.project.labels.read_version(case, version), role=ROLE, name=name
                )
            except MedOptError as error:
                self.problem = str(error)
        self.changed.emit()

    # ---- what it shows ---------------------------------------------------------------------------------------

    def cells(self) -> list[list[str]]:
        """Rows of the table: version, time, annotator, where from, what was changed, how long it took, note."""
        unit = {"segmentation": _("voxels"), "detection": _("boxes")}.get(self._task, _("classes"))
        return [
            [
                str(one.version),
                f"{one.time.astimezone():%Y-%m-%d %H:%M}",
                one.annotator or "",
                _origin(one),
                "" if one.changed is None else f"{one.changed} {unit}",
                "" if one.seconds is None else duration(one.seconds),
                one.note,
            ]
            for one in self.versions
        ]

    @property
    def row(self) -> int | None:
        """Of the selected version."""
        return next((i for i, one in enumerate(self.versions) if one.version == self.selected), None)

    @property
    def text(self) -> str:
        """Whose history it is, or what is wrong."""
        if self.problem:
            return f"⚠ {self.problem}"
        case = self._session.current
        if case is None:
            return ""
        if not self.versions:
            return _("{case} has no label yet.").format(case=case)
        return _("{case}: {n} versions, the newest first. All of them are kept.").format(
            case=case, n=len(self.versions)
        )

    @property
    def _task(self) -> str:
        project = self._session.project
        return "" if project is None else str(project.settings.task)

    def buttons(self) -> dict[str, ButtonState]:
        """How the check box and the button look."""
        none = "" if self._session.opened is not None else _("Show a case first: press Next.")
        none = none or ("" if self.versions else _("The case has no label yet."))
        outlines = _("Classes of a whole image have no outlines.") if self._task == "classification" else ""
        noRow = none or ("" if self.selected is not None else _("Select a version in the table first."))
        newest = bool(self.versions) and self.selected == self.versions[0].version
        counts = _("This version counts already.") if newest and not self._session.dirty else ""
        return {
            "showVersionCheck": ButtonState(
                none or outlines, _("Show the selected version as outlines over the label.")
            ),
            "restoreButton": ButtonState(
                noRow or counts,
                _("Let this version count again. It becomes a new version; unsaved changes are saved as one before."),
            ),
        }


def _origin(version: Any) -> str:
    """Where a version came from, in words."""
    names = {
        "manual": _("by hand"),
        "import": _("imported"),
        "proposal": _("from a proposal"),
        "restore": _restored(version),
        "outside": _("written without MedOpt"),
    }
    text = names.get(version.source, version.source)
    if version.source == "proposal" and version.model:
        text = _("from {model}").format(model=version.model)
        if version.edits is not None and version.edits.as_is:
            text += ", " + _("as it was")
    return text + (", " + _("blind") if version.blind else "")


def _restored(version: Any) -> str:
    """Which version was restored, and by whom, as far as it was told."""
    if version.restored_from is None:
        return str(_("restored"))
    if version.restored_by is None:
        return str(_("version {n}, restored").format(n=version.restored_from))
    return str(_("version {n}, restored by {who}").format(n=version.restored_from, who=version.restored_by))
