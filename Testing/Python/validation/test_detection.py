"""Detected boxes: pairs against brute force, figures against the metrics room, and images without boxes."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Box, Boxes, Geometry
from medopt.metrics import COCO_IOUS, match_boxes
from medopt.metrics.box_average_precision import mean_box_average_precision
from medopt.metrics.box_matching import pool_boxes
from medopt.metrics.froc import froc
from medopt.validation import (
    MEAN,
    BoxResults,
    Structure,
    ValidationSettings,
    load_results,
    score_boxes,
    validate_boxes,
)

CLASSES = (Structure(1, "cell"), Structure(4, "dot"))
GRID = Geometry((20, 30, 40), (2.0, 0.5, 0.7), (4.0, -3.0, 9.0))
SETTINGS = ValidationSettings.model_validate({"bootstrap": {"samples": 300}})


def corners(rng: np.random.Generator, n: int) -> np.ndarray:
    lower = rng.uniform(0, (10, 18, 26), (n, 3))
    return np.stack([lower, lower + rng.uniform(3, 8, (n, 3))], axis=1)


def made(rng: np.random.Generator) -> tuple[Boxes, Boxes]:
    """A reference, and a prediction that finds most of it and more."""
    n = int(rng.integers(0, 4))
    there, kinds = corners(rng, n), rng.integers(0, 2, n)
    kept = rng.random(n) < 0.8
    near = there[kept] + rng.normal(0, 0.5, (int(kept.sum()), 2, 3))
    more = corners(rng, int(rng.integers(0, 3)))
    values = np.concatenate([kinds[kept], rng.integers(0, 2, len(more))])
    scores = np.concatenate([rng.uniform(0.3, 1, len(near)), rng.uniform(0, 0.6, len(more))])
    named = np.array([1, 4])
    reference = Boxes.from_index(there, named[kinds], GRID)
    return reference, Boxes.from_index(
        np.concatenate([near, more]), named[values], GRID, scores=[float(s) for s in scores]
    )


@pytest.fixture(scope="module")
def labels() -> dict[str, tuple[Boxes, Boxes]]:
    rng = np.random.default_rng(6)
    return {f"c{n:02d}": made(rng) for n in range(30)}


@pytest.fixture(scope="module")
def results(labels: dict[str, tuple[Boxes, Boxes]]) -> BoxResults:
    return validate_boxes(
        [(case, f"s{int(case[1:]) // 2:02d}") for case in labels],
        lambda case: labels[case][0],
        lambda case: labels[case][1],
        lambda case: GRID,
        CLASSES,
        subset="test",
        model="net",
        settings=SETTINGS,
    )


def test_figures_are_those_of_the_metrics_room(labels, results) -> None:
    matches = []
    for reference, prediction in labels.values():
        place = {1: 0, 4: 1}
        said = [place[b.value] for b in prediction.boxes], [b.score for b in prediction.boxes]
        there = reference.to_index(GRID), [place[b.value] for b in reference.boxes]
        matches.append(match_boxes((prediction.to_index(GRID), *said), there, [True, True]))
    mean, each = mean_box_average_precision(matches)
    assert [results.row(c.name, "ap50").estimate for c in CLASSES] == pytest.approx(list(each))
    assert results.row(MEAN, "ap50").estimate == pytest.approx(mean)
    mean, each = mean_box_average_precision(matches, COCO_IOUS)
    assert [results.row(c.name, "ap50_95").estimate for c in CLASSES] == pytest.approx(list(each))
    for index, structure in enumerate(CLASSES):
        curve = froc(pool_boxes(matches, index))
        assert results.row(structure.name, "froc").estimate == pytest.approx(curve.mean)
        assert results.row(structure.name, "sensitivity_fp1").estimate == pytest.approx(curve.at_rates[3])
        assert results.row(structure.name, "found").estimate == pytest.approx(curve.sensitivities[-1])
    row = results.row("cell", "ap50")
    assert row.low < row.estimate < row.high
    assert (row.n, row.n_subjects) == (30, 15)
    assert row.n_boxes == sum(b.value == 1 for reference, _ in labels.values() for b in reference.boxes)


def test_pairs_are_those_of_brute_force(labels, results) -> None:
    for scored in results.cases:
        reference, prediction = labels[scored.case]
        free, pairs = set(range(len(reference))), {}
        for p in sorted(range(len(prediction)), key=lambda n: -prediction.boxes[n].score):
            best, at = 0.5, None
            for r in sorted(free):
                a, b = reference.boxes[r], prediction.boxes[p]
                if a.value == b.value and (iou := _iou(a, b)) >= best:
                    best, at = (iou, r) if iou > best or at is None else (best, at)
            if at is not None:
                pairs[p] = (at, best)
                free.discard(at)
        found = {b.predicted: (b.reference, b.iou) for b in scored.boxes if b.outcome == "found"}
        assert {p: r for p, (r, _) in found.items()} == {p: r for p, (r, _) in pairs.items()}
        assert [iou for _, (_, iou) in sorted(found.items())] == pytest.approx(
            [i for _, (_, i) in sorted(pairs.items())]
        )
        assert {b.reference for b in scored.boxes if b.outcome == "missed"} == free
        assert len([b for b in scored.boxes if b.outcome == "false"]) == len(prediction) - len(pairs)


def _iou(a: Box, b: Box) -> float:
    low = np.maximum(a.corners.min(axis=0), b.corners.min(axis=0))
    high = np.minimum(a.corners.max(axis=0), b.corners.max(axis=0))
    shared = np.prod(np.maximum(high - low, 0))
    return float(shared / (np.prod(a.size) + np.prod(b.size) - shared))


def test_classes_that_nobody_looked_for_do_not_count() -> None:
    box = Box((5.0, 5.0, 12.0), (4.0, 4.0, 4.0), 4, score=0.9)
    scored = score_boxes(Boxes((), unjudged=(4,)), Boxes((box,)), GRID, CLASSES)
    assert scored.boxes == ()
    assert scored.unjudged == ("dot",)


def test_in_one_slice_only_the_plane_counts() -> None:
    grid = Geometry((1, 50, 50), (1.0, 1.0, 1.0))
    thick = Box((20.0, 20.0, 0.0), (10.0, 10.0, 8.0), 1)
    flat = Box((20.0, 20.0, 0.0), (10.0, 10.0, 1.0), 1, score=0.5)
    scored = score_boxes(Boxes((thick,)), Boxes((flat,)), grid, CLASSES)
    assert [(b.outcome, b.iou) for b in scored.boxes] == [("found", pytest.approx(1.0))]


def test_one_box_is_found_once() -> None:
    there = Box((5.0, 5.0, 12.0), (4.0, 4.0, 4.0), 1)
    said = [Box(there.center, there.size, 1, score=score) for score in (0.4, 0.8)]
    scored = score_boxes(Boxes((there,)), Boxes(tuple(said)), GRID, CLASSES)
    assert [(b.outcome, b.score, b.predicted) for b in scored.boxes] == [("found", 0.8, 1), ("false", 0.4, 0)]
    assert scored.number("false", above=0.5) == 0
    assert scored.number("false", "cell") == 1


def test_images_without_any_box_count_as_images() -> None:
    there = Box((5.0, 5.0, 12.0), (4.0, 4.0, 4.0), 1)
    labels = {f"c{n}": (Boxes((there,) if n < 6 else ()), Boxes()) for n in range(12)}
    results = validate_boxes(
        [(case, case) for case in labels],
        lambda case: labels[case][0],
        lambda case: labels[case][1],
        lambda case: GRID,
        CLASSES,
        subset="test",
        model="net",
        settings=SETTINGS,
    )
    row = results.row("cell", "froc")
    assert (row.estimate, row.n, row.n_boxes) == (0, 12, 6)
    assert results.row("dot", "ap50").estimate is None
    assert results.row(MEAN, "ap50").without == ("dot",)


def test_few_subjects_with_a_box_have_no_interval() -> None:
    there = Box((5.0, 5.0, 12.0), (4.0, 4.0, 4.0), 1)
    found = Box(there.center, there.size, 1, score=0.9)
    labels = {f"c{n}": (Boxes((there,) if n < 3 else ()), Boxes((found,))) for n in range(12)}
    results = validate_boxes(
        [(case, case) for case in labels],
        lambda case: labels[case][0],
        lambda case: labels[case][1],
        lambda case: GRID,
        CLASSES[:1],
        subset="test",
        model="net",
        settings=SETTINGS,
    )
    row = results.row("cell", "ap50")
    assert (row.low, row.note) == (None, "too few subjects with a box: expected at least 5, found 3")


@pytest.mark.parametrize(
    ("reference", "prediction", "message"),
    [
        (Boxes((Box((0, 0, 0), (1, 1, 1), 9),)), Boxes(), "unknown class in the reference: found 9"),
        (Boxes(), Boxes((Box((0, 0, 0), (1, 1, 1), 9, score=1.0),)), "unknown class in the prediction"),
        (Boxes(), Boxes((Box((0, 0, 0), (1, 1, 1), 1),)), "a predicted box has no score"),
        (Boxes(), Boxes((Box((0, 0, 0), (1, 1, 1), 1, score=float("nan")),)), "a score is not a number"),
    ],
)
def test_cases_that_cannot_be_scored(reference: Boxes, prediction: Boxes, message: str) -> None:
    with pytest.raises(MedOptError, match=message):
        score_boxes(reference, prediction, GRID, CLASSES, case="x")


def test_the_file_holds_everything(results, tmp_path) -> None:
    path = tmp_path / "metrics-test.json"
    results.save(path)
    assert load_results(path) == BoxResults.load(path) == results
    value = json.loads(path.read_text())
    assert (value["format"], value["task"]) == (2, "detection")
    kinds = {box["outcome"]: set(box) for case in value["cases"] for box in case["boxes"]}
    assert kinds["missed"] == {"structure", "outcome", "reference"}
    assert kinds["found"] == {"structure", "outcome", "score", "iou", "reference", "predicted", "right_at"}
    value["cases"][0]["boxes"] = [{"structure": "cell", "outcome": "lost"}]
    path.write_text(json.dumps(value))
    with pytest.raises(MedOptError, match="damaged: found ValueError: outcome is 'lost'"):
        load_results(path)
