"""Prepared volumes: made once, read from disk, made anew for what changed, and never taken half written."""

from __future__ import annotations

import numpy as np
import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.preprocess import Normalize, PreprocessSettings, Resample
from medopt.project import Project, load_split
from medopt.tasks import build_task
from medopt.tasks.segmentation import POINTS_A_CLASS
from medopt.training.cache import load_array, prepare_cases, save_array

PLAIN = PreprocessSettings()


def prepare(project: Project, names: list[str], preprocess: PreprocessSettings = PLAIN):
    return prepare_cases(project, names, preprocess, build_task("segmentation", project.settings.classes))


def test_a_prepared_case_is_the_image_and_its_target_on_one_grid(small_project: Project) -> None:
    name = load_split(small_project).train[0]
    (case,), left_out = prepare(small_project, [name])
    label = small_project.read_label(name).array
    assert left_out == {}
    assert case.image.dtype == np.float16  # rounds by less than half a percent of the spread
    assert abs(float(case.image.mean(dtype=np.float64))) < 1e-4
    np.testing.assert_array_equal(case.target, np.select([label == 1, label == 4], [1, 2]))
    assert case.geometry == small_project.read_image(name).geometry
    for value, points in enumerate(case.points, start=1):
        assert 0 < len(points) <= POINTS_A_CLASS
        assert (case.target[tuple(points.T)] == value).all()


def test_a_second_time_nothing_is_computed(small_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    names = list(load_split(small_project).train)
    first, _ = prepare(small_project, names)
    monkeypatch.setattr(Project, "read_image", lambda *_: pytest.fail("the image was read again"))
    again, _ = prepare(small_project, names)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
        assert one.geometry == other.geometry


def test_other_preprocessing_and_changed_labels_are_prepared_anew(small_project: Project) -> None:
    name = load_split(small_project).train[0]
    (before,), _ = prepare(small_project, [name])
    coarse = PreprocessSettings(steps=(Resample(spacing=(3.0, 2.0, 2.0)), Normalize()))
    (resampled,), _ = prepare(small_project, [name], coarse)
    assert resampled.geometry.shape != before.geometry.shape
    assert resampled.target.shape == resampled.image.shape[1:]
    label = small_project.read_label(name)
    small_project.save_label(
        name, type(label)(np.where(label.array == 4, 1, label.array), label.geometry), annotator="x"
    )
    (after,), _ = prepare(small_project, [name])
    assert set(np.unique(after.target)) == {0, 1}
    assert set(np.unique(before.target)) == {0, 1, 2}


def test_what_cannot_be_prepared_is_left_out_and_told(small_project: Project) -> None:
    names = list(load_split(small_project).train)
    path = small_project.image_paths(names[0])[0]
    path.write_bytes(b"")
    told = Collector()
    task = build_task("segmentation", small_project.settings.classes)
    prepared, left_out = prepare_cases(small_project, names, PLAIN, task, reporter=told)
    assert [case.case for case in prepared] == names[1:]
    assert list(left_out) == [names[0]]
    assert any(names[0] in event.get("text", "") for event in told.events)


def test_arrays_are_plain_and_never_unpickled(tmp_path) -> None:
    save_array(tmp_path / "a.npy", np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(load_array(tmp_path / "a.npy"), [[0, 1, 2], [3, 4, 5]])
    with pytest.raises(ValueError, match="Object arrays"):
        save_array(tmp_path / "b.npy", np.array([{}], dtype=object))
    assert not (tmp_path / "b.npy").exists()
    np.save(tmp_path / "c.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(MedOptError, match="a prepared volume is damaged"):
        load_array(tmp_path / "c.npy")


def test_without_a_label_it_says_what_to_do(small_project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    name = load_split(small_project).train[0]
    monkeypatch.setattr(Project, "label_path", lambda *_: None)
    _, left_out = prepare(small_project, [name])
    assert "has no label" in left_out[name]
