"""What a recipe does to a case, as one picture: before and after with their histograms, and drawn variants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from medopt.augment import AugmentSettings, Drawn, draw, sample_patch
from medopt.image import Geometry, Image, LabelMap
from medopt.preprocess import Clipped, Pipeline, PreprocessSettings, clipped, resample_label
from medopt.report.figures.canvas import WIDTH, Drawing, quiet_axes
from medopt.report.palette import INK, MUTED, look
from medopt.report.planes import best_slice, views
from medopt.report.text import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
"""Variants a row."""
BINS = 80


@dataclass(frozen=True, eq=False)
class RecipePreview:
    """A case under a recipe.

    Parameters
    ----------
    before, before_label : as they were read; the label may be None
    after, after_label : prepared
    variants : (image (channel, k, j, i), label (k, j, i) or None) of each drawn patch
    drawn : what happened to each of them
    spacing : mm along (k, j, i) of the variants
    cut : what the steps cut off
    """

    before: Image
    before_label: LabelMap | None
    after: Image
    after_label: LabelMap | None
    variants: Sequence[tuple[NDArray[np.float32], NDArray | None]]
    drawn: Sequence[Drawn]
    cut: tuple[Clipped, ...]

    @property
    def spacing(self) -> tuple[float, float, float]:
        """mm along (k, j, i) of the prepared grid, which the variants share."""
        return self.after.geometry.spacing


def preview_recipe(
    image: Image,
    label: LabelMap | None,
    preprocess: PreprocessSettings,
    augment: AugmentSettings,
    patch: Sequence[int],
    *,
    variants: int = 8,
    seed: int = 1,
) -> RecipePreview:
    """Prepare a case and draw ``variants`` patches of (k, j, i) voxels about the middle of its structures.

    It is the code that training runs. Raises MedOptError as `Pipeline.image` does.
    """
    after = Pipeline(preprocess).image(image)
    after_label = None if label is None else resample_label(label, after.geometry)
    center = _middle(after_label, after.geometry)
    drawn = [draw(augment, (seed, number), patch, after.geometry.spacing) for number in range(variants)]
    truth = None if after_label is None else after_label.array
    patches = [sample_patch(after.array, truth, center, one, after.geometry.spacing) for one in drawn]
    return RecipePreview(image, label, after, after_label, patches, drawn, clipped(preprocess, image, label))


def draw_preview(preview: RecipePreview, title: str) -> Drawing:
    """The picture: the slice that shows most of the structures, first channel, label outlines in colour."""
    rows = -(-len(preview.variants) // COLUMNS)

    def paint(figure: Figure) -> None:
        figure.suptitle(plain(title), x=0.01, ha="left", color=INK, fontweight="bold", fontsize=10)
        grid = figure.add_gridspec(1 + rows, COLUMNS)
        _show(figure.add_subplot(grid[0, 0]), preview.before.array[0], preview.before_label, preview.before.geometry)
        _histogram(figure.add_subplot(grid[0, 1]), preview.before.array[0])
        _show(figure.add_subplot(grid[0, 2]), preview.after.array[0], preview.after_label, preview.after.geometry)
        _histogram(figure.add_subplot(grid[0, 3]), preview.after.array[0])
        for axes, text in zip(figure.axes[:4], ("before", "its intensities", "after", "its intensities"), strict=True):
            axes.set_title(text)
        low, high = _range(preview.after.array[0])
        for number, (values, truth) in enumerate(preview.variants):
            axes = figure.add_subplot(grid[1 + number // COLUMNS, number % COLUMNS])
            cell = Geometry(truth.shape if truth is not None else values.shape[1:], preview.spacing)
            own = None if truth is None else LabelMap(truth, cell)
            _show(axes, values[0], own, _placed(cell, preview.after.geometry), limits=(low, high), middle=True)
            names = ", ".join(action.technique.replace("_", " ") for action in preview.drawn[number].actions)
            axes.set_title(_wrapped(names or "as it is"), fontsize=7, fontweight="normal", color=MUTED)

    cut = " ".join(one.sentence(str(one.channel + 1)) + "." for one in preview.cut)
    return Drawing(
        WIDTH,
        2.6 * (1 + rows),
        paint,
        f"Before and after preprocessing, and {len(preview.variants)} patches as training would draw them. {cut}",
    )


def _show(
    axes: Axes,
    values: NDArray,
    label: LabelMap | None,
    grid: Geometry,
    *,
    limits: tuple[float, float] | None = None,
    middle: bool = False,
) -> None:
    view = next((v for v in views(grid) if v.axis == 0), views(grid)[0])
    truth = np.zeros(grid.shape, np.uint8) if label is None else label.array
    index = grid.shape[view.axis] // 2 if middle else best_slice(truth, truth, view.axis)
    low, high = limits or _range(values)
    down, right = view.spacing
    flat = view.cut(values, index).astype(np.float32)
    axes.imshow(flat, cmap="gray", vmin=low, vmax=high, aspect=down / right, interpolation="nearest")
    cut = view.cut(truth, index)
    for position, value in enumerate(sorted(int(v) for v in np.unique(truth) if v)):
        if (cut == value).any():
            axes.contour(cut == value, levels=[0.5], colors=[look(position).color], linewidths=1.2)
    axes.set_axis_off()


def _histogram(axes: Axes, values: NDArray) -> None:
    low, high = _range(values)
    counts, edges = np.histogram(values, BINS, range=(low, high if high > low else low + 1))
    axes.stairs(100 * counts / max(1, values.size), edges, fill=True, color=look(1).color, alpha=0.8)
    axes.set_xlabel("value")
    axes.set_ylabel("voxels (%)")
    quiet_axes(axes, grid="y")


def _range(values: NDArray) -> tuple[float, float]:
    low, high = np.percentile(values, (0.5, 99.5))
    return float(low), float(max(high, low + 1e-6))


def _middle(label: LabelMap | None, grid: Geometry) -> list[float]:
    """The middle of the structures, or of the volume."""
    if label is None or not label.array.any():
        return [n // 2 for n in grid.shape]
    places = np.argwhere(label.array)
    return [float(v) for v in (places.min(axis=0) + places.max(axis=0)) // 2]


def _placed(cell: Geometry, like: Geometry) -> Geometry:
    """The patch's grid with the directions of the volume, so that it is drawn the same way up."""
    return Geometry(cell.shape, cell.spacing, like.origin, like.direction)


def _wrapped(text: str, width: int = 30) -> str:
    lines, line = [], ""
    for word in text.split(", "):
        if line and len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line}, {word}" if line else word
    return "\n".join([*lines, line])
