"""Average precision of boxes: by hand, by a loop, by COCO's own tool where it is installed."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from medopt.metrics import (
    COCO_IOUS,
    BoxMatches,
    box_average_precision,
    match_boxes,
    mean_box_average_precision,
    pool_boxes,
)

JUDGED = (True, True, True)


def pictures(seed: int, images: int = 6, *, distinct: bool = True) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """(predicted, reference) boxes of 2D images, for three classes; the third is never there."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(images):
        number = int(rng.integers(0, 6))
        lower = rng.uniform(0, 60, (number, 3))
        corners = np.stack([lower, lower + rng.uniform(8, 30, (number, 3))], axis=1)
        classes = rng.integers(0, 2, number)
        moved = np.repeat(corners, 2, axis=0) + rng.normal(0, 2, (2 * number, 2, 3))
        more = np.concatenate([moved, rng.uniform(0, 60, (3, 1, 3)) + np.array([[0, 0, 0], [15, 15, 15]])])
        kinds = np.concatenate([np.repeat(classes, 2), rng.integers(0, 3, 3)])
        for part in (corners, more):
            part[:, :, 0] = (-0.5, 0.5)
        scores = rng.random(len(more)) if distinct else rng.integers(0, 4, len(more)) / 4
        found.append(((more, kinds, scores), (corners, classes)))
    return found


def matched(seed: int, **more: bool) -> list[BoxMatches]:
    return [match_boxes(predicted, reference, JUDGED) for predicted, reference in pictures(seed, **more)]


def by_loop(matches: list[BoxMatches], label: int, iou: float) -> float | None:
    pooled = pool_boxes(matches, label, iou)
    total = int(pooled.references.sum())
    if not total:
        return None
    points = []
    for cut in sorted(set(pooled.scores), reverse=True):
        chosen = pooled.scores >= cut
        points.append((pooled.right[chosen].sum() / total, pooled.right[chosen].mean()))
    area, before = 0.0, 0.0
    for recall, _ in points:
        area += (recall - before) * max(p for r, p in points if r >= recall)
        before = recall
    return area


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=30, deadline=None)
def test_equal_to_a_loop_and_the_same_for_any_order_of_images(seed: int, distinct: bool) -> None:
    matches = matched(seed, distinct=distinct)
    for label in range(3):
        for iou in (0.5, 0.75):
            expected = by_loop(matches, label, iou)
            for order in (matches, matches[::-1]):
                found = box_average_precision(pool_boxes(order, label, iou))
                assert found == (None if expected is None else pytest.approx(expected))


def test_by_hand() -> None:
    # right, wrong, right, wrong of 4 to find: precision 1 to recall 1/4, 2/3 to 1/2, then none
    box = np.array([[[0, 0, 0], [2, 2, 2]]], float)
    far = box + 50
    images = [
        match_boxes(
            (np.concatenate([box, far]), [0, 0], [0.9, 0.8]), (np.concatenate([box, box + 9]), [0, 0]), (True,)
        ),
        match_boxes(
            (np.concatenate([box, far]), [0, 0], [0.7, 0.6]), (np.concatenate([box, box + 9]), [0, 0]), (True,)
        ),
    ]
    pooled = pool_boxes(images, 0)
    assert box_average_precision(pooled) == pytest.approx(1 / 4 + 2 / 3 / 4)
    assert box_average_precision(pooled, recalls="101") == pytest.approx((26 + 25 * 2 / 3) / 101)
    # the second image twice: right (1 of 6), wrong, right right (3 of 6), wrong wrong
    assert box_average_precision(pooled, [1, 2]) == pytest.approx(1 / 6 + 2 / 6 * 3 / 4)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_weights_are_repeated_images(seed: int) -> None:
    matches = matched(seed)
    weights = np.random.default_rng(seed).integers(0, 3, len(matches))
    repeated = [m for m, w in zip(matches, weights, strict=True) for _ in range(w)]
    for label in range(3):
        for recalls in ("all", "101"):
            expected = box_average_precision(pool_boxes(repeated, label), recalls=recalls)  # type: ignore[arg-type]
            found = box_average_precision(pool_boxes(matches, label), weights, recalls)  # type: ignore[arg-type]
            assert found == (None if expected is None else pytest.approx(expected))


