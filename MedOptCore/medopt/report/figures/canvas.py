"""From a drawing to SVG or PNG: one style, no state between figures, the same bytes for the same drawing."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from medopt.report.palette import INK, LINE, MUTED, PAPER

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 9.6
"""Inches of a figure as wide as the page."""

_STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.labelsize": 9.0,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.unicode_minus": True,
    "figure.facecolor": "none",
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "medopt",
}

_PAGE_COLORS = {INK: "var(--ink)", MUTED: "var(--muted)", LINE: "var(--line)", PAPER: "var(--paper)"}
"""Colours that follow the page, light or dark, once the figure stands in it."""


@dataclass(frozen=True)
class Drawing:
    """A figure that is ready to be painted.

    Parameters
    ----------
    width, height : inches
    paint : draws on an empty matplotlib figure of that size
    caption : what it shows and how to read it, plain text
    """

    width: float
    height: float
    paint: Callable[[Figure], None]
    caption: str


def to_svg(drawing: Drawing, name: str, *, for_page: bool = False) -> str:
    """The drawing as an SVG element; the same text for the same drawing.

    ``name`` keeps the element ids of several figures in one page apart. With ``for_page`` text and rules take the
    page's colours and fonts, so that the figure is right on light and on dark paper.
    """
    stream = io.BytesIO()
    _save(drawing, stream, "svg")
    svg = stream.getvalue().decode("utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = _own_ids(svg, name)
    if for_page:
        for color, variable in _PAGE_COLORS.items():
            svg = svg.replace(color, variable)
        head, body = svg.split(">", 1)
        svg = re.sub(r' (width|height|version)="[^"]*"', "", head) + ">" + body
        svg = re.sub(r"<style.*?</style>\s*", "", svg, flags=re.DOTALL)  # it would hold for the whole page
        svg = re.sub(r"font: (\d+ )?([\d.]+)px [^;\"]*", lambda m: f"font: {m[1] or ''}{m[2]}px var(--sans)", svg)
        svg = re.sub(r"font-family: [^;\"]*;? ?", "", svg)
        svg = re.sub(r' xmlns(:xlink)?="[^"]*"', "", svg).replace("xlink:href", "href")
    return svg


def to_png(drawing: Drawing, *, dots_per_inch: int = 200, background: str = PAPER) -> bytes:
    """The drawing as PNG on a background; the same bytes for the same drawing and version of matplotlib."""
    stream = io.BytesIO()
    _save(drawing, stream, "png", dpi=dots_per_inch, facecolor=background)
    return stream.getvalue()


def quiet_axes(axes: Axes, *, grid: str | None = None) -> None:
    """Take away what carries no information: frame, ticks; leave a light grid along ``grid`` ("x", "y", "both")."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)
    if grid:
        axes.grid(True, axis=grid)  # type: ignore[arg-type]


def _save(drawing: Drawing, stream: io.BytesIO, kind: str, **options: Any) -> None:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: Any = {**matplotlib.rcParamsDefault, **_STYLE, "backend": matplotlib.rcParams["backend"]}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(drawing.width, drawing.height), layout="constrained")
        FigureCanvasAgg(figure)
        drawing.paint(figure)
        metadata: dict[str, Any] = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
        figure.savefig(stream, format=kind, metadata=metadata, **options)


def _own_ids(svg: str, name: str) -> str:
    """Drop ids that nothing refers to and put ``name`` before the others."""
    used = {a or b for a, b in re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', svg)}
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{name}-{m[1]})", svg)
    return re.sub(r'href="#([^"]+)"', lambda m: f'href="#{name}-{m[1]}"', svg)
