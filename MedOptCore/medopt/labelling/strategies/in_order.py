"""One after another, as they stand in the list."""

from __future__ import annotations

from collections.abc import Sequence

from medopt.labelling.strategies.strategy import Candidate, Choice, Context


def rank(candidates: Sequence[Candidate], context: Context) -> list[Choice]:
    """By case id."""
    return [Choice(case, f"in order, {len(candidates)} unlabelled") for case in sorted(c.case_id for c in candidates)]
