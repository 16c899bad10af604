"""Descriptors of a cohort on one scale, and what is kept of them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from medopt.errors import MedOptError
from medopt.labelling import embeddings as module
from medopt.labelling.descriptor import describe, groups_of
from medopt.labelling.embeddings import Embeddings, cached_embeddings, embed_cases, plane

SIZE = sum(group.size for group in groups_of(1))


def test_points_are_z_scores_in_which_every_kind_counts_equally(rng):
    for channels in (1, 3):
        groups = groups_of(channels)
        size = sum(group.size for group in groups)
        values = rng.normal(5, 3, (400, size)).astype(np.float32)
        points = Embeddings(tuple(map(str, range(400))), values, channels).points()
        spread = (points**2).mean(axis=0)
        assert spread.sum() == pytest.approx(5, rel=0.02)  # five kinds, one each
        assert spread[:7].sum() == pytest.approx(1, rel=0.05)
        np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-2)


def test_what_does_not_differ_does_not_count_and_one_odd_number_is_held(rng):
    values = rng.normal(0, 1, (50, SIZE)).astype(np.float32)
    values[:, 3] = 1 + rng.normal(0, 1e-5, 50)  # the same spacing, but for rounding
    values[0, 50] = 1e6
    points = Embeddings(tuple(map(str, range(50))), values).points()
    assert np.abs(points[:, 3]).max() < 1e-3
    assert np.abs(points[:, 50]).max() <= 4 / 12 + 1e-6
    assert Embeddings((), np.zeros((0, SIZE), np.float32)).points().shape == (0, SIZE)


def test_descriptors_of_another_size_are_refused():
    with pytest.raises(MedOptError, match="descriptors do not fit"):
        Embeddings(("a",), np.zeros((1, 3), np.float32))


def test_the_plane_is_that_of_principal_components(rng):
    points = rng.normal(0, 1, (40, 9)).astype(np.float32) * np.arange(1, 10)
    ours, theirs = plane(points), PCA(2).fit_transform(points.astype(float))
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-3)
    np.testing.assert_allclose(plane(points[::-1]), ours[::-1], atol=1e-4)
    assert not plane(points[:1]).any()
    assert plane(points[:0]).shape == (0, 2)


def test_images_are_looked_at_once(unlabelled, monkeypatch):
    cases = [case.id for case in unlabelled.cases()]
    assert cached_embeddings(unlabelled, cases).cases == ()
    found = embed_cases(unlabelled, cases)
    np.testing.assert_array_equal(found.values[2], describe(unlabelled.read_image(cases[2])))
    monkeypatch.setattr(module, "describe", None)
    again = embed_cases(unlabelled, cases[::-1])
    np.testing.assert_array_equal(again.values, found.values[::-1])
    assert again.cases == tuple(cases[::-1])
    assert cached_embeddings(unlabelled, cases[:3]).cases == tuple(cases[:3])


def test_a_damaged_cache_is_made_anew_and_a_broken_image_is_left_out(unlabelled):
    cases = [case.id for case in unlabelled.cases()]
    found = embed_cases(unlabelled, cases)
    path = unlabelled.cache_folder / "embeddings.npz"
    path.write_bytes(path.read_bytes()[:300])
    unlabelled.image_paths(cases[1])[0].write_bytes(b"NRRD0005\n")
    again = embed_cases(unlabelled, cases)
    assert set(again.left_out) == {cases[1]}
    assert again.cases == (cases[0], *cases[2:])
    np.testing.assert_array_equal(again.values, found.of(again.cases).values)


def test_fingerprints_are_equal_for_equal_voxels(small_project):
    cases = [case.id for case in small_project.cases()]
    prints = module.fingerprints(small_project, cases)
    assert len(set(prints.values())) == len(cases)
