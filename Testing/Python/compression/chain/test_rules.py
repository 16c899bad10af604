"""The rules of a compression: how time is shared out, what is taken, what is on the front."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.compression.chain.choice import EQUALLY_FAST, Candidate, Rules, broken_rules, choose, is_hopeless
from medopt.compression.chain.front import front_of, outline
from medopt.compression.chain.plan import ChainSettings, Plan, branches_of, make_plan, plan_rows, rest_seconds
from medopt.errors import MedOptError

SOME = Candidate("a", "pruned-50", 8, 100, 1000, 1000, 10.0, 0.9, 1.0, 0.995, 1.01, (("Front", 1.0), ("Back", 0.99)))

shares = st.floats(0.9, 1.05)
models = st.lists(
    st.builds(
        replace,
        st.just(SOME),
        bytes=st.integers(1, 5),
        latency_ms=st.integers(1, 5).map(float),
        score=st.one_of(st.none(), st.sampled_from([0.7, 0.8, 0.9])),
        ratio=shares,
        low=st.one_of(st.none(), shares),
        classes=st.tuples(st.tuples(st.just("Front"), st.one_of(st.none(), shares))),
        is_reference=st.booleans(),
    ),
    max_size=8,
).map(lambda found: [replace(one, name=f"model-{n}") for n, one in enumerate(found)])
rules_of = st.builds(
    Rules,
    keep=st.sampled_from([0.95, 0.99]),
    floor=st.sampled_from([0.9, 0.98]),
    max_latency_ms=st.one_of(st.none(), st.integers(1, 5).map(float)),
    max_bytes=st.one_of(st.none(), st.integers(1, 5)),
)


@given(models)
def test_the_line_of_the_chart_holds_what_is_not_beaten_in_latency_and_score(candidates: list[Candidate]) -> None:
    scored = [one for one in candidates if one.score is not None]
    line = outline(scored)
    assert [one.latency_ms for one in line] == sorted({one.latency_ms for one in line})
    assert [one.score for one in line] == sorted({one.score for one in line})
    for one in scored:
        assert any(other.latency_ms <= one.latency_ms and other.score >= one.score for other in line)


def test_a_smaller_model_is_taken_where_the_speed_differs_by_noise() -> None:
    fast, small = replace(SOME, name="float", latency_ms=27.5, bytes=800), replace(SOME, latency_ms=27.9, bytes=240)
    assert choose([fast, small], Rules()).taken == small.name
    assert choose([fast, replace(small, latency_ms=29.5)], Rules()).taken == "float"


@given(models, rules_of)
def test_the_fastest_admitted_model_is_taken(candidates: list[Candidate], rules: Rules) -> None:
    def admitted(one: Candidate) -> bool:
        return (
            not one.is_reference
            and one.low is not None
            and one.low >= rules.keep
            and all(ratio is None or ratio >= rules.floor for _, ratio in one.classes)
            and one.latency_ms <= (rules.max_latency_ms or 1e9)
            and one.bytes <= (rules.max_bytes or 10**9)
        )

    choice = choose(candidates, rules)
    good = {one.name: one for one in candidates if admitted(one)}
    others = {one.name for one in candidates if not one.is_reference} - set(good)
    assert set(choice.refused) == others
    if good:
        assert choice.taken is not None
        taken = good[choice.taken]
        fastest = min(one.latency_ms for one in good.values())
        alike = [one for one in good.values() if one.latency_ms <= (1 + EQUALLY_FAST) * fastest]
        assert taken in alike
        assert all(taken.bytes <= one.bytes for one in alike)
        assert choice.nearest is None
    else:
        assert choice.taken is None
        assert (choice.nearest is None) == (not others)


@given(models)
def test_the_front_is_what_nothing_beats(candidates: list[Candidate]) -> None:
    names = front_of(candidates)
    scored = {one.name: one for one in candidates if one.score is not None}
    assert bool(names) == bool(scored)
    for name, one in scored.items():
        beaten = any(
            other.latency_ms <= one.latency_ms
            and other.bytes <= one.bytes
            and (other.score or 0) >= (one.score or 0)
            and (other.latency_ms < one.latency_ms or other.bytes < one.bytes or (other.score or 0) > (one.score or 0))
            for other in scored.values()
        )
        assert (name in names) != beaten
    times = [scored[name].latency_ms for name in names]
    assert times == sorted(times)


def test_the_nearest_is_within_the_limits_when_one_is() -> None:
    best = replace(SOME, name="best", low=0.98, latency_ms=50.0)
    within = replace(SOME, name="within", low=0.95)
    worse = replace(SOME, name="worse", low=0.90)
    assert choose([best, within, worse], Rules(max_latency_ms=20)).nearest == "within"
    assert choose([best, within, worse], Rules()).nearest == "best"
    assert choose([best, within, worse], Rules(max_latency_ms=1)).nearest == "best"


def test_reasons_say_what_is_missing() -> None:
    assert broken_rules(SOME, Rules()) == ()
    low = replace(SOME, low=0.97, classes=(("Back", 0.5),), bytes=3000)
    reasons = " ".join(broken_rules(low, Rules(max_latency_ms=5, max_bytes=2000)))
    for part in ("0.9700", "of Back", "10 ms", "3,000 bytes"):
        assert part in reasons
    assert "too few validation subjects" in broken_rules(replace(SOME, low=None), Rules())[0]
    assert "not defined" in broken_rules(replace(SOME, ratio=None), Rules())[0]


def test_a_branch_ends_when_not_even_the_upper_end_keeps_enough() -> None:
    assert not is_hopeless(replace(SOME, ratio=0.97, low=0.95, high=0.992), Rules())
    assert is_hopeless(replace(SOME, ratio=0.97, low=0.95, high=0.985), Rules())
    assert is_hopeless(replace(SOME, ratio=0.98, low=None, high=None), Rules())
    assert is_hopeless(replace(SOME, ratio=None, low=None, high=None), Rules())


@given(
    minutes=st.floats(0.1, 600),
    seconds=st.floats(0, 10),
    cases=st.integers(1, 500),
    removed=st.lists(st.floats(0.01, 0.99), max_size=4),
)
def test_time_is_shared_out_equally(minutes: float, seconds: float, cases: int, removed: list[float]) -> None:
    settings = ChainSettings(minutes=minutes, removed=tuple(removed))
    plan = make_plan("run", "0" * 64, settings, patch_seconds=seconds, validation_cases=cases)
    assert plan.minutes_each is not None
    assert plan.expected_minutes is not None
    training = plan.minutes_each * plan.trainings
    assert minutes / 2 * 0.999 <= training <= minutes * 1.001
    rest = rest_seconds(seconds, cases, len(plan.branches)) / 60
    assert plan.expected_minutes == pytest.approx(max(minutes, minutes / 2 + rest))
    assert Plan.from_json(plan.to_json()) == plan
    assert len(plan_rows(plan)) == len(plan.branches)


def test_the_branches_are_those_asked_for() -> None:
    names = [branch.name for branch in branches_of(ChainSettings())]
    assert names == [
        "teacher",
        "control",
        "pruned-50",
        "pruned-75",
        "width-50-batch",
        "width-25-batch",
        "coarse-50-batch",
    ]
    assert branches_of(ChainSettings(networks=("separable_unet-M",)))[-1].network == "separable_unet-M"
    unfit = {"coarse-50-batch": "no network is so small"}
    plan = make_plan("run", "0", ChainSettings(steps=3), patch_seconds=0.1, validation_cases=2, unfit=unfit)
    assert [branch.name for branch in plan.branches] == names[:-1]
    assert (plan.trainings, plan.minutes_each, plan.expected_minutes) == (5, None, None)
    assert plan_rows(plan)[-1]["what"] == "left out: no network is so small"
    coarse = branches_of(ChainSettings(removed=(), widths=(), coarse=(0.75,)))[-1]
    assert (coarse.amount, coarse.coarse, coarse.norm) == (0.75, True, "batch")


def test_a_plan_for_something_else_or_damaged_is_refused() -> None:
    plan = make_plan("run", "0", ChainSettings(), patch_seconds=0.1, validation_cases=2)
    assert not plan.same_as(replace(plan, sha256="1"))
    assert not plan.same_as(replace(plan, settings=ChainSettings(keep=0.9)))
    assert plan.same_as(replace(plan, minutes_each=3.0))
    assert plan.same_as(replace(plan, settings=ChainSettings(minutes=30)))
    assert not plan.same_as(replace(plan, settings=ChainSettings(minutes=31)))
    with pytest.raises(MedOptError, match="damaged"):
        Plan.from_json({"format": 1})
    with pytest.raises(MedOptError, match="newer"):
        Plan.from_json({**plan.to_json(), "format": 99})
    with pytest.raises(ValueError, match="either minutes or steps"):
        ChainSettings(minutes=3, steps=3)
