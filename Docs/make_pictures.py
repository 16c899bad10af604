"""Make the pictures of the documentation anew.

    python Docs/make_pictures.py                     the made-up cohort
    python Docs/make_pictures.py PROJECT/runs/RUN    also the figures and the page of that run's report

The page is photographed by a Chromium or Chrome, when one is installed; without one the figures are made alone.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from medopt.files import write_bytes
from medopt.report import make_report, read_record
from medopt.report.figures import FIGURES, Drawing, to_png
from medopt.report.palette import look
from medopt.report.planes import best_slice, views
from medopt.synthetic import STRUCTURES, make_case

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = Path(__file__).parent / "pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTH, HEIGHT = 1120, 2560
"""Pixels of the photographed part of the page."""


def cohort_drawing(seeds: tuple[int, ...] = (100, 101, 102, 104)) -> Drawing:
    """Subjects side by side: coronal and sagittal slice, without and with the outlines of the label."""

    def paint(figure: Figure) -> None:
        grid = figure.subplots(4, len(seeds), height_ratios=(4, 4, 3, 3))
        for column, seed in zip(grid.T, seeds, strict=True):
            image, label = make_case(seed)
            shown = [view for view in views(image.geometry) if view.plane != "axial"]
            top = float(np.percentile(image.array, 99.7))
            for number, view in enumerate(shown):
                index = best_slice(label.array, label.array, view.axis)
                grey, known = (view.cut(array, index) for array in (image.array[0], label.array))
                for axes, outlined in ((column[2 * number], False), (column[2 * number + 1], True)):
                    down, right = view.spacing
                    axes.imshow(grey, cmap="gray", vmin=0, vmax=top, interpolation="bicubic", aspect=down / right)
                    axes.set_axis_off()
                    for position, structure in enumerate(STRUCTURES):
                        if outlined and (known == structure.value).any():
                            axes.contour(known == structure.value, [0.5], colors=look(position).color, linewidths=1.5)

    return Drawing(9.6, 10.2, paint, "Four made-up subjects.")


def photograph(page: Path, picture: Path) -> bool:
    """The head of a page as PNG; False when no browser is installed."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as profile:
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-quic",
            "--no-first-run",
        ]
        options += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        options += [f"--user-data-dir={profile}", f"--screenshot={picture}", f"--window-size={WIDTH},{HEIGHT}"]
        subprocess.run([browser, *options, page.resolve().as_uri()], check=True, capture_output=True, timeout=120)
    return True


def main() -> None:
    """Make the pictures that the arguments ask for."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation anew.")
    parser.add_argument("run", nargs="?", type=Path, help="folder of a validated run")
    parser.add_argument("--subset", default="test", help="the measured part (default: test)")
    arguments = parser.parse_args()
    write_bytes(PICTURES / "made-up-cohort.png", to_png(cohort_drawing(), dots_per_inch=110))
    if arguments.run is None:
        return
    record = read_record(arguments.run, arguments.subset)
    for name, kind in FIGURES.items():
        drawing = kind.draw(record)
        if drawing is not None:
            write_bytes(PICTURES / f"report-{name}.png", to_png(drawing, dots_per_inch=130))
    with tempfile.TemporaryDirectory() as folder:
        page = make_report(arguments.run, subset=arguments.subset, output=Path(folder) / "report.html")
        photograph(page, PICTURES / "report.png")


if __name__ == "__main__":
    main()
