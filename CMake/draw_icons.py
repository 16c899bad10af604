"""Draw the icons of the extension and of its modules: MedOpt.png (128 px) and Resources/Icons/*.png (64 px).

    python CMake/draw_icons.py

Needs matplotlib. The pictures are in the repository; run this after a change of their design.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path as Outline

ROOT = Path(__file__).resolve().parents[1]
DARK, AMBER, BLUE, GREEN, WHITE = "#20324a", "#e69f00", "#56b4e9", "#009e73", "#ffffff"


def main() -> int:
    """Write all icons."""
    matplotlib.use("Agg")
    pictures = {
        ROOT / "MedOpt.png": (128, draw_extension),
        ROOT / "MedOptCore/Resources/Icons/MedOptCore.png": (64, draw_extension),
        ROOT / "MedOptCore/Resources/Icons/MedOptAssist.png": (64, draw_assist),
        ROOT / "MedOptLabel/Resources/Icons/MedOptLabel.png": (64, draw_label),
        ROOT / "MedOptTrain/Resources/Icons/MedOptTrain.png": (64, draw_train),
        ROOT / "MedOptValidate/Resources/Icons/MedOptValidate.png": (64, draw_validate),
    }
    for path, (pixels, draw) in pictures.items():
        figure = Figure(figsize=(1, 1), dpi=pixels)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_xlim(0, 100)
        axes.set_ylim(0, 100)
        axes.axis("off")
        axes.add_patch(FancyBboxPatch((14, 14), 72, 72, boxstyle="round,pad=10,rounding_size=20", fc=DARK, ec="none"))
        draw(axes)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, transparent=True, metadata={"Software": None})
    return 0


def structure(axes: Axes, x: float, y: float, size: float) -> None:
    """Two adjoining halves, as the structures that are segmented."""
    angle = np.linspace(np.pi / 2, 3 * np.pi / 2, 40)
    wave = 1 + 0.10 * np.cos(3 * angle)
    left = np.column_stack([x + size * np.cos(angle) * wave, y + size * 1.15 * np.sin(angle) * wave])
    right = np.column_stack([2 * x - left[:, 0], left[:, 1]])
    axes.add_patch(Polygon(left, closed=True, fc=AMBER, ec="none"))
    axes.add_patch(Polygon(right, closed=True, fc=BLUE, ec="none"))


def draw_extension(axes: Axes) -> None:
    """The structure, small and light: three layers that shrink."""
    structure(axes, 40, 50, 25)
    for x, height in ((70, 34), (78, 24), (86, 14)):
        axes.plot([x, x], [50 - height / 2, 50 + height / 2], color=WHITE, lw=3.2, solid_capstyle="round")


def draw_label(axes: Axes) -> None:
    """The structure and a pencil."""
    structure(axes, 42, 56, 25)
    axes.plot([52, 80], [24, 52], color=WHITE, lw=6, solid_capstyle="butt")
    axes.add_patch(Polygon([(45, 17), (56, 20), (48, 28)], closed=True, fc=WHITE, ec="none"))


def draw_assist(axes: Axes) -> None:
    """The structure, a click that belongs to it and one that does not."""
    structure(axes, 46, 52, 27)
    for x, y, color, upright in ((34, 56, GREEN, True), (76, 26, WHITE, False)):
        axes.add_patch(Circle((x, y), 12, fc=DARK, ec=color, lw=2.2))
        axes.plot([x - 5, x + 5], [y, y], color=color, lw=3.0, solid_capstyle="round")
        if upright:
            axes.plot([x, x], [y - 5, y + 5], color=color, lw=3.0, solid_capstyle="round")


def draw_train(axes: Axes) -> None:
    """A loss that falls and a Dice that rises."""
    x = np.linspace(20, 80, 60)
    axes.plot(x, 24 + 50 * np.exp(-(x - 20) / 16), color=AMBER, lw=3.4, solid_capstyle="round")
    axes.plot(x, 24 + 50 * (1 - np.exp(-(x - 20) / 20)), color=BLUE, lw=3.4, solid_capstyle="round")
    axes.plot([18, 18, 84], [82, 18, 18], color=WHITE, lw=2, solid_capstyle="round")


def draw_validate(axes: Axes) -> None:
    """The structure with the outline of a prediction, and a tick."""
    structure(axes, 42, 56, 23)
    axes.add_patch(Circle((46, 58), 27, fc="none", ec=WHITE, lw=2.2))
    tick = Outline([(58, 27), (66, 18), (84, 42)], [Outline.MOVETO, Outline.LINETO, Outline.LINETO])
    axes.add_patch(PathPatch(tick, fc="none", ec=GREEN, lw=5.5, capstyle="round", joinstyle="round"))


if __name__ == "__main__":
    raise SystemExit(main())
