"""What a smaller model keeps, against numbers worked out another way; latencies in turn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from results_made import classified, detected

from medopt.compression.chain.ratio import kept_ratio, main_score
from medopt.compression.latency import patch_latencies, times_faster
from medopt.errors import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.validation import Structure, validate_cases
from medopt.validation.result_files import AnyResults
from medopt.validation.results import Results
from medopt.validation.settings import BootstrapSettings

FEW = BootstrapSettings(samples=4000, method="percentile")
GRID = Geometry((4, 8, 8))


def masks(shift: int, cases: int = 12) -> Results:
    """Two structures; a model that is off by ``shift`` voxels in every third case."""

    def label(n: int, off: int) -> LabelMap:
        array = np.zeros(GRID.shape, np.uint8)
        array[:, 1:5, 1 + off : 3 + off] = 1
        array[:, 6:, 1 : 3 + n % 2] = 4
        return LabelMap(array, GRID)

    return validate_cases(
        [(f"c{n:02d}", f"s{n // 2}") for n in range(cases)],
        lambda case: label(int(case[1:]), 0),
        lambda case: label(int(case[1:]), shift if int(case[1:]) % 3 == 0 else 0),
        (Structure(1, "Front"), Structure(4, "Back")),
        subset="validation",
        model="net",
    )


def test_the_ratio_of_dice_is_that_of_the_means_and_its_interval_resamples_subjects() -> None:
    before, after = masks(0), masks(1)
    found = kept_ratio(before, after, FEW)
    # a shift by one of two voxels gives Dice 1/2 in a third of the cases, in one of two structures
    assert found.estimate == pytest.approx(1 - 1 / 3 / 4)
    assert dict(found.structures) == {"Front": pytest.approx(1 - 1 / 6), "Back": pytest.approx(1.0)}
    assert main_score(after) == pytest.approx(1 - 1 / 12)
    assert found.n_subjects == 6
    # by brute force: means over the two cases of each subject, drawn six at a time
    each = np.array([np.mean([0.75 if n % 3 == 0 else 1.0 for n in (2 * s, 2 * s + 1)]) for s in range(6)])
    drawn = each[np.random.default_rng(0).integers(0, 6, (4000, 6))].mean(1)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= np.quantile(drawn, 0.025) + 0.005
    assert found.high >= np.quantile(drawn, 0.975) - 0.005
    assert found.low > 0.8


@pytest.mark.parametrize("results", [masks(1), classified(), detected()])
def test_a_model_keeps_all_of_itself(results: AnyResults) -> None:
    found = kept_ratio(results, results, FEW)
    assert (found.estimate, found.low, found.high) == (1.0, 1.0, 1.0)
    assert all(ratio == 1.0 for _, ratio in found.structures)
    assert main_score(results) == pytest.approx(results.row("mean", results.main_metric).estimate)


def test_few_subjects_have_a_ratio_without_an_interval() -> None:
    found = kept_ratio(masks(0, 4), masks(1, 4), FEW)
    assert found.estimate == pytest.approx(1 - 2 / 4 / 4)
    assert (found.low, found.high, found.n_subjects) == (None, None, 2)


def test_models_of_other_cases_or_tasks_are_refused() -> None:
    with pytest.raises(MedOptError, match="same cases"):
        kept_ratio(masks(0), masks(0, 10))
    with pytest.raises(MedOptError, match="same cases"):
        kept_ratio(masks(0), classified())
    with pytest.raises(MedOptError, match="no case"):
        kept_ratio(replace(masks(0), cases=()), replace(masks(0), cases=()))


def test_latencies_are_taken_in_turn() -> None:
    order: list[str] = []

    def model(name: str) -> object:
        description = type("D", (), {"patch": (1, 5, 4), "divisor": (1, 4, 4), "channels": ("MR",)})()

        def runtime(windows: np.ndarray) -> None:
            assert windows.shape == (1, 1, 1, 8, 4)
            order.append(name)

        return type("M", (), {"description": description, "runtime": staticmethod(runtime)})()

    found = patch_latencies({name: model(name) for name in "abc"}, 3)  # type: ignore[misc]
    assert {name: len(times) for name, times in found.items()} == {"a": 3, "b": 3, "c": 3}
    assert [set(order[n : n + 3]) for n in range(0, 12, 3)] == [set("abc")] * 4
    assert times_faster([1.0, 2.0, 4.0], [2.0, 8.0, 12.0]) == 3.0
