"""What every strategy promises, and what each one does."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.labelling.descriptor import groups_of
from medopt.labelling.embeddings import Embeddings
from medopt.labelling.strategies import STRATEGIES, Candidate, Choice, Context, Doubt, Entropy, strategy_of
from medopt.labelling.strategies.clasp_pe import sharpness
from medopt.labelling.strategies.draws import gumbel, uniform
from medopt.labelling.strategies.words import lowest, ordinal

CLASSES = ((1, "Anterior"), (2, "Posterior"))
LATE = Context(CLASSES, round=9)
"""Past all noise."""


def doubt(first: float, second: float, mass: float = 100.0) -> Doubt:
    """Of two classes with these mean entropies."""
    by_class = {1: Entropy(first * mass, mass), 2: Entropy(second * mass, mass)}
    return Doubt(frozenset(by_class), Entropy((first + second) * mass, 2 * mass), by_class)


@pytest.fixture
def candidates(rng) -> list[Candidate]:
    values = rng.random((12, 3))
    return [Candidate(f"case-{n:02d}", f"s{n}", float(c), doubt(a, b)) for n, (a, b, c) in enumerate(values)]


@pytest.fixture
def embeddings(rng) -> Embeddings:
    size = sum(group.size for group in groups_of(1))
    return Embeddings(tuple(f"case-{n:02d}" for n in range(16)), rng.normal(0, 1, (16, size)).astype(np.float32))


def ids(choices: list[Choice]) -> list[str]:
    return [choice.case_id for choice in choices]


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_case_once_in_any_order_of_the_candidates(name, candidates, embeddings):
    context = Context(CLASSES, ("case-13",), 2, embeddings, 5)
    mixed = [*candidates, Candidate("new-1"), Candidate("case-14")]
    ranked = strategy_of(name).rank(mixed, context)
    assert sorted(ids(ranked)) == sorted(c.case_id for c in mixed)
    assert strategy_of(name).rank(mixed[::-1], context) == ranked
    assert all(choice.reason and not choice.reason.endswith(".") for choice in ranked)
    assert strategy_of(name).rank([], context) == []


@pytest.mark.parametrize("name", STRATEGIES)
def test_without_proposals_and_descriptors_there_is_still_a_ranking(name):
    ranked = strategy_of(name).rank([Candidate("b"), Candidate("a")], Context(CLASSES))
    assert sorted(ids(ranked)) == ["a", "b"]
    expected = {
        "random_foreground": "drawn at random among 2 unlabelled",
        "clasp_pe": "no proposals yet: drawn at random among 2 unlabelled",
        "most_uncertain": "no proposals with a confidence yet: drawn at random among 2 unlabelled",
        "most_diverse": "no descriptors of the images yet, medopt coreset makes them: "
        "drawn at random among 2 unlabelled",
        "in_order": "in order, 2 unlabelled",
    }
    assert ranked[0].reason == expected[name]


def test_an_unknown_strategy_is_told_with_the_nearest_one():
    with pytest.raises(MedOptError, match=r"unknown strategy: expected .*clasp_pe.*found clasp-pe.*'clasp_pe'"):
        strategy_of("clasp-pe")


# ---- random ---------------------------------------------------------------------------------------------------


def test_random_depends_on_the_seed_and_is_even():
    pool = [Candidate(f"c{n}") for n in range(10)]
    firsts = Counter(strategy_of("random_foreground").rank(pool, Context(seed=s))[0].case_id for s in range(500))
    assert min(firsts.values()) > 25  # 50 each, and the chance of 25 or fewer is below 1e-4
    assert len(firsts) == 10


def test_two_of_three_random_cases_show_the_class_whose_turn_it_is():
    empty = Doubt(frozenset(), Entropy(0, 1))
    pool = [Candidate(f"c{n}", doubt=doubt(0.1, 0.1) if n < 8 else empty) for n in range(80)]
    ranked = strategy_of("random_foreground").rank(pool, Context(CLASSES))
    shown = [int(case[1:]) < 8 for case in ids(ranked)]
    assert [shown[turn] for turn in (0, 1, 3, 4)] == [True] * 4
    assert "drawn at random among 8 of 80 unlabelled whose proposal shows" in ranked[0].reason
    assert ranked[2].reason == "drawn at random among 80 unlabelled"


# ---- entropy --------------------------------------------------------------------------------------------------


def test_entropy_by_class_late_in_the_loop_is_the_plain_order():
    pool = [
        Candidate("front", doubt=doubt(0.9, 0.1)),
        Candidate("back", doubt=doubt(0.1, 0.9)),
        Candidate("both", doubt=doubt(0.55, 0.55)),
        Candidate("sure", doubt=doubt(0.0, 0.0)),
    ]
    ranked = strategy_of("clasp_pe").rank(pool, LATE)
    assert set(ids(ranked)[:2]) == {"front", "back"}
    assert ids(ranked)[2:] == ["both", "sure"]
    reasons = {choice.case_id: choice.reason for choice in ranked}
    assert reasons["front"] == "highest entropy of class Anterior among 4 unlabelled"
    assert reasons["back"] == "highest entropy of class Posterior among 4 unlabelled"
    assert reasons["both"] == "highest entropy among 4 unlabelled"


def test_a_trace_of_a_class_does_not_win():
    pool = [Candidate(f"c{n}", doubt=doubt(0.4, 0.4)) for n in range(5)]
    pool.append(Candidate("trace", doubt=Doubt(frozenset({1}), Entropy(1, 200), {1: Entropy(0.9, 1.0)})))
    assert ids(strategy_of("clasp_pe").rank(pool, LATE))[-1] == "trace"


def test_the_noise_decays():
    assert [sharpness(r) for r in (None, 1, 3, 5, 12)] == pytest.approx([1, 1, 10, 100, 100])
    pool = [Candidate(f"c{n:02d}", doubt=doubt(0.1 + n / 20, 0.1)) for n in range(16)]

    def mean_place(round: int) -> float:
        """Of the seven cases of highest entropy, over many seeds; 3 without noise."""
        places = []
        for seed in range(60):
            contexts = Context(((1, "Anterior"),), round=round, seed=seed)
            order = ids(strategy_of("clasp_pe").rank(pool, contexts))
            places += [order.index(f"c{n:02d}") for n in range(9, 16)]
        return float(np.mean(places))

    early, middle, late = mean_place(1), mean_place(3), mean_place(5)
    assert early > middle > late
    assert late == pytest.approx(3, abs=0.3)
    assert early < 7  # still better than a random order


def test_power_noise_draws_in_proportion_to_the_score():
    """With β = 1 the first of log(s) + Gumbel is a draw with probabilities s / Σ s (Gumbel-max)."""
    pool = [Candidate("high", doubt=doubt(0.6, 0.6)), Candidate("low", doubt=doubt(0.2, 0.2))]
    firsts = Counter(
        ids(strategy_of("clasp_pe").rank(pool, Context(((1, "Anterior"),), round=1, seed=s)))[0] for s in range(800)
    )
    share, deviation = firsts["high"] / 800, math.sqrt(0.75 * 0.25 / 800)
    assert abs(share - 0.75) < 4 * deviation


def test_a_drawn_case_tells_its_place_and_the_round():
    pool = [Candidate(f"c{n:02d}", doubt=doubt(0.1 + n / 20, 0.1)) for n in range(16)]
    ranked = strategy_of("clasp_pe").rank(pool, Context(CLASSES, round=1, seed=2))
    drawn = [choice.reason for choice in ranked if "drawn with the noise of round 1" in choice.reason]
    assert drawn
    assert all("highest entropy" in reason for reason in drawn)


def test_cases_without_a_proposal_come_after_those_with_one():
    pool = [Candidate("new"), Candidate("known", confidence=0.4, doubt=doubt(0.1, 0.1))]
    for name in ("clasp_pe", "most_uncertain"):
        ranked = strategy_of(name).rank(pool, Context(CLASSES))
        assert ids(ranked) == ["known", "new"]
        assert ranked[1].reason.startswith("no proposal yet: ")


def test_the_least_confident_first(candidates):
    ranked = strategy_of("most_uncertain").rank(candidates, LATE)
    by_id = {c.case_id: c.confidence for c in candidates}
    assert [by_id[case] for case in ids(ranked)] == sorted(by_id.values())
    assert ranked[0].reason == f"lowest confidence of the model, {min(by_id.values()):.2f}, among 12 unlabelled"
    assert ranked[2].reason.startswith("3rd lowest confidence")


# ---- images ---------------------------------------------------------------------------------------------------


def test_the_most_diverse_is_the_farthest_from_what_is_labelled(embeddings):
    labelled = ("case-02", "case-09")
    pool = [Candidate(case) for case in embeddings.cases if case not in labelled]
    ranked = strategy_of("most_diverse").rank(pool, Context(CLASSES, labelled, embeddings=embeddings))
    points = embeddings.points().astype(float)
    place = {case: n for n, case in enumerate(embeddings.cases)}
    near = [place[case] for case in labelled]
    apart = {c.case_id: np.linalg.norm(points[near] - points[place[c.case_id]], axis=1).min() for c in pool}
    assert apart[ranked[0].case_id] == pytest.approx(max(apart.values()))
    assert f"{max(apart.values()):.2f} from " in ranked[0].reason
    assert len(ranked) == len(pool)


# ---- draws ----------------------------------------------------------------------------------------------------


def test_draws_have_their_distribution_and_depend_on_names_alone():
    from scipy.stats import gumbel_r, kstest

    numbers = [uniform(1, "x", n) for n in range(3000)]
    assert kstest(numbers, "uniform").pvalue > 0.01
    assert kstest([gumbel(1, "x", n) for n in range(3000)], gumbel_r.cdf).pvalue > 0.01
    assert uniform(1, "x", 5) == numbers[5]
    assert uniform(2, "x", 5) != numbers[5]


def test_words():
    assert " ".join(ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 112)) == "1st 2nd 3rd 4th 11th 12th 21st 112th"
    assert lowest(1) == "lowest"
    assert lowest(22) == "22nd lowest"