def test_without_envelope_it_could_only_be_less() -> None:
    # all references found: scikit-learn's average precision of the scores is the same curve without its envelope
    box = np.arange(8).reshape(8, 1, 1) * 10 + np.array([[[0, 0, 0], [2, 2, 2]]], float)
    rng = np.random.default_rng(0)
    predicted = (np.concatenate([box, box + 4]), np.zeros(16, int), rng.random(16))
    image = match_boxes(predicted, (box, np.zeros(8, int)), (True,))
    pooled = pool_boxes([image], 0)
    plain = average_precision_score(pooled.right, pooled.scores)
    found = box_average_precision(pooled)
    assert found is not None
    assert plain <= found < 1


def test_classes_without_boxes_are_left_out_of_the_mean() -> None:
    matches = matched(3)
    value, by_class = mean_box_average_precision(matches)
    assert by_class[2] is None
    assert value == pytest.approx((by_class[0] + by_class[1]) / 2)  # type: ignore[operator]
    whole, parts = mean_box_average_precision(matches, COCO_IOUS)
    each = [[box_average_precision(pool_boxes(matches, c, t)) for t in COCO_IOUS] for c in range(2)]
    assert parts[:2] == pytest.approx(np.mean(each, axis=1))  # type: ignore[arg-type]
    assert whole == pytest.approx(np.mean(each))  # type: ignore[arg-type]


def test_empty_cases() -> None:
    box, nothing = np.array([[[0, 0, 0], [2, 2, 2]]], float), np.zeros((0, 2, 3))
    unpredicted = match_boxes((nothing, [], []), (box, [0]), (True,))
    nowhere = match_boxes((box, [0], [0.9]), (nothing, []), (True,))
    for recalls in ("all", "101"):
        assert box_average_precision(pool_boxes([unpredicted], 0), recalls=recalls) == 0  # type: ignore[arg-type]
    assert box_average_precision(pool_boxes([nowhere], 0)) is None
    assert mean_box_average_precision([nowhere]) == (None, (None,))
    assert mean_box_average_precision([]) == (None, ())
    assert mean_box_average_precision([unpredicted, nowhere])[0] == 0


@pytest.mark.parametrize("seed", range(5))
def test_equal_to_cocos_own_tool(seed: int) -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    from pycocotools.cocoeval import COCOeval

    images = pictures(seed, 12)
    # COCO compares recalls with sums of 0.01 that are not exact; with these counts no recall is a multiple of it
    for label in range(2):
        while not sum(int((there[1] == label).sum()) for _, there in images) % 2 or not (
            sum(int((there[1] == label).sum()) for _, there in images) % 5
        ):
            predicted, (corners, classes) = images[0]
            lost = np.array([[[-0.5, 500, 500], [0.5, 510, 510]]])
            images[0] = predicted, (np.concatenate([corners, lost]), np.append(classes, label))
    truth: dict[str, list[Any]] = {"images": [], "annotations": [], "categories": [{"id": c + 1} for c in range(3)]}
    results = []
    for index, ((corners, kinds, scores), (there, classes)) in enumerate(images):
        truth["images"].append({"id": index + 1})
        for box, kind in zip(there, classes, strict=True):
            (_, y0, x0), (_, y1, x1) = box.tolist()
            sides = [x0, y0, x1 - x0, y1 - y0]
            truth["annotations"].append(
                {"id": len(truth["annotations"]) + 1, "image_id": index + 1, "category_id": int(kind) + 1}
                | {"bbox": sides, "area": sides[2] * sides[3], "iscrowd": 0}
            )
        for box, kind, score in zip(corners, kinds, scores, strict=True):
            (_, y0, x0), (_, y1, x1) = box.tolist()
            sides = [x0, y0, x1 - x0, y1 - y0]
            results.append({"image_id": index + 1, "category_id": int(kind) + 1, "bbox": sides, "score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        reference = coco.COCO()
        reference.dataset = truth
        reference.createIndex()
        evaluation = COCOeval(reference, reference.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    matches = [match_boxes(predicted, there, JUDGED) for predicted, there in images]
    assert mean_box_average_precision(matches, recalls="101")[0] == pytest.approx(evaluation.stats[1], abs=1e-9)
    assert mean_box_average_precision(matches, COCO_IOUS, recalls="101")[0] == pytest.approx(
        evaluation.stats[0], abs=1e-9
    )
