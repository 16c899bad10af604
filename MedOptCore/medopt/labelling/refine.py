"""Interactive correction by script: strokes on the label of an image, or of a case of a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.files import read_json
from medopt.image import Geometry, Image, LabelMap
from medopt.labelling.assist import Assistant, Strokes
from medopt.labelling.assist.nninteractive import NnInteractive
from medopt.labelling.save import save_edited
from medopt.project import Project

SPACES = ("voxels", "LPS", "RAS")


def refine_label(
    image: Image,
    label: LabelMap | None,
    value: int,
    strokes: Strokes,
    *,
    probability: NDArray[np.float32] | None = None,
    server: str | None = None,
) -> LabelMap:
    """The label map after strokes on one of its structures; other structures keep their voxels.

    Parameters
    ----------
    label : on the image's grid; None for none yet
    value : of the structure, above 0
    strokes : all that were drawn on it
    probability : float32 (k, j, i), 0 to 1, what a model says about it
    server : address of an nnInteractive server, to which the voxels are sent; None to compute here

    Raises MedOptError for another grid, a value that no voxel can hold, and as `Assistant` and `NnInteractive` do.
    """
    start = np.zeros(image.geometry.shape, np.uint8) if label is None else label.array
    if label is not None and not label.geometry.is_close(image.geometry):
        raise MedOptError(
            "label and image lie on different grids",
            expected=f"shape {image.geometry.shape}", found=f"shape {label.geometry.shape}",
        )  # fmt: skip
    if not 0 < value <= 65535:
        raise MedOptError("wrong value of a structure", expected="1 to 65535", found=str(value))
    current = start == value
    allowed = current | (start == 0)
    array = np.asarray(image.array, np.float32)
    if server is None:
        patch = Assistant(array, image.geometry.spacing, probability).refine(current, strokes, allowed=allowed)
    else:
        patch = NnInteractive(server, array).refine(current, strokes, allowed=allowed)
    result = start.astype(np.promote_types(start.dtype, np.min_scalar_type(value)))
    part = result[patch.slices]
    part[patch.values] = value
    part[current[patch.slices] & ~patch.values] = 0
    return LabelMap(result, image.geometry, () if label is None else label.unjudged)


def refine_case(
    project: Project, case_id: str, value: int, strokes: Strokes, *, annotator: str, server: str | None = None
) -> tuple[int, int]:
    """Strokes on a case's label, or on its proposal when it has no label yet; saved as a new version.

    Gives the number of the version (0 when nothing has changed and nothing was saved) and of changed voxels. The
    proposal's probabilities count where there are some. Raises MedOptError for a project of another task, a value
    that is no class, and as `refine_label` and `save_edited` do.
    """
    if project.settings.task != "segmentation":
        raise MedOptError(
            "strokes correct segmentations", where=project.folder, expected="task segmentation",
            found=str(project.settings.task),
        )  # fmt: skip
    values = project.settings.class_values
    if value not in values.values():
        known = ", ".join(f"{number} ({name})" for name, number in values.items())
        raise MedOptError("no such class", where=project.folder, expected=known, found=str(value))
    case = project.case(case_id)
    scores = project.read_scores(case_id)
    probability = scores.probability(value) if scores is not None and value in scores.classes else None
    start: LabelMap | None = project.read_label(case_id) if case.labelled else project.read_proposal(case_id)
    source: Literal["manual", "proposal"] = "manual" if case.labelled or start is None else "proposal"
    image = project.read_image(case_id)
    label = refine_label(image, start, value, strokes, probability=probability, server=server)
    before = np.zeros_like(label.array) if start is None else start.array
    changed = int(np.count_nonzero(label.array != before))
    if not changed:
        return 0, 0
    return save_edited(project, case_id, label, annotator=annotator, source=source, start=start), changed


def read_strokes(path: Path, geometry: Geometry) -> Strokes:
    """Strokes of a JSON file: ``{"space": "voxels", "positive": [[k, j, i], …], "negative": […]}``.

    With the space "LPS" or "RAS" the points are (x, y, z) in mm. Raises MedOptError for a file that holds none.
    """
    found = read_json(path)
    if not isinstance(found, dict) or not {"positive", "negative"} & set(found):
        raise MedOptError("no strokes", where=path, expected='"positive" or "negative", lists of three numbers each')
    unknown = set(found) - {"space", "positive", "negative"}
    if unknown or found.get("space", "voxels") not in SPACES:
        wrong = sorted(unknown)[0] if unknown else f'"space": {found["space"]!r}'
        raise MedOptError(
            "strokes cannot be read", where=path, expected="positive, negative, and space: voxels, LPS or RAS",
            found=str(wrong),
        )  # fmt: skip
    space = found.get("space", "voxels")
    voxels = [_voxels(found.get(kind, []), space, geometry, path) for kind in ("positive", "negative")]
    strokes = Strokes(voxels[0], voxels[1])
    strokes.check_within(geometry.shape)
    return strokes


def _voxels(points: Any, space: str, geometry: Geometry, path: Path) -> NDArray[np.intp]:
    try:
        array = np.asarray(points, float).reshape(-1, 3) if len(points) else np.zeros((0, 3))
    except (TypeError, ValueError) as error:
        raise MedOptError("strokes cannot be read", where=path, expected="lists of three numbers each") from error
    if not np.isfinite(array).all():
        raise MedOptError("strokes cannot be read", where=path, expected="finite numbers")
    if space != "voxels":
        array = geometry.lps_to_index(array * ([-1, -1, 1] if space == "RAS" else 1))
    elif (array != np.round(array)).any():
        raise MedOptError("strokes cannot be read", where=path, expected="whole indices (k, j, i)")
    return np.unique(np.round(array).astype(np.intp), axis=0)


def joined(strokes: Strokes, positive: Sequence[Sequence[int]], negative: Sequence[Sequence[int]]) -> Strokes:
    """Strokes and further clicks, (k, j, i) each."""

    def with_clicks(voxels: NDArray[np.intp], clicks: Sequence[Sequence[int]]) -> NDArray[np.intp]:
        return np.concatenate([voxels, np.asarray(clicks, np.intp).reshape(-1, 3)])

    return Strokes(with_clicks(strokes.positive, positive), with_clicks(strokes.negative, negative))
