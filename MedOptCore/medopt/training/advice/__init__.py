"""The adviser: a whole recipe from the data, each value with its reason. Only ``advise`` itself loads torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medopt.training.advice.difference import Difference, differences
from medopt.training.advice.records import Advice, Caution, Reason
from medopt.training.advice.rules import RULES, Rule

if TYPE_CHECKING:
    from medopt.training.advice.adviser import advise

__all__ = ["RULES", "Advice", "Caution", "Difference", "Reason", "Rule", "advise", "differences"]


def __getattr__(name: str) -> Any:
    if name == "advise":  # a panel reads advice without torch
        from medopt.training.advice.adviser import advise

        return advise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
