"""Interactive correction: from what an annotator draws to the part of a mask that changes; without torch."""

from medopt.labelling.assist.assistant import Assistant
from medopt.labelling.assist.local_tissue import grow_2d, smart_brush
from medopt.labelling.assist.magic_cut import magic_cut
from medopt.labelling.assist.outline import box, lasso
from medopt.labelling.assist.patch import Box3, Patch
from medopt.labelling.assist.piece import Piece
from medopt.labelling.assist.strokes import Strokes
from medopt.labelling.assist.trust import Trust

__all__ = [
    "Assistant",
    "Box3",
    "Patch",
    "Piece",
    "Strokes",
    "Trust",
    "box",
    "grow_2d",
    "lasso",
    "magic_cut",
    "smart_brush",
]
