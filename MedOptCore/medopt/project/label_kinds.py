"""The kinds of label; a task's own is one file and one line here."""

from __future__ import annotations

from typing import Any

from medopt.project.box_labels import BoxLabels
from medopt.project.class_labels import ClassLabels
from medopt.project.label_kind import LabelKind
from medopt.project.settings import ProjectSettings
from medopt.project.voxel_labels import VoxelLabels

KINDS: dict[str, type[LabelKind[Any]]] = {
    "segmentation": VoxelLabels,
    "classification": ClassLabels,
    "detection": BoxLabels,
}


def kind_of(settings: ProjectSettings) -> LabelKind[Any]:
    """How the labels of a project are kept, by its task."""
    return KINDS[settings.task](settings)
