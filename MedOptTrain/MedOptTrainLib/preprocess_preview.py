"""Before and after preprocessing in the slice views: the slice in view first, the rest in short pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medopt.errors import MedOptError
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.timer import Timer
from MedOptTrainLib.display_range import displayRange
from MedOptTrainLib.preprocess_section import PreprocessSection
from MedOptTrainLib.preview_case import PreviewCase, thinned
from MedOptTrainLib.preview_stage import PreviewStage
from MedOptTrainLib.refiner import Refiner, outward

CLIP_VOXELS = 1 << 19
"""Voxels of the case in which those that are cut off are counted; of larger cases every n-th."""


class PreprocessPreview(Presenter):
    """Shows what the section's steps do to the chosen case.

    Parameters
    ----------
    stage : where previews are shown, one at a time
    section : the steps
    case : the case
    timer : for the slices that are not in view
    """

    def __init__(self, stage: PreviewStage, section: PreprocessSection, case: PreviewCase, timer: Timer) -> None:
        super().__init__()
        self._stage, self._section, self._case = stage, section, case
        self.refiner = Refiner(timer, self._onError)
        self.blend, self.channel = 0.5, 0
        self.problem = self.clippedText = ""
        self._chart: Any = None
        self._forget()
        section.changed.connect(self._onSection)
        case.changed.connect(self._onCase)

    def _forget(self) -> None:
        self._caseId: str | None = None
        self._settings: Any = None
        self._fitted: Any = None
        self._preview: Any = None
        self._nodes: tuple[Any, Any] | None = None

    @property
    def shown(self) -> bool:
        """Whether the preview is up."""
        return self._nodes is not None

    @property
    def plotted(self) -> bool:
        """Whether there is a chart of the histograms."""
        return self._chart is not None

    # ---- up and down ---------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Show the preview, or take it away."""
        if self.shown:
            self._stage.close()
        else:
            self.show()

    def show(self) -> None:
        """Show the chosen case before and after; MedOptError when it cannot be, the scene is then as it was."""
        from medopt.preprocess import Preview
        from medopt.scene.preview_volume import add_preview_volume

        settings = self._section.settings
        if settings is None:
            raise MedOptError(_("there are no valid steps"), remedy=_("Start from the default steps"))
        caseId, image, _label = self._case.read()
        fitted = self._case.fitted(settings)
        self.channel = min(self.channel, image.channels - 1)
        preview = Preview(image, fitted)
        stage = self._stage
        stage.begin(self._onEnd)
        try:
            before = self._before(caseId, image)
            after = add_preview_volume(stage.scene, preview.geometry, f"{caseId} prepared", role="preview", case=caseId)
            stage.keep(after)
            self._caseId, self._settings, self._fitted = caseId, settings, fitted
            self._preview, self._nodes = preview, (before, after)
            stage.layers.show(before.GetID(), foreground=after.GetID(), opacity=self.blend)
            self._draw()
        except MedOptError:
            stage.close()
            raise
        self.changed.emit()

    def remove(self) -> None:
        """Take the preview away, if it is up."""
        if self.shown:
            self._stage.close()

    def removeHistograms(self) -> None:
        """Take the chart of the histograms out of the scene; the plot that was active before is active again."""
        from medopt.scene.plots import remove_plot

        chart, self._chart = self._chart, None
        if chart is not None and self._stage.scene.IsNodePresent(chart):
            self._stage.putBackPlot(chart)
            remove_plot(self._stage.scene, chart)
        self.changed.emit()

    def _onEnd(self) -> None:
        self.refiner.stop()
        self._forget()
        self.problem = self.clippedText = ""
        self.removeHistograms()

    def _before(self, caseId: str, image: Any) -> Any:
        """The volume of the case as it was loaded: the one that is in the scene, else one of the preview's own."""
        from medopt.image import Image
        from medopt.scene import marked_nodes, volume_from_image, volume_geometry
        from medopt.scene.preview_histogram import thinned as few
        from medopt.scene.preview_volume import set_levels

        found = [
            n for n in marked_nodes(self._stage.scene, role="image", case=caseId) if n.IsA("vtkMRMLScalarVolumeNode")
        ]
        if len(found) == image.channels and not found[0].IsA("vtkMRMLVectorVolumeNode"):
            node = found[self.channel]
            if node.GetParentTransformNode() is None and volume_geometry(node).is_close(image.geometry):
                self._stage.watch(node)
                return node
        import numpy as np

        one = Image(image.array[self.channel : self.channel + 1], image.geometry)
        node = volume_from_image(self._stage.scene, one, caseId, role="preview", case=caseId)
        node.SetSaveWithScene(False)
        self._stage.keep(node)
        set_levels(node, *(float(v) for v in np.percentile(few(one.array[0], 1 << 16), (0.5, 99.5))))
        return node

    # ---- changes -------------------------------------------------------------------------------------------

    def setBlend(self, blend: float) -> None:
        """0 shows before, 1 after."""
        self.blend = blend
        if self.shown:
            self._stage.layers.set_opacity(blend)

    def setChannel(self, channel: int) -> None:
        """Look at another channel."""
        if channel != self.channel:
            self.channel = channel
            if self.shown:
                self.show()

    def _onCase(self) -> None:
        if self.shown and self._case.caseId != self._caseId:
            self._again()
        self.changed.emit()

    def _again(self) -> None:
        """Show another case; what cannot be shown ends the preview, and the line of the preview says why."""
        try:
            self.show()
        except MedOptError as error:
            self.remove()
            self._onError(error)

    def _onSection(self) -> None:
        settings = self._section.settings
        if self.shown and settings is not None and settings != self._settings:
            self._settings = settings
            try:
                self._fitted = self._case.fitted(settings)
                self._preview.change(self._fitted)
                self._draw()
            except MedOptError as error:
                self.refiner.stop()
                self._onError(error)
            self.changed.emit()

    def _onError(self, error: MedOptError) -> None:
        self.problem = str(error)
        self.changed.emit()

    # ---- drawing -------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """The slices in view now, the others later."""
        from medopt.scene.preview_planes import planes_in_view
        from medopt.scene.preview_volume import fit_voxels, levels, set_levels, voxels, voxels_changed

        assert self._nodes is not None
        before, after = self._nodes
        grid = self._preview.geometry
        fit_voxels(after, grid)
        planes = planes_in_view(self._stage.scene, grid) or (grid.shape[0] // 2,)
        array = voxels(after)
        for k in planes:
            array[k : k + 1] = self._preview.slices(k, k + 1, self.channel)
        set_levels(after, *(displayRange(self._settings.steps) or levels(before)))
        voxels_changed(after)
        self.problem = ""
        self.refiner.start(self._rest(planes))

    def _rest(self, planes: tuple[int, ...]) -> Iterator[None]:
        """Slices around those in view, then what is told about all of them."""
        from medopt.scene.preview_volume import voxels, voxels_changed

        assert self._nodes is not None
        after = self._nodes[1]
        for start, stop in outward(self._preview.geometry.shape, planes):
            voxels(after)[start:stop] = self._preview.slices(start, stop, self.channel)
            voxels_changed(after)
            yield
        self.clippedText = self._clipped()
        yield
        if self._chart is not None:
            self._drawHistograms()
        self.changed.emit()

    def _clipped(self) -> str:
        """What the steps cut off, step by step."""
        from medopt.preprocess import clipped

        _caseId, image, label = self._case.read()
        few, fewLabel = thinned(image, label, CLIP_VOXELS)
        parts = [c.sentence(self._case.channels[c.channel]) for c in clipped(self._fitted, few, fewLabel)]
        if not parts:
            return _("No step cuts intensities off.")
        about = "" if few is image else " " + _("(counted in every n-th voxel)")
        return ". ".join(parts) + about + "."

    # ---- histograms ------------------------------------------------------------------------------------------

    def histograms(self) -> Any:
        """The plot chart node of both histograms, made where it is missing; None while no preview is shown."""
        if not self.shown:
            return None
        self._drawHistograms()
        return self._chart

    def _drawHistograms(self) -> None:
        from medopt.scene.plots import plot_from_chart, update_plot
        from medopt.scene.preview_histogram import histogram_chart
        from medopt.scene.preview_volume import voxels

        assert self._nodes is not None
        _caseId, image, _label = self._case.read()
        shared = all(getattr(step, "keeps_scale", True) for step in self._settings.steps)
        title = _("Intensities of {case}").format(case=self._caseId)
        names = (_("Before"), _("After"))
        after = voxels(self._nodes[1])
        chart = histogram_chart(image.array[self.channel], after, shared=shared, title=title, names=names)
        scene = self._stage.scene
        if self._chart is None or not scene.IsNodePresent(self._chart):
            self._stage.rememberPlot()
            self._chart = plot_from_chart(scene, chart, role="preview histograms")
        else:
            update_plot(scene, self._chart, chart)

    # ---- what it shows ---------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The case, the prepared grid, and which cases gave the scale of the cohort."""
        if self.problem:
            return self.problem
        if not self.shown:
            return ""
        grid = self._preview.geometry
        size = " × ".join(map(str, reversed(grid.shape)))
        spacing = " × ".join(f"{s:.3g}" for s in reversed(grid.spacing))
        parts = [_("{case}: {size} voxels of {spacing} mm").format(case=self._caseId, size=size, spacing=spacing)]
        if self._case.cohortCases:
            names = ", ".join(self._case.cohortCases)
            parts.append(_("scale of the cohort from the training cases {names}").format(names=names))
        if self.refiner.busy:
            parts.append(_("refining…"))
        return " · ".join(parts)

    def buttons(self) -> dict[str, ButtonState]:
        """States of the buttons of the preview."""
        noCase = self._case.problem or _("Open a project with cases first.") if self._case.caseId is None else ""
        noSteps = noCase or ("" if self._section.settings is not None else _("Start from the default steps first."))
        preview = ButtonState(
            "" if self.shown else noSteps,
            _("Take the preview out of the scene and the slice views.")
            if self.shown
            else _("Show the case before and after in the slice views."),
            text=_("Remove preview") if self.shown else _("Show preview"),
        )
        noPreview = "" if self.shown else _("Show the preview first.")
        histograms = ButtonState(
            noPreview,
            _("Plot the intensities before and after in the present view layout, or go back."),
            text=_("Remove histograms") if self.plotted else _("Histograms"),
        )
        return {"previewButton": preview, "histogramsButton": histograms}
