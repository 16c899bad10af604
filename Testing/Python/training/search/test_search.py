"""The search on objectives without training: it finds, narrows, ends early, and goes on after a kill."""

from __future__ import annotations

import math
import threading
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="optuna is not installed")

from medopt import MedOptError
from medopt.events import Collector
from medopt.training.search import Dimension, Search, SearchSettings, Trial, outcome_of, plan_rounds, run_search

SPACE = (
    Dimension(field="training.learning_rate", kind="log", low=1e-5, high=1.0),
    Dimension(field="training.warmup", kind="linear", low=0.0, high=1.0),
    Dimension(field="training.batch_size", kind="whole", low=1, high=16),
    Dimension(field="training.optimiser", kind="choice", choices=("adamw", "sgd", "other")),
)


def settings(**more: object) -> SearchSettings:
    return SearchSettings.parse({"dimensions": [one.model_dump() for one in SPACE], "seed": 3, **more}, "test")


def hill(trial: Trial) -> float:
    """Highest at a rate of 0.01, a warm-up of 0.3, whatever the batch, and adamw."""
    rate, warmup = float(trial.values["training.learning_rate"]), float(trial.values["training.warmup"])  # type: ignore[arg-type]
    height = -abs(math.log10(rate) + 2) - abs(warmup - 0.3)
    return height - (trial.values["training.optimiser"] != "adamw")


def objective(trial: Trial, report) -> float | None:
    """Rises to the hill's height over four looks; a longer trial comes higher."""
    for look in (0.25, 0.5, 0.75, 1.0):
        if not report(look, hill(trial) * (2 - look) - (1 - trial.share)):
            return None
    return hill(trial) - (1 - trial.share)


def test_it_finds_the_top_and_ranges_narrow_around_it(tmp_path: Path) -> None:
    told = Collector()
    search = Search(tmp_path, settings(trials=60))
    assert run_search(search, objective, reporter=told)
    found = outcome_of(search)
    assert found.best is not None
    assert found.best.round == 2
    assert found.best.share == 1.0
    assert abs(math.log10(float(found.best.values["training.learning_rate"])) + 2) < 0.6  # type: ignore[arg-type]
    assert found.best.values["training.optimiser"] == "adamw"
    first, second = search.ranges(1)[0][0], search.ranges(2)[0][0]
    widths = [math.log10(one.high / one.low) for one in (SPACE[0], first, second)]  # type: ignore[operator]
    assert widths[0] > widths[1] > widths[2]
    assert second.low < 0.01 < second.high  # type: ignore[operator]
    assert search.ranges(2)[0][3].choices == ("adamw",)
    for trial in found.trials:
        assert all(one.holds(trial.values[one.field]) for one in search.ranges(trial.round)[0])
    assert any("Narrowed around the best" in e.get("text", "") for e in told.events)


def test_short_trials_come_first_and_survivors_get_longer(tmp_path: Path) -> None:
    search = Search(tmp_path, settings(trials=26))
    run_search(search, objective)
    trials = search.store.all()
    assert [len([t for t in trials if t.round == r]) for r in range(3)] == [18, 6, 2]
    assert [round(one.share, 4) for one in plan_rounds(search.settings)] == [0.1111, 0.3333, 1.0]
    first = sorted((t for t in trials if t.round == 0 and t.state == "done"), key=lambda t: -(t.score or 0))
    promoted = [t for t in trials if t.round == 1 and t.promoted_from is not None]
    assert [t.promoted_from for t in promoted] == [t.number for t in first[:3]]
    assert [t.values for t in promoted] == [t.values for t in first[:3]]


def test_hopeless_trials_end_early_and_good_ones_never(tmp_path: Path) -> None:
    search = Search(tmp_path, settings(trials=20, rounds=1))
    run_search(search, objective)
    trials = search.store.all()
    pruned = [t for t in trials if t.state == "pruned"]
    done = [t for t in trials if t.state == "done"]
    assert 3 <= len(pruned) <= 15
    assert max(hill(t) for t in trials) == max(hill(t) for t in done)
    assert all(t.points[-1][0] < 1 for t in pruned)
    kept = Search(tmp_path / "all", settings(trials=20, rounds=1, keep=1.0))
    run_search(kept, objective)
    assert {t.state for t in kept.store.all()} == {"done"}


