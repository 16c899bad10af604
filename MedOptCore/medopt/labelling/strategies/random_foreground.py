"""Drawn at random, with care for what the images show: the honest baseline that every other strategy must beat.

nnActive (Lüth et al. 2025, TMLR) draws patches, two of three of them around the foreground, and finds that this
improved random choice is hard to beat. MedOpt labels whole cases: for two of three the classes take turns, and a case
is drawn among those whose proposal shows the class; that needs no reference, and is what MedOpt adds.
"""

from __future__ import annotations

from collections.abc import Sequence

from medopt.labelling.strategies.draws import uniform
from medopt.labelling.strategies.slots import take_turns
from medopt.labelling.strategies.strategy import Candidate, Choice, Context


def rank(candidates: Sequence[Candidate], context: Context) -> list[Choice]:
    """At random; without proposals all cases alike."""
    order = sorted((c.case_id for c in candidates), key=lambda case: (uniform(context.seed, "case", case), case))
    shown = {c.case_id: c.doubt.shown for c in candidates if c.doubt is not None}
    showing = {
        value: [case for case in order if value in shown.get(case, ())]
        for value in sorted({value for values in shown.values() for value in values})
    }
    among, result = len(order), []
    for case, value in take_turns(showing, order, first=len(context.labelled), seed=context.seed):
        if value is None:
            reason = f"drawn at random among {among} unlabelled"
        else:
            name = context.name_of(value)
            reason = f"drawn at random among {len(showing[value])} of {among} unlabelled whose proposal shows {name}"
        result.append(Choice(case, reason))
    return result
