"""MRML and medopt: volumes, segmentations, tables, plots, boxes <-> arrays. Every function takes its scene or node.

Importing this room imports neither slicer nor vtk; its functions do, when they are called.
"""

from medopt.scene.classes import SegmentClass
from medopt.scene.headless import HeadlessScene, headless_scene
from medopt.scene.nodes import CASE, ROLE, marked_nodes, node_by_id, remove_node
from medopt.scene.segmentations import (
    label_from_segmentation,
    segmentation_from_label,
    style_as_fill,
    style_as_outline,
    update_segmentation,
)
from medopt.scene.volumes import (
    image_from_volume,
    label_from_labelmap,
    labelmap_from_label,
    update_volume,
    volume_from_image,
    volume_geometry,
    volumes_from_channels,
)

__all__ = [
    "CASE",
    "ROLE",
    "HeadlessScene",
    "SegmentClass",
    "headless_scene",
    "image_from_volume",
    "label_from_labelmap",
    "label_from_segmentation",
    "labelmap_from_label",
    "marked_nodes",
    "node_by_id",
    "remove_node",
    "segmentation_from_label",
    "style_as_fill",
    "style_as_outline",
    "update_segmentation",
    "update_volume",
    "volume_from_image",
    "volume_geometry",
    "volumes_from_channels",
]
