"""External validation: a model of one project on another, how much it drops, and where that may come from."""

from medopt.validation.external.change import ChangeRow, compare_external
from medopt.validation.external.classes import ClassMatch, match_classes
from medopt.validation.external.measure import list_externals, validate_external
from medopt.validation.external.record import ExternalRecord, load_external

__all__ = [
    "ChangeRow",
    "ClassMatch",
    "ExternalRecord",
    "compare_external",
    "list_externals",
    "load_external",
    "match_classes",
    "validate_external",
]
