"""Training: the recipe, the loop, checkpoints that survive any kill, and the record of what happened."""

from medopt.training.propose import propose_recipe
from medopt.training.recipe import InferenceSettings, Recipe, TrainingSettings
from medopt.training.run import RunRecord, load_network, open_run
from medopt.training.train import train

__all__ = [
    "InferenceSettings",
    "Recipe",
    "RunRecord",
    "TrainingSettings",
    "load_network",
    "open_run",
    "propose_recipe",
    "train",
]
