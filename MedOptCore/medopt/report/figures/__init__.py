"""Figures of a run: each one file, drawn with matplotlib, as SVG for pages and as SVG or PNG for papers."""

from medopt.report.figures.canvas import Drawing, to_png, to_svg
from medopt.report.figures.registry import FIGURES, FigureKind

__all__ = ["FIGURES", "Drawing", "FigureKind", "to_png", "to_svg"]
