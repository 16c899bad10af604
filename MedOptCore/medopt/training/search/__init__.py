"""Hyper-parameter search: ranges that narrow from round to round, on validation cases only.

Settings, trials and their table are light; what needs torch is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from medopt.training.search.importance import Importance, importances
from medopt.training.search.narrowing import Narrowing
from medopt.training.search.rounds import Round, plan_rounds, training_amount
from medopt.training.search.search import Search
from medopt.training.search.settings import Dimension, SearchSettings
from medopt.training.search.trial import Trial

if TYPE_CHECKING:
    from medopt.training.search.objective import TrainingObjective, validation_splits
    from medopt.training.search.outcome import SearchOutcome, outcome_of
    from medopt.training.search.run import run_search
    from medopt.training.search.space import apply_values, check_space, default_space

__all__ = [
    "Dimension",
    "Importance",
    "Narrowing",
    "Round",
    "Search",
    "SearchOutcome",
    "SearchSettings",
    "TrainingObjective",
    "Trial",
    "apply_values",
    "check_space",
    "default_space",
    "importances",
    "outcome_of",
    "plan_rounds",
    "run_search",
    "training_amount",
    "validation_splits",
]

_PLACES = {
    "SearchOutcome": "outcome",
    "TrainingObjective": "objective",
    "apply_values": "space",
    "check_space": "space",
    "default_space": "space",
    "outcome_of": "outcome",
    "run_search": "run",
    "validation_splits": "objective",
}


def __getattr__(name: str) -> Any:
    """Load what needs torch when it is first asked for."""
    if name in _PLACES:
        return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
