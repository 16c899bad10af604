"""One label out of those of several annotators, saved as a version of its own on wish."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.image import Boxes, ClassLabel, Geometry, LabelMap
from medopt.labelling.agreement.opinions import CONSENSUS, find_opinions, read_opinion
from medopt.labelling.agreement.pairs import IOU
from medopt.labelling.agreement.staple import staple_labels
from medopt.metrics import box_iou
from medopt.project import Project, ProjectSettings
from medopt.validation import LeftOut

METHODS: Mapping[str, str] = MappingProxyType(
    {"segmentation": "STAPLE", "detection": "boxes of the majority", "classification": "majority"}
)
"""Task → how its labels are made one."""


@dataclass(frozen=True)
class WrittenConsensus:
    """What ``write_consensus`` did.

    Parameters
    ----------
    written : case → number of the new version
    unchanged : cases whose label is the consensus already
    left_out : cases without one, and why
    """

    written: Mapping[str, int]
    unchanged: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def write_consensus(
    project: Project,
    *,
    annotators: Sequence[str] | None = None,
    blind: bool = False,
    reporter: Reporter | None = None,
) -> WrittenConsensus:
    """Save the consensus of each case that two annotators labelled as a new version of its label.

    Its annotator is ``CONSENSUS`` and its note tells how it was made and of whom; what the annotators said stays in the
    history, and a repeated call writes nothing anew. See ``measure_agreement`` for the options.
    """
    listener, task = reporter or Silence(), project.settings.task
    written: dict[str, int] = {}
    unchanged, left_out = [], []
    for case_id, said in track(listener, "consensus", sorted(find_opinions(project, annotators, blind=blind).items())):
        try:
            labels = [read_opinion(project, case_id, opinion) for opinion in said]
            agreed = _AGREE[task](labels, project.case(case_id).geometry, project.settings)
            kind = project.labels.kind
            if kind.sha256(kind.check(agreed, project.case(case_id).geometry, case_id)) == kind.sha256(
                project.read_label(case_id)
            ):
                unchanged.append(case_id)
                continue
            note = f"{METHODS[task]} of {', '.join(opinion.annotator for opinion in said)}"
            written[case_id] = project.save_label(case_id, agreed, annotator=CONSENSUS, note=note)
        except MedOptError as error:
            left_out.append(LeftOut(case_id, str(error)))
            listener.emit("message", level="warning", text=f"{case_id} is left out: {error}")
    return WrittenConsensus(MappingProxyType(written), tuple(unchanged), tuple(left_out))


def agree_on_voxels(labels: Sequence[LabelMap], grid: Geometry, settings: ProjectSettings) -> LabelMap:
    """STAPLE; see ``staple_labels``."""
    return staple_labels(labels, ignored=settings.ignored).label


def agree_on_classes(labels: Sequence[ClassLabel], grid: Geometry, settings: ProjectSettings) -> ClassLabel:
    """What more than half of those say who judged it.

    Of exclusive classes the one that has more votes than any other; a tie raises MedOptError. Where several are
    allowed, a class on which the votes are even is not judged.
    """
    if not settings.multi_label:
        votes = [label.present[0] for label in labels if label.present]
        counts = {value: votes.count(value) for value in votes}
        best = [value for value, count in counts.items() if count == max(counts.values())]
        if len(best) != 1:
            names = {info.value: info.name for info in settings.classes}
            raise MedOptError(
                "the annotators do not agree",
                expected="one class with more votes than any other",
                found=", ".join(f"{names[v]} {n}" for v, n in sorted(counts.items())) or "no vote",
            )
        return ClassLabel((best[0],))
    present, unjudged = [], []
    for info in settings.classes:
        judged = [label for label in labels if info.value not in label.unjudged]
        for_it = sum(info.value in label.present for label in judged)
        if 2 * for_it == len(judged):
            unjudged.append(info.value)
        elif 2 * for_it > len(judged):
            present.append(info.value)
    return ClassLabel(tuple(present), tuple(unjudged))


def agree_on_boxes(labels: Sequence[Boxes], grid: Geometry, settings: ProjectSettings) -> Boxes:
    """Boxes that more than half of those drew who looked for their class, each the mean of theirs.

    Boxes of different annotators are one when they overlap with an IoU of at least ``IOU``; each annotator gives at
    most one, that with the largest overlap. The result lies along the axes of the image.
    """
    corners: list[NDArray] = []
    values: list[int] = []
    unjudged = []
    for info in settings.classes:
        judges = [label for label in labels if info.value not in label.unjudged]
        if not judges:
            unjudged.append(info.value)
            continue
        drawn = [Boxes(tuple(b for b in label.boxes if b.value == info.value)).to_index(grid) for label in judges]
        for group in _groups(drawn):
            if 2 * len(group) > len(judges):
                corners.append(np.mean(group, axis=0))
                values.append(info.value)
    return Boxes.from_index(np.array(corners).reshape(-1, 2, 3), values, grid, unjudged=unjudged)


def _groups(drawn: Sequence[NDArray]) -> list[list[NDArray]]:
    """Boxes (n, 2, 3) of each annotator, put together where they are the same."""
    groups: list[list[NDArray]] = []
    for boxes in drawn:
        overlaps = box_iou(boxes, np.array([np.mean(group, axis=0) for group in groups]).reshape(-1, 2, 3))
        taken: set[int] = set()
        for place in np.argsort(-overlaps.max(axis=1), kind="stable") if overlaps.size else range(len(boxes)):
            free = [n for n in range(overlaps.shape[1]) if n not in taken and overlaps[place, n] >= IOU]
            if free:
                best = max(free, key=lambda n: overlaps[place, n])
                groups[best].append(boxes[place])
                taken.add(best)
            else:
                groups.append([boxes[place]])
    return groups


_AGREE: Mapping[str, Callable[[Any, Geometry, ProjectSettings], Any]] = MappingProxyType(
    {"segmentation": agree_on_voxels, "detection": agree_on_boxes, "classification": agree_on_classes}
)
