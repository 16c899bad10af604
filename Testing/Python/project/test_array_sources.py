from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt import MedOptError
from medopt.project import ClassInfo, Project, import_folder
from medopt.project.array_sources import array_sources

CLASSES = [ClassInfo(value=v, name=n, color="#ff0000") for v, n in ((1, "normal"), (5, "pneumonia"))]


def project(folder: Path, **more: object) -> Project:
    return Project.create(folder / "p", name="x", classes=CLASSES, task="classification", **more)


def save(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "a.npz", **arrays)
    return folder / "a.npz"


def test_rows_become_cases_with_classes_and_parts(tmp_path: Path, rng: np.random.Generator) -> None:
    images = rng.integers(0, 255, (5, 6, 4), np.uint8)
    path = save(tmp_path, train_images=images[:3], train_labels=[[0], [1], [1]], test_images=images[3:],
                test_labels=[[0], [1]])  # fmt: skip
    made = project(tmp_path)
    summary = import_folder(made, path, attributes={"site": "A"})
    assert summary.imported == ("test-00001", "test-00002", "train-00001", "train-00002", "train-00003")
    assert made.label_values() == {
        "test-00001": (1,), "test-00002": (5,), "train-00001": (1,), "train-00002": (5,), "train-00003": (5,)
    }  # fmt: skip
    np.testing.assert_array_equal(made.read_image("train-00002").array, images[1][None, None])
    assert made.case("test-00001").attributes == {"site": "A", "split": "test"}
    assert len({case.subject for case in made.cases()}) == 5
    again = import_folder(made, path)
    assert (again.imported, len(again.unchanged)) == ((), 5)


@pytest.mark.parametrize(
    ("shape", "channels", "stored"),
    [
        ((4, 5), ("image",), (1, 1, 4, 5)),
        ((4, 5, 1), ("image",), (1, 1, 4, 5)),
        ((3, 4, 5), ("image",), (1, 3, 4, 5)),
        ((4, 5, 3), ("r", "g", "b"), (3, 1, 4, 5)),
        ((2, 4, 5, 3), ("r", "g", "b"), (3, 2, 4, 5)),
    ],
)
def test_shapes_of_rows(tmp_path: Path, shape: tuple, channels: tuple, stored: tuple) -> None:
    rows = np.arange(2 * np.prod(shape)).reshape(2, *shape)
    (first, _) = array_sources(project(tmp_path, channels=channels), save(tmp_path, images=rows))
    array = first.read().image.array
    assert array.shape == stored
    front = np.moveaxis(rows[0], -1, 0) if len(channels) > 1 else rows[0]
    np.testing.assert_array_equal(array.ravel(), front.ravel())


def test_rows_of_0_and_1_are_several_classes(tmp_path: Path) -> None:
    images = np.zeros((3, 4, 5))
    path = save(tmp_path, images=images, labels=np.array([[1, 0], [1, 1], [0, 0]]))
    made = project(tmp_path, multi_label=True)
    import_folder(made, path)
    assert list(made.label_values().values()) == [(1,), (1, 5), ()]


@pytest.mark.parametrize("labels", [[0, 2, 1], [[0, 0, 1]] * 3, [[0, 2]] * 3, [0, -1, 0]])
def test_labels_of_other_classes(tmp_path: Path, labels: list) -> None:
    path = save(tmp_path, images=np.zeros((3, 4, 5)), labels=np.array(labels))
    with pytest.raises(MedOptError, match="the labels do not fit the classes of the project: expected 2 classes"):
        array_sources(project(tmp_path), path)


def test_images_of_another_shape_are_left_out(tmp_path: Path) -> None:
    path = save(tmp_path, images=np.zeros((2, 4, 5, 2)))
    summary = import_folder(project(tmp_path, channels=("r", "g", "b")), path)
    assert [finding.problem for finding in summary.left_out] == ["the images have another shape"] * 2


def test_what_arrays_do_not_have(tmp_path: Path) -> None:
    path = save(tmp_path, images=np.zeros((2, 4, 5)))
    with pytest.raises(MedOptError, match=r"not possible with arrays.*found a labels folder and a subject pattern"):
        import_folder(project(tmp_path), path, tmp_path, subject_pattern="(a)")


def test_pneumonia_mnist(tmp_path: Path, real_data: Path) -> None:
    sources = array_sources(project(tmp_path), real_data / "pneumonia_mnist" / "pneumoniamnist.npz")
    assert len(sources) == 5856
    seen: dict[str, set[str]] = {}
    for source in sources:
        seen.setdefault(source.image_sha256, set()).add(source.attributes["split"])
    assert sum(parts == {"train", "validation"} for parts in seen.values()) == 8
