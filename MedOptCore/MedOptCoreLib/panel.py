"""What the three panels have in common: head on top, worker line at the foot, one project for both."""

from __future__ import annotations

from typing import Any

import slicer

from MedOptCoreLib.head_widget import MedOptHeadWidget
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.job_widget import MedOptJobWidget
from MedOptCoreLib.library import Library
from MedOptCoreLib.packages import Installer, PackageGroup
from MedOptCoreLib.project_head import ProjectHead
from MedOptCoreLib.qt_tools import QtTimer, SlicerInstaller
from MedOptCoreLib.settings_store import SettingsStore


class MedOptPanel:
    """Head and worker line of one panel, with their presenters wired together.

    Parameters
    ----------
    layout : of the module's widget; the head goes in first, ``addFoot`` puts the worker line in last
    groups : packages that this panel needs
    library, store, installer : replaced in tests
    """

    def __init__(
        self,
        layout: Any,
        groups: tuple[PackageGroup, ...],
        library: Library | None = None,
        store: SettingsStore | None = None,
        installer: Installer | None = None,
    ) -> None:
        self._layout = layout
        self.library = library or Library()
        self.store: SettingsStore = store or slicer.app.userSettings()
        self.head = ProjectHead(self.library, self.store, installer or SlicerInstaller(), groups)
        self.jobs = JobLine(self.library, QtTimer())
        self.headWidget = MedOptHeadWidget(self.head)
        self.jobWidget = MedOptJobWidget(self.jobs)
        layout.addWidget(self.headWidget.widget)
        self.head.projectChanged.connect(self._onProject)
        self.jobs.changed.connect(self._onJobs)
        self.jobs.finished.connect(self._onFinished)

    def addFoot(self) -> None:
        """Put the worker line under what is in the layout, and the free room under it."""
        self._layout.addWidget(self.jobWidget.widget)
        self._layout.addStretch(1)

    def _onProject(self, project: Any) -> None:
        self.jobs.setProjectFolder(None if project is None else project.folder)

    def _onJobs(self) -> None:
        self.head.setWorkerText(self.jobs.workerText)

    def onCountsChanged(self, *_what: Any) -> None:
        """Labels were saved, or runs have come: show the counts afresh."""
        self.head.refresh()

    def _onFinished(self, _job: Any, _status: Any) -> None:
        self.head.refresh()

    def cleanup(self) -> None:
        """Stop looking and listening; jobs go on."""
        self.jobWidget.cleanup()
        self.headWidget.cleanup()
