"""Boxes and classes of images as other programs write them; each format is one file that gives a sheet."""

from medopt.io.annotations.arrays import ArrayPart, holds_arrays, read_arrays
from medopt.io.annotations.class_folders import PARTS, FolderClasses, read_class_folders
from medopt.io.annotations.class_json import read_class_json
from medopt.io.annotations.coco import read_coco
from medopt.io.annotations.labelme import read_labelme
from medopt.io.annotations.markups_folder import read_markups_folder
from medopt.io.annotations.masks import read_masks
from medopt.io.annotations.sheet import BoxSheet, ClassSheet, GridBox, ImageBoxes, ImageClasses, ShareBox, Sheet
from medopt.io.annotations.tables import read_box_table, read_class_table
from medopt.io.annotations.voc import read_voc
from medopt.io.annotations.yolo import read_yolo

__all__ = [
    "PARTS",
    "ArrayPart",
    "BoxSheet",
    "ClassSheet",
    "FolderClasses",
    "GridBox",
    "ImageBoxes",
    "ImageClasses",
    "ShareBox",
    "Sheet",
    "holds_arrays",
    "read_arrays",
    "read_box_table",
    "read_class_folders",
    "read_class_json",
    "read_class_table",
    "read_coco",
    "read_labelme",
    "read_markups_folder",
    "read_masks",
    "read_voc",
    "read_yolo",
]
