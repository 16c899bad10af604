"""What speaks for a class, over the case in the scene: has maps made, shows them, says what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.job_line import JobLine
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptValidateLib.validator import Validator

VIEW = "explain"
"""Mark of this part's nodes, so that they stay until this part takes them away."""
METHODS = (
    ("gradcam", _("Grad-CAM")),
    ("gradcam++", _("Grad-CAM++")),
    ("cam", _("CAM (networks with one last linear layer)")),
    ("occlusion", _("occlusion (slow)")),
)
"""Names and titles, the default first; the command's own list needs packages that may be missing still."""


class ExplainPresenter(Presenter):
    """Shows the map of one class of the case that the results show. What is switched on stays on from case to case.

    Parameters
    ----------
    scene : a ``vtkMRMLScene``
    application : its ``vtkMRMLApplicationLogic``; None without views
    jobs : the worker line
    validator : which run, part and case
    """

    def __init__(self, scene: Any, application: Any, jobs: JobLine, validator: Validator) -> None:
        super().__init__()
        from medopt.scene.explanation import OPACITY
        from medopt.scene.preview_layers import SliceLayers

        self._scene, self._jobs, self._validator = scene, jobs, validator
        self._layers = SliceLayers(scene, application)
        self._project: Any = None
        self._showing: tuple[str, str] | None = None
        self._read: tuple[Path, Any, Any] | None = None
        self.method, self.className = METHODS[0][0], ""
        self.shown, self.opacity, self.problem = False, OPACITY, ""
        validator.changed.connect(self.refresh)
        jobs.finished.connect(self._onFinished)

    # ---- what is chosen --------------------------------------------------------------------------------------

    def setProject(self, project: Any) -> None:
        """Another project was opened, or none."""
        self._project = project
        self.refresh()

    def chooseMethod(self, method: str) -> None:
        """Another method's maps."""
        self.method = method
        self.refresh()

    def chooseClass(self, name: str) -> None:
        """Another class's map."""
        self.className = name
        self.refresh()

    def setShown(self, shown: bool) -> None:
        """Lay the map over the image, or take it away."""
        self.shown = shown
        self.refresh()

    def setOpacity(self, opacity: float) -> None:
        """Of the map over the image, 0 to 1; views that no longer show it are left alone."""
        self.opacity = opacity
        self._layers.set_opacity(opacity)

    def explain(self) -> None:
        """Make the maps of the run's cases."""
        run, subset = str(self._validator.run), self._validator.subset
        options = ["--run", run, "--subset", subset, "--method", self.method]
        self._jobs.start(["explain", str(self._project.folder), *options])

    def close(self) -> None:
        """Take the map out of views and scene."""
        from medopt.scene import remove_view

        self._layers.restore()
        remove_view(self._scene, VIEW)
        self._showing = None

    def forget(self) -> None:
        """The scene is being closed and takes the map with it."""
        self._layers.forget()
        self._showing = None

    # ---- what it finds ---------------------------------------------------------------------------------------

    @property
    def explanation(self) -> Any:
        """The maps of the chosen run, part and method; None when none were made."""
        if self._project is None or self._validator.run is None:
            return None
        from medopt.validation.explain import FILE, Explanation, explanation_folder

        run = Path(self._project.folder) / "runs" / self._validator.run
        path = explanation_folder(run, self._validator.subset, self.method) / FILE
        if not path.is_file():
            return None
        stamp = path.stat().st_mtime_ns
        if self._read is None or self._read[:2] != (path, stamp):
            self._read = (path, stamp, Explanation.load(path))
        return self._read[2]

    @property
    def case(self) -> str | None:
        """The case that stands in the scene."""
        validator = self._validator
        return None if validator.current is None else str(validator.lines[validator.current].case)

    def classes(self) -> list[str]:
        """Names of the classes of which the case has a map."""
        found = self.explanation
        return [] if found is None else [one.name for one in found.maps if one.case == self.case]

    def _map(self) -> Any:
        found = self.explanation
        maps = [] if found is None else [one for one in found.maps if one.case == self.case]
        return next((one for one in maps if one.name == self.className), maps[0] if maps else None)

    def refresh(self) -> None:
        """Bring the scene in line with what is chosen."""
        self.problem = ""
        try:
            one = self._map() if self.shown else None
            wanted = None if one is None else (one.file, self.method)
            if wanted != self._showing:
                self.close()
                if one is not None:
                    self._show(one)
                    self._showing = wanted
        except MedOptError as error:
            self.close()
            self.problem = str(error)
        self.changed.emit()

    def _show(self, one: Any) -> None:
        from medopt.io import read_image
        from medopt.scene import marked_nodes, put_into_case_folder
        from medopt.scene.explanation import explanation_volume
        from medopt.validation.explain import explanation_folder

        found = self.explanation
        run = Path(self._project.folder) / "runs" / found.run
        heat = read_image(explanation_folder(run, found.subset, self.method) / one.file)
        legend = _("{method} of {name}, % of the largest").format(method=found.title, name=one.name)
        name = _("{case} {method} of {name}").format(case=one.case, method=found.title, name=one.name)
        node = explanation_volume(self._scene, heat, name, legend, case=one.case, view=VIEW)
        put_into_case_folder(self._scene, one.case, [node])
        images = marked_nodes(self._scene, role="image", case=one.case)
        if images:
            self._layers.show(images[0].GetID(), foreground=node.GetID(), opacity=self.opacity)

    def _onFinished(self, _job: Any, status: Any) -> None:
        if status.command == "explain":
            self._showing = None
            self.refresh()

    # ---- what it says ----------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What the checks say of the maps, or why there are none."""
        if self.problem:
            return f"⚠ {self.problem}"
        found = self.explanation
        if found is None:
            return _("No maps by this method yet.")
        from medopt.validation.explain import pointing_verdict, sanity_verdict

        return "\n".join([sanity_verdict(found), *(pointing_verdict(row) for row in found.pointing)])

    def buttons(self) -> dict[str, ButtonState]:
        """How the button and the check box look."""
        noJob = self._validator.noRun() or self._validator.notOwn() or self._validator.busy()
        return {
            "explainButton": ButtonState(
                noJob, _("Map what in each case speaks for a class and check the maps, in a worker process.")
            ),
            "showMapCheck": ButtonState(self._noMap(), _("Lay the map over the image, with its colour legend.")),
        }

    def _noMap(self) -> str:
        if self.explanation is None:
            return _("Make the maps first.")
        if self.case is None:
            return _("Show a case first: click a row of the results.")
        return "" if self._map() is not None else _("The model finds nothing to explain in this case.")
