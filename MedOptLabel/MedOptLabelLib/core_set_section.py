"""The core set: the cases to label first, chosen by a job, changed by hand, and shown on a map of the cohort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.chart_node import ChartNode
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState
from MedOptLabelLib.job_presenter import JobPresenter

COMMAND = "coreset"


class CoreSetSection(JobPresenter):
    """``changed`` is emitted also when another case is selected, on which the button for changes by hand acts.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    jobs : the worker line
    """

    def __init__(self, scene: Any, jobs: JobLine) -> None:
        super().__init__(jobs)
        self._chart = ChartNode(scene, "core set")
        self._coreSet: Any = None
        self._cases: dict[str, Any] = {}
        self._count = 0
        self.selected: str | None = None
        self.problem = ""
        self.mapMissing = False
        """Whether the worker keeps nothing that the map could be drawn from."""

    # ---- the project -----------------------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Another project, or None."""
        self._project, self.selected = project, None
        self._count = 0
        self.refresh()

    def refresh(self) -> None:
        """Read the core set and its cases again; a chart that is shown follows."""
        self._coreSet, self._cases, self.problem, self.mapMissing = None, {}, "", False
        if self._project is not None:
            from medopt.labelling.core_set import load_core_set
            from medopt.labelling.embeddings import embeddings_path

            self.mapMissing = not embeddings_path(self._project).is_file()
            self._cases = {case.id: case for case in self._project.cases()}
            try:
                self._coreSet = load_core_set(self._project)
            except MedOptError as error:
                self.problem = str(error)
        if self._chart.node is not None:
            self.node()
        self.changed.emit()

    def noteLabel(self, caseId: str) -> None:
        """A label was saved; the chart shows it when it is drawn the next time."""
        self._cases[caseId] = self._project.case(caseId)
        self.changed.emit()

    @property
    def ids(self) -> tuple[str, ...]:
        """The cases in the order in which to label; empty without a core set."""
        return () if self._coreSet is None else self._coreSet.ids

    # ---- choosing --------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """Cases to choose: what the user said, else as many as before, else a tenth of the cohort."""
        if self._count or self._project is None:
            return self._count
        if self._coreSet is not None and self._coreSet.count:
            return int(self._coreSet.count)
        from medopt.labelling.core_set import default_count

        return default_count(len(self._cases))

    def setCount(self, count: int) -> None:
        """Cases to choose from now on."""
        if count != self.count:
            self._count = count
            self.changed.emit()

    def choose(self) -> None:
        """Let the worker look at the images and choose; what was put in and taken out by hand stays so."""
        self._jobs.start([COMMAND, str(self._project.folder), "--count", str(self.count)])
        self.changed.emit()

    def readImages(self) -> None:
        """Let the worker read the images again, for the map; the core set stays as it is."""
        self._jobs.start([COMMAND, str(self._project.folder)])
        self.changed.emit()

    def select(self, caseId: str | None) -> None:
        """The case on which `toggle` acts."""
        if caseId != self.selected:
            self.selected = caseId
            self.changed.emit()

    def caseOf(self, row: int) -> str | None:
        """The case in a row of the table."""
        return self.ids[row] if 0 <= row < len(self.ids) else None

    def caseAmong(self, names: Iterable[str]) -> str | None:
        """The first of ``names`` that is a case, such as the label of a point of the chart."""
        return next((name for name in names if name in self._cases), None)

    def toggle(self) -> None:
        """Put the selected case in, or take it out. MedOptError for a case that a model must not learn from."""
        if self._coreSet is None or self.selected is None:
            return
        from medopt.labelling.core_set import edit_core_set, load_core_set, save_core_set

        stored = load_core_set(self._project) or self._coreSet  # another annotator may have changed it
        case = [self.selected]
        change = {"dropped": case} if self.selected in stored.ids else {"added": case}
        save_core_set(self._project, edit_core_set(self._project, stored, **change))
        self.refresh()

    def _onFinished(self, _job: Any, status: Any) -> None:
        if self._project is not None and status.command == COMMAND:
            self._count = 0
            self.refresh()
            self.problem = self.problem or (status.error or "" if status.state == "failed" else "")
            self.changed.emit()

    # ---- the map ---------------------------------------------------------------------------------------------

    def node(self) -> Any:
        """The plot chart node of the cohort, drawn afresh from what the worker kept; None where it kept nothing."""
        if self._coreSet is None:
            return None
        from medopt.labelling.cohort_map import CohortMap, cohort_points
        from medopt.labelling.embeddings import cached_embeddings
        from medopt.labelling.pool import pool
        from medopt.scene.core_set_chart import core_set_chart

        known = cached_embeddings(self._project, [case.id for case in pool(self._project)])
        if not known.cases:
            if not self.mapMissing:
                self.mapMissing = True
                self.changed.emit()
            return None
        return self._chart.show(core_set_chart(CohortMap(cohort_points(self._project, self._coreSet, known), ())))

    # ---- what it shows ---------------------------------------------------------------------------------------

    def cells(self) -> list[list[str]]:
        """Rows of the table: case, whether it is labelled, why it is in the core set."""
        if self._coreSet is None:
            return []
        done = {name for name, case in self._cases.items() if case.labelled}
        return [[one.case, _("yes") if one.case in done else "", one.reason] for one in self._coreSet.cases]

    @property
    def text(self) -> str:
        """How far the core set is labelled, and what was passed over; empty without one."""
        if self.problem:
            return f"⚠ {self.problem}"
        if self._coreSet is None:
            return ""
        done = sum(name in self._cases and self._cases[name].labelled for name in self.ids)
        text = _("{done} of {n} are labelled. Next takes them first while there are no proposals.").format(
            done=done, n=len(self.ids)
        )
        if self._coreSet.repeated:
            text += " " + _("{n} images that repeat others were passed over.").format(n=len(self._coreSet.repeated))
        if self.mapMissing:
            text += " " + _(
                "What the chart is drawn from is not in the project's cache any more: press Prepare chart, and the "
                "images are read again; the core set stays as it is."
            )
        return text

    def buttons(self) -> dict[str, ButtonState]:
        """How the buttons look."""
        noCases = self.noProject or ("" if self._cases else _("Import images first (section Collect)."))
        noSet = noCases or ("" if self._coreSet is not None else _("Choose a core set first."))
        noCase = noSet or ("" if self.selected is not None else _("Select a case, here or in the table of cases."))
        inside = self.selected in self.ids
        return {
            "coreSetButton": ButtonState(
                noCases or self.otherJob,
                _("Choose the cases from the images alone, so that every case is like one of them."),
                text=_("Choose anew") if self._coreSet is not None else _("Choose"),
            ),
            "coreToggleButton": ButtonState(
                noCase,
                _("Take {case} out; it stays out when you choose anew.").format(case=self.selected)
                if inside
                else _("Put {case} in; it stays in when you choose anew.").format(case=self.selected),
                text=_("Drop selected case") if inside else _("Add selected case"),
            ),
            "coreChartButton": self._chartButton(noSet),
        }

    def _chartButton(self, noSet: str) -> ButtonState:
        if self.mapMissing and not noSet:
            return ButtonState(
                self.otherJob,
                _("Read the images again, in the worker, so that the chart can be drawn; the core set stays as it is."),
                text=_("Prepare chart"),
            )
        tip = _("Show the cohort with these cases as a chart in the present view layout, or go back.")
        return ButtonState(noSet, tip, text=_("Show chart"))
