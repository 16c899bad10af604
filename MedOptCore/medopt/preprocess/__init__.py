"""Preprocessing: the steps of a recipe on an image, and the exact way back for what a model predicts.

Needs numpy, scipy and SimpleITK only: it runs in Slicer's own process and beside an exported model.
"""

from medopt.preprocess.clahe_step import Clahe
from medopt.preprocess.clipping import Clipped, clipped, together
from medopt.preprocess.cohort import CohortStatistics
from medopt.preprocess.crop_step import CropForeground
from medopt.preprocess.distribution import Distribution, distribution
from medopt.preprocess.equalize_step import Equalize
from medopt.preprocess.fit import adopt_cohort, fit_cohort, needs_cohort
from medopt.preprocess.gaussian_step import Gaussian
from medopt.preprocess.labels import resample_label
from medopt.preprocess.median_step import Median
from medopt.preprocess.normalize_step import Normalize
from medopt.preprocess.pipeline import Pipeline
from medopt.preprocess.preview import Preview
from medopt.preprocess.registry import AnyStep, PreprocessSettings
from medopt.preprocess.resample_step import Resample
from medopt.preprocess.resize_step import Resize
from medopt.preprocess.restore import restore_label, restore_values
from medopt.preprocess.sampling import resample
from medopt.preprocess.step import IntensityStep, Step
from medopt.preprocess.store import PreparedStore, load_array, save_array
from medopt.preprocess.window_step import PRESETS, Window

__all__ = [
    "PRESETS",
    "AnyStep",
    "Clahe",
    "Clipped",
    "CohortStatistics",
    "CropForeground",
    "Distribution",
    "Equalize",
    "Gaussian",
    "IntensityStep",
    "Median",
    "Normalize",
    "Pipeline",
    "PreparedStore",
    "PreprocessSettings",
    "Preview",
    "Resample",
    "Resize",
    "Step",
    "Window",
    "adopt_cohort",
    "clipped",
    "distribution",
    "fit_cohort",
    "load_array",
    "needs_cohort",
    "resample",
    "resample_label",
    "restore_label",
    "restore_values",
    "save_array",
    "together",
]
