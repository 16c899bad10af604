"""Whether annotators follow proposals more than they should."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medopt.labelling.acceptances import Acceptance
from medopt.labelling.estimate import Estimate, estimate_difference, estimate_mean


@dataclass(frozen=True)
class BiasFigures:
    """Labels of cases whose proposal was shown, beside those of cases that were labelled blind.

    Parameters
    ----------
    shown, blind : how near the label lies to the model's proposal; a blind case has one, too, that nobody saw
    difference : shown minus blind: what seeing the proposal adds. An interval above 0 says that annotators follow it
    shown_seconds, blind_seconds : of labelling a case
    catches : proposals that were wrong on purpose
    caught : of these, how many were changed or rejected
    """

    shown: Estimate | None
    blind: Estimate | None
    difference: Estimate | None
    shown_seconds: Estimate | None
    blind_seconds: Estimate | None
    catches: int
    caught: int


def measure_bias(acceptances: Sequence[Acceptance]) -> BiasFigures:
    """The figures of all rounds since there are proposals.

    Which cases are blind is drawn, so the two groups differ by chance and by having seen the proposal alone; rounds in
    which no case was blind are left out, since proposals of other rounds are better or worse.
    """
    rounds = {one.round for one in acceptances if one.blind and one.score is not None}
    sincere = [one for one in acceptances if not one.catch and one.round in rounds]
    shown = [one for one in sincere if one.shown and not one.blind]
    blind = [one for one in sincere if one.blind]
    catches = [one for one in acceptances if one.catch and one.shown]
    return BiasFigures(
        shown=estimate_mean(*_known(shown, _score)),
        blind=estimate_mean(*_known(blind, _score)),
        difference=estimate_difference(*_known(shown, _score), *_known(blind, _score)),
        shown_seconds=estimate_mean(*_known(shown, _seconds)),
        blind_seconds=estimate_mean(*_known(blind, _seconds)),
        catches=len(catches),
        caught=sum(not one.as_is for one in catches),
    )


def _known(cases: Sequence[Acceptance], value: Callable[[Acceptance], float | None]) -> tuple[list[float], list[str]]:
    found = [(number, one.subject) for one in cases if (number := value(one)) is not None]
    return [number for number, _ in found], [subject for _, subject in found]


def _score(one: Acceptance) -> float | None:
    return one.score


def _seconds(one: Acceptance) -> float | None:
    return one.seconds
