"""Training: the recipe, the loop, checkpoints that survive any kill, and the record of what happened.

Nothing here loads torch before it is asked for, so that panels read advice and settings without it.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_PLACES = {
    "InferenceSettings": "recipe",
    "Recipe": "recipe",
    "RunRecord": "run",
    "TrainingSettings": "recipe",
    "load_network": "run",
    "open_run": "run",
    "propose_recipe": "propose",
    "train": "train",
}


class _Room(ModuleType):
    """Importing the module ``train`` would put it in the place of the function of that name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _PLACES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Room


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name in _PLACES:
        return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
