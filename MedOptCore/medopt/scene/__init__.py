"""MRML and medopt: volumes, segmentations, tables, plots, boxes <-> arrays. Every function takes its scene or node.

Importing this room imports neither slicer nor vtk; its functions do, when they are called.
"""

from medopt.scene.bundle import load_bundle, save_bundle
from medopt.scene.case_plot import case_chart
from medopt.scene.case_view import CaseNodes, error_map, remove_view, show_case, show_in_slices
from medopt.scene.classes import SegmentClass
from medopt.scene.curves import learning_charts
from medopt.scene.headless import HeadlessScene, headless_scene
from medopt.scene.hierarchy import put_into_case_folder, remove_case
from medopt.scene.markups import box_from_roi, roi_from_box
from medopt.scene.nodes import CASE, ROLE, VIEW, marked_nodes, node_by_id, remove_node
from medopt.scene.plots import Chart, Series, plot_from_chart, remove_plot, update_plot
from medopt.scene.segmentation_labels import label_from_segmentation
from medopt.scene.segmentations import (
    segmentation_from_label,
    style_as_fill,
    style_as_outline,
    update_segmentation,
)
from medopt.scene.tables import columns_from_table, table_from_columns, update_table
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
    "VIEW",
    "CaseNodes",
    "Chart",
    "HeadlessScene",
    "SegmentClass",
    "Series",
    "box_from_roi",
    "case_chart",
    "columns_from_table",
    "error_map",
    "headless_scene",
    "image_from_volume",
    "label_from_labelmap",
    "label_from_segmentation",
    "labelmap_from_label",
    "learning_charts",
    "load_bundle",
    "marked_nodes",
    "node_by_id",
    "plot_from_chart",
    "put_into_case_folder",
    "remove_case",
    "remove_node",
    "remove_plot",
    "remove_view",
    "roi_from_box",
    "save_bundle",
    "segmentation_from_label",
    "show_case",
    "show_in_slices",
    "style_as_fill",
    "style_as_outline",
    "table_from_columns",
    "update_plot",
    "update_segmentation",
    "update_table",
    "update_volume",
    "volume_from_image",
    "volume_geometry",
    "volumes_from_channels",
]