class Killed(BaseException):
    """Ends a search like a kill does: nothing more is written."""


def test_after_kills_the_search_ends_as_if_there_had_been_none(tmp_path: Path) -> None:
    whole = Search(tmp_path / "whole", settings(trials=14, rounds=2))
    run_search(whole, objective)
    looks = 0

    def fragile(trial: Trial, report) -> float | None:
        def counted(share: float, score: float) -> bool:
            nonlocal looks
            looks += 1
            if looks % 9 == 0:
                raise Killed
            return report(share, score)

        return objective(trial, counted)

    kills = 0
    while True:
        try:
            if run_search(
                Search.open(tmp_path / "parts") if kills else Search(tmp_path / "parts", whole.settings), fragile
            ):
                break
        except Killed:
            kills += 1
    assert kills >= 3
    one, other = whole.store.all(), Search.open(tmp_path / "parts").store.all()
    assert [(t.values, t.state, t.score, t.points) for t in one] == [
        (t.values, t.state, t.score, t.points) for t in other
    ]
    assert max(t.attempt for t in other) > 1


def test_two_workers_share_a_search(tmp_path: Path) -> None:
    search = Search(tmp_path, settings(trials=24, rounds=2))
    both = threading.Barrier(2, timeout=20)

    def work(name: str) -> None:
        mine = Search.open(tmp_path, worker=name, alive=lambda worker, quiet_s: True)

        def slow(trial: Trial, report) -> float | None:
            if trial.number < 2:
                both.wait()  # both are at work at once
            return objective(trial, report)

        run_search(mine, slow)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    trials = search.store.all()
    assert [t.number for t in trials] == list(range(24))
    assert {t.worker for t in trials} == {"a", "b"}
    assert all(t.ended and t.attempt == 1 for t in trials)


def test_a_living_workers_trial_is_left_alone_and_a_vanished_ones_taken_over(tmp_path: Path) -> None:
    first = Search(tmp_path, settings(trials=3, rounds=1), worker="a")
    trial = first.suggest()
    assert trial is not None
    other = Search.open(tmp_path, worker="b", alive=lambda worker, quiet_s: worker == "a")
    fresh = other.suggest()
    assert fresh is not None
    assert fresh.number == 1
    third = Search.open(tmp_path, worker="c", alive=lambda worker, quiet_s: worker == "b")
    taken = third.suggest()
    assert taken is not None
    assert (taken.number, taken.values, taken.attempt, taken.worker) == (0, trial.values, 2, "c")


def test_a_failing_trial_is_noted_and_the_search_goes_on(tmp_path: Path) -> None:
    def sometimes(trial: Trial, report) -> float | None:
        if trial.number == 1:
            raise MedOptError("the loss stopped being a number")
        return objective(trial, report)

    search = Search(tmp_path, settings(trials=6, rounds=1, keep=1.0))
    assert run_search(search, sometimes)
    states = [t.state for t in search.store.all()]
    assert states == ["done", "failed", "done", "done", "done", "done"]
    assert search.store.all()[1].error == "the loss stopped being a number."


def test_stopping_leaves_the_trial_to_be_gone_on_with(tmp_path: Path) -> None:
    search = Search(tmp_path, settings(trials=4, rounds=1))
    assert not run_search(search, lambda trial, report: None)
    assert [t.state for t in search.store.all()] == ["running"]
    assert run_search(Search.open(tmp_path), objective)


def test_other_settings_need_another_name(tmp_path: Path) -> None:
    Search(tmp_path, settings(trials=4))
    with pytest.raises(MedOptError, match=r"begun with other settings.*another name"):
        Search(tmp_path, settings(trials=5))
    with pytest.raises(MedOptError, match="not a search"):
        Search.open(tmp_path / "none")
