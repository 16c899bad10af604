"""Cross-validation: what a choice of folds means, and the training of each fold as a run that resumes."""

from medopt.training.folds.crossval import CrossValidation, list_crossvals, open_crossval, start_crossval, train_fold
from medopt.training.folds.plan import FoldPlan, plan_folds

__all__ = [
    "CrossValidation",
    "FoldPlan",
    "list_crossvals",
    "open_crossval",
    "plan_folds",
    "start_crossval",
    "train_fold",
]
