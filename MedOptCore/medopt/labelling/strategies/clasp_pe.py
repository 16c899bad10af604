"""What the model is least sure of, class by class, with noise that decays from round to round.

After ClaSP PE, Class-stratified Scheduled Power Predictive Entropy (Lüth, Traub, Kahl et al. 2026, "Finally Outshining
the Random Baseline", TMLR, arXiv:2601.13677): the predictive entropy of a voxel times the probability of a class; 66 %
of what is asked for by class, the rest by entropy alone; and power noise (Kirsch et al. 2023): the order is that of
log(score) + Gumbel(0, 1/β), with β rising exponentially from 1 in the first round to 100 in the last one, so that early
choices are diverse and late ones sharp.

MedOpt's own, since the paper asks for patches and MedOpt for whole cases: the score of a case is the mean entropy of
its voxels weighted by the class's probability, with a little mass added so that a trace of a class does not win; the
number of rounds is not known beforehand, and the noise has decayed with the fifth; boxes count by the entropy of their
scores and whole images by the confidence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from medopt.labelling.strategies import random_foreground
from medopt.labelling.strategies.draws import gumbel
from medopt.labelling.strategies.slots import take_turns
from medopt.labelling.strategies.strategy import Candidate, Choice, Context, Entropy
from medopt.labelling.strategies.words import ordinal

SHARPEST = 100.0
"""β of the last round."""
ROUNDS = 5
"""Rounds until the noise has decayed."""
DAMPING = 0.05
"""Mass that is added to each case, as a share of the cohort's median."""


def sharpness(round: int | None) -> float:
    """β in a round, counted from 1: 1 in the first (or when it is not known), 100 from the fifth on."""
    return SHARPEST ** min(1.0, max(0, (round or 1) - 1) / (ROUNDS - 1))


def rank(candidates: Sequence[Candidate], context: Context) -> list[Choice]:
    """By entropy and class; cases without a proposal come last, at random. Without any proposal all come at random."""
    known = {c.case_id: c.doubt for c in candidates if c.doubt is not None}
    rest = [c for c in candidates if c.doubt is None]
    if not known:
        return [Choice(c.case_id, f"no proposals yet: {c.reason}") for c in random_foreground.rank(rest, context)]
    overall = _scores({case: doubt.overall for case, doubt in known.items()})
    values = [value for value, _ in context.classes]
    by_class = {
        value: _scores({case: doubt.by_class[value] for case, doubt in known.items() if value in doubt.by_class})
        for value in values
    }
    beta = sharpness(context.round)
    noisy = {value: _ordered(scores, beta, context.seed, value) for value, scores in by_class.items() if scores}
    everything = _ordered(overall, beta, context.seed, "all")
    # A case that the model is sure of everywhere has no logarithm; it comes after all that have one.
    everything += sorted(known.keys() - set(everything))
    places = {value: _places(scores) for value, scores in [(None, overall), *by_class.items()]}
    result = []
    for case, value in take_turns(noisy, everything, first=len(context.labelled), seed=context.seed):
        what = "entropy" if value is None else f"entropy of class {context.name_of(value)}"
        result.append(Choice(case, _reason(places[value][case], what, len(candidates), context.round)))
    result += [Choice(c.case_id, f"no proposal yet: {c.reason}") for c in random_foreground.rank(rest, context)]
    return result


def _scores(entropies: Mapping[str, Entropy]) -> dict[str, float]:
    masses = [one.mass for one in entropies.values() if one.mass > 0]
    damping = DAMPING * median(masses) if masses else 0.0
    return {case: one.mean(damping) for case, one in entropies.items()}


def _ordered(scores: Mapping[str, float], beta: float, seed: int, what: object) -> list[str]:
    noisy = {case: math.log(s) + gumbel(seed, "noise", what, case) / beta for case, s in scores.items() if s > 0}
    return sorted(noisy, key=lambda case: (-noisy[case], case))


def _places(scores: Mapping[str, float]) -> dict[str, int]:
    """Case → its place without noise, from 1."""
    order = sorted(scores, key=lambda case: (-scores[case], case))
    return {case: place for place, case in enumerate(order, 1)}


def _reason(place: int, what: str, among: int, round: int | None) -> str:
    if place == 1:
        return f"highest {what} among {among} unlabelled"
    return f"{ordinal(place)} highest {what} among {among} unlabelled, drawn with the noise of round {round or 1}"
