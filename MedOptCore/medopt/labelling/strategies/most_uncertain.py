"""What the model is least sure of, taken as a whole: no classes, no noise."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.labelling.strategies import random_foreground
from medopt.labelling.strategies.strategy import Candidate, Choice, Context
from medopt.labelling.strategies.words import lowest


def rank(candidates: Sequence[Candidate], context: Context) -> list[Choice]:
    """By the confidence of the proposal, the lowest first; cases without one come last, at random."""
    sure = {c.case_id: c.confidence for c in candidates if c.confidence is not None}
    rest = [c for c in candidates if c.confidence is None]
    order = sorted(sure, key=lambda case: (sure[case], case))
    among = len(candidates)
    result = [
        Choice(case, f"{lowest(place)} confidence of the model, {sure[case]:.2f}, among {among} unlabelled")
        for place, case in enumerate(order, 1)
    ]
    why = "no proposal yet" if result else "no proposals with a confidence yet"
    return result + [Choice(c.case_id, f"{why}: {c.reason}") for c in random_foreground.rank(rest, context)]
