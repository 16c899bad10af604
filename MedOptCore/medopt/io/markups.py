"""Read and write boxes as 3D Slicer's ``.mrk.json``: one ROI markup a box.

Source: the markups JSON schema of 3D Slicer (versions 1.0.0 to 1.0.4); `Docs/formats.md` describes the fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.files import read_json, write_json
from medopt.image import LPS_TO_RAS, Box
from medopt.image.geometry import Triple
from medopt.io.payload import damaged

SUFFIX = ".mrk.json"
SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/"
    "markups-schema-v1.0.4.json#"
)
OWN = "medopt"
"""The key beside ``markups`` under which MedOpt keeps what Slicer has no place for; Slicer passes over it."""

_SCORE = re.compile(r"score\s*[=:]?\s*([0-9.]+(?:e-?[0-9]+)?)", re.IGNORECASE)


@dataclass(frozen=True)
class NamedBox:
    """A box by the name of its class.

    Parameters
    ----------
    name : the class, as the file writes it
    center, size, axes, score : as in ``medopt.image.Box``; a size may be 0 or below in a faulty file
    color : ``#rrggbb`` for Slicer, or empty
    """

    name: str
    center: Triple
    size: Triple
    axes: tuple[Triple, Triple, Triple]
    score: float | None = None
    color: str = ""

    @classmethod
    def of(cls, box: Box, name: str, color: str = "") -> NamedBox:
        """A box with the name of its class instead of the value."""
        return cls(name, box.center, box.size, box.axes, box.score, color)

    def with_value(self, value: int) -> Box:
        """The box with the value of its class; MedOptError when it is none."""
        return Box(self.center, self.size, value, self.axes, self.score)


@dataclass(frozen=True)
class MarkupBoxes:
    """The boxes of a file, and the names of classes that nobody looked for."""

    boxes: tuple[NamedBox, ...]
    unjudged: tuple[str, ...] = ()


def read_markup_boxes(path: str | Path) -> MarkupBoxes:
    """The ROI markups of a ``.mrk.json``, of MedOpt or as Slicer saves them, in LPS mm.

    The name of a box is the label of its control point, else the markup's name; a number that Slicer appended
    ("Lesion-1") stays. Markups of other types are passed over; of the rest of the file nothing is kept.

    Raises MedOptError for a file that is damaged or holds markups but no ROI.
    """
    path = Path(path)
    value = read_json(path)
    markups = value.get("markups") if isinstance(value, dict) else None
    if not isinstance(markups, list):
        raise damaged(path, "a list of markups", "none")
    rois = [one for one in markups if isinstance(one, dict) and one.get("type") == "ROI"]
    if markups and not rois:
        kinds = {str(one.get("type")) for one in markups if isinstance(one, dict)}
        raise MedOptError("no boxes", where=path, expected="markups of type ROI", found=", ".join(sorted(kinds))[:60])
    own = value.get(OWN, {})
    unjudged = own.get("unjudged", []) if isinstance(own, dict) else None
    if not isinstance(unjudged, list) or not all(isinstance(name, str) for name in unjudged):
        raise damaged(path, f"a list of class names at {OWN}.unjudged", "other data")
    return MarkupBoxes(tuple(_box(one, number, path) for number, one in enumerate(rois)), tuple(unjudged))


def write_markup_boxes(boxes: Sequence[NamedBox], path: str | Path, *, unjudged: Sequence[str] = ()) -> None:
    """Write a ``.mrk.json`` that Slicer opens as one ROI node a box; atomically.

    The class is the markup's name and its control point's label, the score stands in the description. Without
    boxes the list of markups is empty.
    """
    value: dict[str, Any] = {"@schema": SCHEMA, "markups": [_markup(box) for box in boxes]}
    if unjudged:
        value[OWN] = {"unjudged": list(unjudged)}
    write_json(path, value)


def _markup(box: NamedBox) -> dict[str, Any]:
    axes, size = np.asarray(box.axes, float), list(box.size)
    if np.linalg.det(axes) < 0:  # MRML wants right-handed axes; in the other order they span the same box
        axes, size = axes[:, ::-1], size[::-1]
    point = {
        "id": "1",
        "label": box.name,
        "description": "" if box.score is None else f"score {box.score!r}",
        "position": [float(x) for x in box.center],
    }
    markup: dict[str, Any] = {
        "type": "ROI",
        "name": box.name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "roiType": "Box",
        "center": point["position"],
        "orientation": [float(x) for x in axes.ravel()],
        "size": [float(x) for x in size],
        "insideOut": False,
        "controlPoints": [point],
    }
    if box.color:
        rgb = [int(box.color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        markup["display"] = {"color": rgb, "selectedColor": rgb, "pointLabelsVisibility": False}
    return markup


def _box(markup: Mapping[str, Any], number: int, path: Path) -> NamedBox:
    where = f"ROI {number + 1}"
    points = [point for point in markup.get("controlPoints") or () if isinstance(point, dict)]
    point = points[0] if points else {}
    try:
        frame = {"LPS": np.ones(3), "RAS": np.diag(LPS_TO_RAS)[:3]}[str(markup.get("coordinateSystem", "LPS"))]
        center = np.array(markup.get("center", point.get("position")), float)
        size = np.abs(np.array(markup["size"], float))
        axes = np.array(markup.get("orientation", np.eye(3).ravel()), float).reshape(3, 3)
        if center.shape != (3,) or size.shape != (3,):
            raise ValueError
        if not (np.isfinite(center).all() and np.isfinite(size).all() and np.isfinite(axes).all()):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise damaged(
            path, "centre, size and orientation in numbers, and LPS or RAS", f"other data at {where}"
        ) from None
    score = _SCORE.search(str(point.get("description", "")))
    rows = tuple(_triple(row) for row in axes * frame[:, None])
    return NamedBox(
        name=str(point.get("label") or markup.get("name") or "").strip(),
        center=_triple(center * frame),
        size=_triple(size),
        axes=(rows[0], rows[1], rows[2]),
        score=None if score is None else float(score[1]),
    )


def _triple(values: Any) -> Triple:
    a, b, c = (float(v) for v in values)
    return a, b, c
