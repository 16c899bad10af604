"""The colours and markers of reports, the same for a structure in every figure.

The structures' colours differ in lightness and hue so that readers with any colour vision can tell neighbours apart
(chosen near Okabe & Ito 2008) and have a contrast of about 3:1 or more against white and against near-black paper;
each also has a marker of its own, so that no figure depends on colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

INK, MUTED, LINE, PAPER = "#1c2126", "#5c6670", "#d3d9df", "#fdfdfe"
"""Text, quiet text, rules and background; in a page these four become the page's own, light or dark."""

_COLORS = ("#db7b00", "#2f7fd6", "#0f9b7e", "#c9558f", "#8a6bd6", "#b0452f", "#6f8a12", "#7d7f86")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")


@dataclass(frozen=True)
class Look:
    """How one structure is drawn: its ``#rrggbb`` colour and matplotlib marker."""

    color: str
    marker: str


def look(position: int) -> Look:
    """The look of the structure at ``position`` (from 0); after eight structures the colours come round again."""
    return Look(_COLORS[position % len(_COLORS)], _MARKERS[(position + position // len(_COLORS)) % len(_MARKERS)])
