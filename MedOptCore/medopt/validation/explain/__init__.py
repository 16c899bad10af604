"""What in an image speaks for a class: maps by CAM, Grad-CAM, Grad-CAM++ and occlusion, and checks of their worth.

Only names that need no torch stand here; ``medopt.validation.explain.cohort`` makes the maps of a run.
"""

from medopt.validation.explain.results import (
    FILE,
    CaseMap,
    Explanation,
    PointingRow,
    Rate,
    SanityRow,
    explanation_folder,
    list_explanations,
)
from medopt.validation.explain.settings import METHODS, ExplainSettings, MethodName
from medopt.validation.explain.verdict import pointing_verdict, sanity_verdict, told

__all__ = [
    "FILE",
    "METHODS",
    "CaseMap",
    "ExplainSettings",
    "Explanation",
    "MethodName",
    "PointingRow",
    "Rate",
    "SanityRow",
    "explanation_folder",
    "list_explanations",
    "pointing_verdict",
    "sanity_verdict",
    "told",
]
