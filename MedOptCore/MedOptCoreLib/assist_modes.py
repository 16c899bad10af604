"""The ways of drawing that MedOpt Assist knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from MedOptCoreLib.i18n import _


class Mode(Enum):
    """A way of drawing; the value is what the scene stores."""

    STROKES = "strokes"
    BOX = "box"
    OVAL = "oval"
    LASSO = "lasso"
    BRUSH = "brush"
    GROW = "grow"
    CUT = "cut"

    @classmethod
    def of(cls, text: str) -> Mode:
        """The mode that a scene stored; `STROKES` for an unknown one, as from a later version."""
        return cls(text) if text in {mode.value for mode in cls} else cls.STROKES


@dataclass(frozen=True)
class Gesture:
    """How a mode is drawn.

    Parameters
    ----------
    button : name of its button in MedOptAssist.ui
    closed : whether the line is closed when the button of the mouse is let go
    rectangle : whether only the first and the last point count, as corners
    disc : whether a circle follows the mouse
    planar : whether it works in the slice alone
    help : what it does, a sentence
    """

    button: str
    closed: bool = False
    rectangle: bool = False
    disc: bool = False
    planar: bool = False
    help: str = ""


GESTURES: dict[Mode, Gesture] = {
    Mode.STROKES: Gesture(
        "strokesButton",
        help=_("Click or scribble: the structure is drawn anew around the strokes, in three dimensions."),
    ),
    Mode.BOX: Gesture(
        "boxButton", closed=True, rectangle=True, planar=True,
        help=_("Drag a box around the structure: it is found within the box, in this slice."),
    ),
    Mode.OVAL: Gesture(
        "ovalButton", closed=True, rectangle=True, planar=True,
        help=_("Drag a box: the oval in it is filled, or with Ctrl taken away, in this slice."),
    ),
    Mode.LASSO: Gesture(
        "lassoButton", closed=True, planar=True,
        help=_("Draw around a part: the edge nearest to the line is found, in this slice."),
    ),
    Mode.BRUSH: Gesture(
        "brushButton", disc=True, planar=True,
        help=_("Paint: the brush takes only what looks like the tissue under its centre, in this slice."),
    ),
    Mode.GROW: Gesture(
        "growButton", planar=True, help=_("Click: the uniform region around the click, in this slice.")
    ),
    Mode.CUT: Gesture(
        "cutButton", help=_("Draw across a bridge: the smaller side is cut off, in three dimensions.")
    ),
}  # fmt: skip
"""How each mode is drawn."""
