"""Cross-validation: what a choice of folds means, and the training of each fold as a run that resumes.

The plan is light; what needs torch is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from medopt.training.folds.plan import FoldPlan, plan_folds

if TYPE_CHECKING:
    from medopt.training.folds.crossval import (
        CrossValidation,
        list_crossvals,
        open_crossval,
        start_crossval,
        train_fold,
    )

__all__ = [
    "CrossValidation",
    "FoldPlan",
    "list_crossvals",
    "open_crossval",
    "plan_folds",
    "start_crossval",
    "train_fold",
]


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.crossval"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
