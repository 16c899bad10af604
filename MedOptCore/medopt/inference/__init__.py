"""A model over whole images: windows, blending, and the way back to the image's own grid. No torch unless asked for."""

from medopt.inference.description import ModelDescription
from medopt.inference.model import Model, load_model
from medopt.inference.predict import PredictionSummary, predict_files, predict_image, predict_scores
from medopt.inference.prediction_files import kind_of, segments_of
from medopt.inference.runtimes import DEFAULT_RUNTIME, RUNTIMES, Runtime
from medopt.inference.scores import image_scores
from medopt.inference.settings import InferenceSettings
from medopt.inference.sliding import sliding_window

__all__ = [
    "DEFAULT_RUNTIME",
    "RUNTIMES",
    "InferenceSettings",
    "Model",
    "ModelDescription",
    "PredictionSummary",
    "Runtime",
    "image_scores",
    "kind_of",
    "load_model",
    "predict_files",
    "predict_image",
    "predict_scores",
    "segments_of",
    "sliding_window",
]
