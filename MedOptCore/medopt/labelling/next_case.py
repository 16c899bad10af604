"""Which case an annotator labels next, and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from medopt.events import Reporter
from medopt.labelling.core_set import CoreSet, load_core_set
from medopt.labelling.doubts import read_doubts
from medopt.labelling.embeddings import cached_embeddings
from medopt.labelling.pool import Part, pool
from medopt.labelling.strategies import DEFAULT, Candidate, Choice, Context, strategy_of
from medopt.project import Case, Project

MINUTES = 30.0
"""How long a case is kept for an annotator who gives no sign of life."""


@dataclass(frozen=True)
class NextCase:
    """The case to label now.

    Parameters
    ----------
    case_id, reason : which, and why, as a sentence without a full stop
    position, of : its place in the ranking, from 1, and how many cases wait for a label
    expires : until when (UTC) nobody else gets it; None when it was not leased
    """

    case_id: str
    reason: str
    position: int
    of: int
    expires: datetime | None = None


def next_case(
    project: Project,
    annotator: str,
    strategy: str = DEFAULT,
    *,
    lease: bool = True,
    part: Part = "train",
    skip: Collection[str] = (),
    seed: int = 1,
    minutes: float = MINUTES,
    reporter: Reporter | None = None,
) -> NextCase | None:
    """The best case of `rank_cases` that nobody else has; None when none is left.

    Parameters
    ----------
    annotator : a handle; a case that this annotator has already, and that is not labelled yet, comes again
    lease : whether to keep the case for the annotator for ``minutes``; without, two annotators may be told the same
    part, skip, seed, reporter : as for `rank_cases`

    Raises MedOptError for an unknown strategy or part, and for a split that cannot be used.
    """
    ranking = rank_cases(project, strategy, part=part, skip=skip, seed=seed, reporter=reporter)
    holder = {one.case_id: one for one in project.leases.current()}
    place = {choice.case_id: n for n, choice in enumerate(ranking, 1)}
    mine = [c.case_id for c in ranking if c.case_id in holder and holder[c.case_id].annotator == annotator.strip()]
    free = [choice.case_id for choice in ranking if choice.case_id not in holder]
    candidates = [*mine, *free]
    if not candidates:
        return None
    case, expires = candidates[0], None
    if lease:
        taken = project.leases.take(candidates, annotator, minutes)
        if taken is None:  # others took them all in this moment
            return None
        case, expires = taken.case_id, taken.expires
    reason = ranking[place[case] - 1].reason
    if case in mine:
        reason = f"you have it already: {reason}"
    return NextCase(case, reason, place[case], len(ranking), expires)


def rank_cases(
    project: Project,
    strategy: str = DEFAULT,
    *,
    part: Part = "train",
    skip: Collection[str] = (),
    seed: int = 1,
    reporter: Reporter | None = None,
) -> list[Choice]:
    """All cases that wait for a label, the one to label first in front, each with the reason.

    Parameters
    ----------
    strategy : a name of ``STRATEGIES``
    part : "train", by default, are the cases that a model may learn from: all but those of test subjects. "test" are
        those of test subjects, at random whatever the strategy, so that no model has a say in what it is measured on;
        "all" are both, each ranked by itself, the test part last
    skip : cases that are not wanted now
    seed : of all draws; the ranking changes by nothing else but labels, proposals and the core set

    While no case has a proposal, what is left of the core set comes first, in its order. Flagged cases are left out.
    Images are not read, and of proposals only those that came since the last call, see `read_doubts`. Raises
    MedOptError for an unknown strategy or part, and for a split that cannot be used.
    """
    chosen = strategy_of(strategy)
    if part == "all":
        train = rank_cases(project, strategy, part="train", skip=skip, seed=seed, reporter=reporter)
        return train + rank_cases(project, strategy, part="test", skip=skip, seed=seed, reporter=reporter)
    cases = pool(project, part)
    waiting = [case for case in cases if not case.labelled and case.id not in set(skip)]
    labelled = tuple(case.id for case in cases if case.labelled)
    classes = tuple((info.value, info.name) for info in project.settings.classes)
    if part == "test":
        context = Context(classes, labelled, seed=seed)
        drawn = strategy_of("random_foreground").rank([Candidate(c.id, c.subject) for c in waiting], context)
        return [Choice(one.case_id, f"test part, {one.reason}") for one in drawn]
    proposals = read_doubts(project, [case.id for case in waiting], reporter=reporter)
    first: list[Choice] = []
    if not any(case.proposal_model is not None for case in cases):
        first = _core_choices(load_core_set(project), waiting)
    done = {choice.case_id for choice in first}
    candidates = []
    for case in waiting:
        if case.id in done:
            continue
        known = proposals.get(case.id)
        confidence, doubt = (None, None) if known is None else (known.confidence, known.doubt)
        candidates.append(Candidate(case.id, case.subject, confidence, doubt))
    rounds = [one.round for one in proposals.values() if one.round is not None]
    embeddings = cached_embeddings(project, [case.id for case in cases]) if chosen.needs_embeddings else None
    context = Context(classes, labelled, max(rounds, default=None), embeddings, seed)
    return first + chosen.rank(candidates, context)


def waiting_in_test(project: Project) -> int:
    """Cases of test subjects without a label; they need one before a test, but nothing proposes them by itself."""
    return sum(not case.labelled for case in pool(project, "test"))


def _core_choices(core_set: CoreSet | None, waiting: Sequence[Case]) -> list[Choice]:
    if core_set is None:
        return []
    ids, count = {case.id for case in waiting}, len(core_set.cases)
    return [
        Choice(one.case, f"core set, {number} of {count}: {one.reason}")
        for number, one in enumerate(core_set.cases, 1)
        if one.case in ids
    ]
