"""Preprocessing: the steps of a recipe on an image, and the exact way back for what a model predicts.

Needs numpy, scipy and SimpleITK only: it runs in Slicer's own process and beside an exported model.
"""

from medopt.preprocess.crop_step import CropForeground
from medopt.preprocess.labels import resample_label
from medopt.preprocess.normalize_step import Normalize
from medopt.preprocess.pipeline import Pipeline
from medopt.preprocess.registry import AnyStep, PreprocessSettings
from medopt.preprocess.resample_step import Resample
from medopt.preprocess.resize_step import Resize
from medopt.preprocess.restore import restore_label, restore_values
from medopt.preprocess.sampling import resample
from medopt.preprocess.step import IntensityStep, Step
from medopt.preprocess.window_step import Window

__all__ = [
    "AnyStep",
    "CropForeground",
    "IntensityStep",
    "Normalize",
    "Pipeline",
    "PreprocessSettings",
    "Resample",
    "Resize",
    "Step",
    "Window",
    "resample",
    "resample_label",
    "restore_label",
    "restore_values",
]
