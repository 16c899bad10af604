"""Hyper-parameter search: ranges that narrow from round to round, on validation cases only."""

from medopt.training.search.importance import Importance, importances
from medopt.training.search.narrowing import Narrowing
from medopt.training.search.objective import TrainingObjective, validation_splits
from medopt.training.search.outcome import SearchOutcome, outcome_of
from medopt.training.search.rounds import Round, plan_rounds, training_amount
from medopt.training.search.run import run_search
from medopt.training.search.search import Search
from medopt.training.search.settings import Dimension, SearchSettings
from medopt.training.search.space import apply_values, check_space, default_space
from medopt.training.search.trial import Trial

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
