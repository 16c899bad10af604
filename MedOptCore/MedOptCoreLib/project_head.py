"""The common head of the panels: which project, its line of state, and what must be installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib import hardware, packages, settings_store
from MedOptCoreLib.i18n import _
from MedOptCoreLib.library import Library, splitNames
from MedOptCoreLib.packages import Installer, PackageGroup
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.settings_store import SettingsStore
from MedOptCoreLib.signal import Signal

RECENT_KEPT = 10


class ProjectHead(Presenter):
    """One project for all three panels; ``projectChanged`` is emitted with the project, or None.

    Parameters
    ----------
    library : doors of medopt
    store : remembers the current and the recent projects between sessions
    installer : asks and installs what is missing
    groups : packages that this panel needs, the first of them to open a project at all
    """

    def __init__(
        self,
        library: Library,
        store: SettingsStore,
        installer: Installer,
        groups: tuple[PackageGroup, ...] | None = None,
    ) -> None:
        super().__init__()
        self._library, self._store, self._installer = library, store, installer
        self.groups = groups or (packages.lightPackages(),)
        self.project: Any = None
        self.workerText = _("worker idle")
        self.projectChanged = Signal()

    # ---- the project ---------------------------------------------------------------------------------------

    def recent(self) -> list[str]:
        """Folders of recent projects that still exist, the latest first."""
        try:
            folders = json.loads(settings_store.text(self._store, settings_store.RECENT_PROJECTS) or "[]")
        except ValueError:
            return []
        return [f for f in folders if isinstance(f, str) and (Path(f) / "project.yaml").is_file()]

    def open(self, folder: str | Path) -> None:
        """Open the project in ``folder`` and remember it; MedOptError when it is none, the present one stays."""
        path = self._wanted(folder)
        self._show(self._library.openProject(path))

    def create(self, folder: str | Path, name: str, classes: str, channels: str = "") -> None:
        """Make a segmentation project and open it.

        ``classes`` and ``channels`` are names with commas between them; no channels mean one called "image".
        """
        path = self._wanted(folder)
        classNames = splitNames(classes)
        if not classNames:
            raise MedOptError(
                _("no structures"),
                expected=_("names with commas between them"),
                remedy=_("Fill in the field Structures"),
            )
        title = name.strip() or path.name
        self._show(self._library.createProject(path, title, classNames, splitNames(channels) or ["image"]))

    def enter(self) -> None:
        """Show the project that another panel, or the last session, had open; what cannot be opened is forgotten."""
        current = settings_store.text(self._store, settings_store.CURRENT_PROJECT)
        if not self.canOpen() or not current or self._isOpen(current):
            self.changed.emit()
            return
        try:
            self.open(current)
        except MedOptError:
            self._store.setValue(settings_store.CURRENT_PROJECT, "")
            self.changed.emit()

    def close(self) -> None:
        """Show no project."""
        if self.project is not None:
            self.project = None
            self.projectChanged.emit(None)
            self.changed.emit()

    def _show(self, project: Any) -> None:
        self.project = project
        folder = str(project.folder)
        kept = [f for f in self.recent() if f != folder]
        self._store.setValue(settings_store.RECENT_PROJECTS, json.dumps([folder, *kept][:RECENT_KEPT]))
        self._store.setValue(settings_store.CURRENT_PROJECT, folder)
        self.projectChanged.emit(project)
        self.changed.emit()

    def _isOpen(self, folder: str) -> bool:
        return self.project is not None and str(self.project.folder) == folder

    def _wanted(self, folder: str | Path) -> Path:
        if not str(folder).strip():
            raise MedOptError(_("no folder is chosen"), remedy=_("Choose the project's folder"))
        return Path(folder).expanduser().absolute()

    # ---- what it shows -------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Folder of the open project, empty without one."""
        return "" if self.project is None else str(self.project.folder)

    def setWorkerText(self, text: str) -> None:
        """What the worker does now, for the line of state."""
        if text != self.workerText:
            self.workerText = text
            self.changed.emit()

    def stateLine(self) -> str:
        """ "42 cases · 18 labelled · 12 proposals · 3 runs · worker idle · CPU, 2 threads (no CUDA device found)"."""
        if self.project is None:
            return " · ".join([_("no project is open"), self.workerText, hardware.deviceText()])
        status = self.project.status()
        parts = [
            _("{n} cases").format(n=status.cases),
            _("{n} labelled").format(n=status.labelled),
            _("{n} proposals").format(n=status.proposals),
            _("{n} runs").format(n=status.runs),
            self.workerText,
            hardware.deviceText(),
        ]
        if status.flagged:
            parts.insert(3, _("{n} flagged").format(n=status.flagged))
        return " · ".join(parts)

    def refresh(self) -> None:
        """Show the counts afresh."""
        self.changed.emit()

    # ---- missing packages ----------------------------------------------------------------------------------

    def missingGroup(self) -> PackageGroup | None:
        """The first group of packages that this panel still lacks, None when all are there."""
        return next((group for group in self.groups if group.missing()), None)

    def installText(self) -> str:
        """What the install button does: which packages, how large, where; empty when nothing is missing."""
        group = self.missingGroup()
        return "" if group is None else packages.installText(group)

    def install(self) -> None:
        """Install the first missing group; a refusal of the user changes nothing."""
        group = self.missingGroup()
        if group is None:
            return
        packages.install(group, self._installer)
        self.enter()

    def canOpen(self) -> bool:
        """True when what projects need is installed."""
        return not self.groups[0].missing()

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons of the head look."""
        missing = "" if self.canOpen() else _("Install the missing packages first.")
        return {
            "openButton": ButtonState(missing, _("Open a project folder.")),
            "newButton": ButtonState(missing, _("Make a new project: choose folder, name and structures.")),
            "createButton": ButtonState(missing, _("Make the project and open it.")),
            "installButton": ButtonState("", self.installText(), next=not self.canOpen(), text=_("Install packages…")),
        }
