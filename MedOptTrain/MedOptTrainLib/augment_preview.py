"""Drawn variants of a patch side by side, image and labels: the slice in view first, whole patches in short pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from medopt.errors import MedOptError
from medopt.scene.preview_mosaic import Mosaic
from medopt.scene.preview_planes import planes_in_view
from medopt.scene.preview_volume import add_preview_label, add_preview_volume, set_levels, voxels, voxels_changed
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.timer import Timer
from MedOptTrainLib.augment_section import AugmentSection
from MedOptTrainLib.captions import drawnCaption
from MedOptTrainLib.preprocess_section import PreprocessSection
from MedOptTrainLib.preview_case import PreviewCase
from MedOptTrainLib.preview_stage import PreviewStage
from MedOptTrainLib.refiner import Refiner
from MedOptTrainLib.variants import checkSize, patchCenter, variantPieces

COUNTS = (4, 9, 16)
"""How many variants can be shown."""
LABEL_OPACITY = 0.4
NOT_FORCED = ("flip",)
"""Techniques whose probability is that of each of their parts: forced, they would always do all of it."""


class AugmentPreview(Presenter):
    """Shows what the section's techniques do to a patch of the chosen case, prepared as the recipe says.

    Parameters
    ----------
    stage : where previews are shown, one at a time
    section, steps : the techniques, and the preprocessing before them
    case : the case
    recipe : gives the size of the patch
    timer : for what is not in view
    """

    def __init__(
        self,
        stage: PreviewStage,
        section: AugmentSection,
        steps: PreprocessSection,
        case: PreviewCase,
        recipe: Any,
        timer: Timer,
    ) -> None:
        super().__init__()
        self._stage, self._section, self._steps, self._case, self._recipe = stage, section, steps, case, recipe
        self.refiner = Refiner(timer, self._onError)
        self.count, self.seed, self.always = COUNTS[0], 1, True
        self.problem = ""
        self._forget()
        section.changed.connect(self._onSection)
        steps.changed.connect(self._onPrepared)
        case.changed.connect(self._onPrepared)

    def _forget(self) -> None:
        self._key: Any = None
        self._wanted: Any = None
        self._image: Any = None
        self._label: Any = None
        self._grid: Any = None
        self._mosaic: Any = None
        self._center: tuple[int, int, int] = (0, 0, 0)
        self._nodes: tuple[Any, Any] | None = None
        self.drawn: list[Any] = []

    @property
    def shown(self) -> bool:
        """Whether the variants are up."""
        return self._nodes is not None

    # ---- up and down ---------------------------------------------------------------------------------------

    def toggle(self) -> None:
        """Show the variants, or take them away."""
        if self.shown:
            self._stage.close()
        else:
            self.show()

    def remove(self) -> None:
        """Take the variants away, if they are up."""
        if self.shown:
            self._stage.close()

    def show(self) -> None:
        """Show variants of the chosen case; MedOptError when they cannot be, the scene is then as it was."""
        settings = self._section.settings
        if settings is None or self._steps.settings is None:
            raise MedOptError(_("the recipe has no valid steps and techniques"), remedy=_("Start from the defaults"))
        caseId, image, label = self._prepare()
        mosaic = Mosaic(self._patch(image), self.count)
        checkSize(mosaic.shape)
        low, dark, bright = _levels(image)
        stage, grid = self._stage, mosaic.geometry(image.geometry)
        stage.begin(self._onEnd)
        try:
            name = _("{case} variants").format(case=caseId)
            volume = add_preview_volume(stage.scene, grid, name, role="preview", case=caseId, fill=low)
            stage.keep(volume)
            labels = None
            if label is not None:
                classes = self._case.classes
                labels, colors = add_preview_label(
                    stage.scene, grid, classes, f"{name} labels", role="preview", case=caseId
                )
                stage.keep(labels, colors)
        except MedOptError:
            stage.close()
            raise
        set_levels(volume, dark, bright)
        self._key, self._image, self._label, self._grid = self._keyNow(), image, label, grid
        self._mosaic, self._nodes = mosaic, (volume, labels)
        self._center = patchCenter(label, image.geometry.shape, mosaic.tile)
        if labels is None:
            stage.layers.show(volume.GetID())
        else:
            stage.layers.show_label(volume.GetID(), labels.GetID(), opacity=LABEL_OPACITY)
        self._draw()
        self.changed.emit()

    def _onEnd(self) -> None:
        self.refiner.stop()
        self._forget()
        self.problem = ""
        self.changed.emit()

    def _prepare(self) -> tuple[str, Any, Any]:
        """(case id, image, label or None) on the prepared grid."""
        from medopt.preprocess import Pipeline

        caseId, image, label = self._case.read()
        pipeline = Pipeline(self._case.fitted(self._steps.settings))
        prepared = pipeline.image(image)
        return caseId, prepared, None if label is None else pipeline.label(label, prepared.geometry)

    def _keyNow(self) -> Any:
        """What the prepared patch depends on."""
        return (self._case.caseId, self._steps.settings, self._wish(), self.count)

    def _wish(self) -> tuple[int, int, int] | None:
        training = (self._recipe.values or {}).get("training")
        patch = training.get("patch") if isinstance(training, dict) else None
        if isinstance(patch, list) and len(patch) == 3 and all(isinstance(n, int) and n >= 1 for n in patch):
            return patch[0], patch[1], patch[2]
        return None

    def _patch(self, image: Any) -> tuple[int, int, int]:
        """The recipe's patch, or without one the whole prepared image."""
        return self._wish() or tuple(image.geometry.shape)

    # ---- changes -------------------------------------------------------------------------------------------

    def setCount(self, count: int) -> None:
        """Show so many variants."""
        self.count = count
        self._again()

    def newSeed(self) -> None:
        """Draw other variants: seeds that were not used before."""
        self.seed += self.count
        self._redraw()

    def setAlways(self, always: bool) -> None:
        """Whether every variant gets the selected technique, so that its range can be seen."""
        self.always = always
        self._redraw()

    def _onSection(self) -> None:
        if self.shown and self._section.settings is not None and self._settings() != self._wanted:
            self._draw()
        self.changed.emit()

    def _onPrepared(self) -> None:
        if self.shown and self._steps.settings is not None and self._keyNow() != self._key:
            self._again()
        self.changed.emit()

    def _again(self) -> None:
        """Prepare anew; what cannot be shown ends the preview, and its line says why."""
        if self.shown:
            try:
                if not self._sameGrid():
                    self.show()
            except MedOptError as error:
                self.remove()
                self._onError(error)
        self.changed.emit()

    def _sameGrid(self) -> bool:
        """Draw the newly prepared image where the tiles keep their grid, so that views stay as the user has them."""
        caseId, image, label = self._prepare()
        mosaic = Mosaic(self._patch(image), self.count)
        assert self._nodes is not None
        same = mosaic == self._mosaic and mosaic.geometry(image.geometry).is_close(self._grid)
        if not same or caseId != self._key[0] or (label is None) != (self._nodes[1] is None):
            return False
        self._key, self._image, self._label = self._keyNow(), image, label
        set_levels(self._nodes[0], *_levels(image)[1:])
        self._draw()
        return True

    def _redraw(self) -> None:
        if self.shown:
            self._draw()
        self.changed.emit()

    def _onError(self, error: MedOptError) -> None:
        self.problem = str(error)
        self.changed.emit()

    # ---- drawing -------------------------------------------------------------------------------------------

    def _settings(self) -> Any:
        """The techniques, the selected one in every variant where that is wished."""
        settings, name = self._section.settings, self._section.selected
        if not self.always or name in NOT_FORCED:
            return settings
        forced = tuple(
            t.model_copy(update={"probability": 1.0}) if t.technique == name else t for t in settings.techniques
        )
        return settings.model_copy(update={"techniques": forced})

    def _draw(self) -> None:
        """The slices in view of all variants now, the others later."""
        from medopt.augment import draw, sample_patch

        self._wanted, self.problem = self._settings(), ""
        shape, spacing = self._mosaic.tile, self._image.geometry.spacing
        self.drawn = [draw(self._wanted, self.seed + n, shape, spacing) for n in range(self.count)]
        planes = planes_in_view(self._stage.scene, self._grid) or (shape[0] // 2,)
        label = None if self._label is None else self._label.array
        for number, drawn in enumerate(self.drawn):
            for k in planes:
                got = sample_patch(self._image.array[:1], label, self._center, drawn, spacing, planes=(k, k + 1))
                self._write(number, slice(k, k + 1), got[0][0], got[1])
        self._told()
        self.refiner.start(self._rest())

    def _rest(self) -> Iterator[None]:
        """Whole variants, one after the other."""
        label = None if self._label is None else self._label.array
        for number, drawn in enumerate(self.drawn):
            for done in variantPieces(self._image.array[:1], label, self._center, drawn, self._image.geometry.spacing):
                if done is not None:
                    self._write(number, slice(None), done[0][0], done[1])
                    self._told()
                yield
        self.changed.emit()

    def _write(self, number: int, planes: slice, image: Any, label: Any) -> None:
        assert self._nodes is not None
        place = (planes, *self._mosaic.place(number))
        voxels(self._nodes[0])[place] = image
        if self._nodes[1] is not None and label is not None:
            voxels(self._nodes[1])[place] = label

    def _told(self) -> None:
        for node in self._nodes or ():
            if node is not None:
                voxels_changed(node)

    # ---- what it shows ---------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The patch and its case."""
        if self.problem or not self.shown:
            return self.problem
        size = " × ".join(map(str, reversed(self._mosaic.tile)))
        text = _("{n} variants of {size} voxels of {case}").format(n=self.count, size=size, case=self._key[0])
        if self._label is None:
            text += " · " + _("the case has no label")
        return text + (" · " + _("refining…") if self.refiner.busy else "")

    def captions(self) -> list[str]:
        """What was drawn for each variant, row by row."""
        return [drawnCaption(drawn) for drawn in self.drawn]

    def buttons(self) -> dict[str, ButtonState]:
        """States of the buttons of the preview."""
        noCase = self._case.problem or _("Open a project with cases first.") if self._case.caseId is None else ""
        noSteps = "" if self._steps.settings is not None else _("Start from the default preprocessing steps first.")
        noTechniques = "" if self._section.settings is not None else _("Start from the standard preset first.")
        show = ButtonState(
            "" if self.shown else noCase or noSteps or noTechniques,
            _("Take the variants out of the scene and the slice views.")
            if self.shown
            else _("Draw variants as a training would, and show them side by side in the slice views."),
            text=_("Remove variants") if self.shown else _("Show variants"),
        )
        seed = ButtonState("" if self.shown else _("Show the variants first."), _("Draw other variants."))
        return {"variantsButton": show, "seedButton": seed}


def _levels(image: Any) -> tuple[float, float, float]:
    """Smallest value, and those shown black and white, of the first channel."""
    import numpy as np

    from medopt.scene.preview_histogram import thinned

    low, dark, bright = (float(v) for v in np.percentile(thinned(image.array[0], 1 << 18), (0, 0.5, 99.5)))
    return low, dark, bright
