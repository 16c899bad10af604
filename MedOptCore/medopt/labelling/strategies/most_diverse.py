"""What is least like anything labelled, by the images alone (k-center, Gonzalez 1985; Sener and Savarese 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.labelling.coverage import cover
from medopt.labelling.strategies import random_foreground
from medopt.labelling.strategies.strategy import Candidate, Choice, Context

AHEAD = 50
"""Cases that are ordered one after another; what comes later is ordered by its distance to labelled ones and these."""


def rank(candidates: Sequence[Candidate], context: Context) -> list[Choice]:
    """The farthest from all labelled cases first, each then counting as labelled; cases that are unknown come last."""
    known = None
    if context.embeddings is not None:
        known = context.embeddings.of([*context.labelled, *sorted(c.case_id for c in candidates)])
    have = set() if known is None else set(known.cases)
    rest = [c for c in candidates if c.case_id not in have]
    result: list[Choice] = []
    if known is not None and len(rest) < len(candidates):
        labelled = [row for row, case in enumerate(known.cases) if case in set(context.labelled)]
        points = known.points()
        picks = cover(points, AHEAD, method="k-center", given=labelled, seed=context.seed)
        for pick in picks:
            if pick.nearest is None:
                reason = f"most like the others of {len(candidates)} unlabelled, nothing is labelled yet"
            else:
                nearest = known.cases[pick.nearest]
                reason = f"least like what is labelled or chosen: {pick.distance:.2f} from {nearest}, the nearest one"
            result.append(Choice(known.cases[pick.row], reason))
        done = {choice.case_id for choice in result}
        later = [c for c in candidates if c.case_id in have - done]
        result += [Choice(c.case_id, f"unlike the others: {c.reason}") for c in random_foreground.rank(later, context)]
    why = "no descriptor of the image yet" if result else "no descriptors of the images yet, medopt coreset makes them"
    return result + [Choice(c.case_id, f"{why}: {c.reason}") for c in random_foreground.rank(rest, context)]
