"""The pointing game, figures over cases, the file, and what is said in words."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medopt.errors import MedOptError
from medopt.image import Box, Boxes, ClassLabel, Geometry, LabelMap
from medopt.metrics.wilson import wilson_interval
from medopt.validation.explain import (
    FILE,
    CaseMap,
    ExplainSettings,
    Explanation,
    explanation_folder,
    list_explanations,
    pointing_verdict,
    sanity_verdict,
    told,
)
from medopt.validation.explain.figures import hit_rate, pointing_rows, sanity_rows
from medopt.validation.explain.pointing import Pointed, point, region_of
from medopt.validation.table import LeftOut


@given(st.integers(0, 2**31))
def test_pointing_by_hand(seed):
    rng = np.random.default_rng(seed)
    values, region = rng.random((3, 4, 5)), rng.random((3, 4, 5)) < 0.3
    found = point(values, region)
    if not region.any():
        assert found is None
        return
    assert found.hit == any(values[place] == values.max() for place in zip(*np.nonzero(region), strict=True))
    assert found.inside == pytest.approx(sum(values[region]) / sum(values.ravel()))
    assert found.region == pytest.approx(np.count_nonzero(region) / 60)


def test_an_empty_map_or_region_points_at_nothing():
    assert point(np.zeros((1, 2, 2)), np.ones((1, 2, 2), bool)) is None
    assert point(np.ones((1, 2, 2)), np.zeros((1, 2, 2), bool)) is None


def test_regions_of_labels_and_boxes(oblique):
    label = np.zeros(oblique.shape, np.uint8)
    label[1:3, 2:5, 4:8], label[4] = 2, 3
    assert np.array_equal(region_of(LabelMap(label, oblique), 2, oblique), label == 2)
    assert np.array_equal(region_of(LabelMap(label, oblique), None, oblique), label > 0)
    boxes = Boxes.from_index([[[0.5, 1.5, 3.5], [2.5, 4.5, 7.5]]], [2], oblique)
    assert np.array_equal(region_of(boxes, 2, oblique), label == 2)
    assert not region_of(boxes, 1, oblique).any()
    assert region_of(ClassLabel((1,)), 1, oblique) is None


def test_a_box_on_a_picture_covers_its_one_slice_however_thick_it_is():
    flat = Geometry((1, 6, 8))
    box = Box((3.0, 2.0, 5.0), (4.0, 2.0, 0.1), 1)
    region = region_of(Boxes((box,)), 1, flat)
    assert region.sum() == 5 * 3
    assert region[0, 1:4, 1:6].all()


def test_hits_have_wilsons_interval_where_each_subject_has_one_map():
    hits = [True] * 15 + [False] * 5
    rate = hit_rate(hits, [f"s{n}" for n in range(20)])
    assert (rate.estimate, rate.n) == (0.75, 20)
    assert (rate.low, rate.high) == wilson_interval(15, 20)
    grouped = hit_rate(hits, [f"s{n // 2}" for n in range(20)])
    assert grouped.n_subjects == 10
    assert grouped.high - grouped.low > rate.high - rate.low
    few = hit_rate([True, False], ["a", "b"])
    assert (few.estimate, few.low) == (0.5, None)
    assert "too few subjects" in few.note


def maps(number=6, hit=5):
    return tuple(
        CaseMap(f"c{n}", f"s{n}", 1, "Front", f"maps/c{n}.1.nrrd", 2.0, Pointed(n < hit, 0.5, 0.1))
        for n in range(number)
    )


def explanation(ranks=(0.1,) * 6, **changed):
    steps = {"head": [(f"s{n}", value, value) for n, value in enumerate(ranks)]} if ranks else {}
    values = {
        "run": "run-001",
        "task": "segmentation",
        "subset": "test",
        "weights": "best",
        "settings": ExplainSettings(method="gradcam++"),
        "layer": "stages.2",
        "cells": (4, 5, 6),
        "maps": maps(),
        "nothing": (LeftOut("c9", "the model finds no Front in this image"),),
        "pointing": pointing_rows(maps()),
        "sanity": sanity_rows(steps),
    }
    return Explanation(**{**values, **changed})


def test_the_file_gives_back_what_was_written(tmp_path):
    found = explanation()
    folder = explanation_folder(tmp_path, "test", "gradcam++")
    path = found.save(folder)
    assert path == tmp_path / "explanations" / "test-gradcam++" / FILE
    assert Explanation.load(path) == found
    assert list_explanations(tmp_path, "test") == [path]
    assert list_explanations(tmp_path, "train") == []


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"format": 2}, r"this MedOpt can read.*format 1, found 2"),
        ({"maps": [{"case": "c"}]}, "the file of maps is damaged"),
        ({"settings": {"method": "saliency"}}, "method"),
    ],
)
def test_a_damaged_or_newer_file_is_refused(tmp_path, change, match):
    path = explanation().save(tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(MedOptError, match=match):
        Explanation.load(path)


def test_the_verdict_on_randomisation():
    assert "These maps depend on what the network learned" in sanity_verdict(explanation())
    same = sanity_verdict(explanation(tuple(0.9 + 0.01 * n for n in range(6))))
    assert "do not depend on what the network learned" in same
    assert "learned nothing gives nearly the same" in same
    assert "cannot be told" in sanity_verdict(explanation((0.0, 0.2, 0.4, 0.6, 0.8, 1.0)))
    assert "Too few subjects" in sanity_verdict(explanation((0.1, 0.2)))
    assert "was not made" in sanity_verdict(explanation(()))


def test_the_verdict_on_pointing():
    (row,) = pointing_rows(maps(20, 15))
    assert row.chance == pytest.approx(0.1)
    assert pointing_verdict(row).endswith("more often than chance.")
    assert told(row.hits) == "0.75 [0.53, 0.89], n = 20"
    (row,) = pointing_rows(maps(20, 1))
    assert pointing_verdict(row).endswith("no better than chance.")
    assert pointing_rows([CaseMap("c", "s", 1, "Front", "f", 1.0)]) == ()


def test_reading_results_needs_no_torch():
    import subprocess

    code = (
        "import sys; from medopt.validation.explain import figures, pointing, results, similarity, verdict;"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
