from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.io.annotations import holds_arrays, read_arrays


def arrays() -> dict[str, np.ndarray]:
    return {
        "test_images": np.zeros((2, 4, 5), np.uint8),
        "test_labels": np.array([[1], [0]], np.uint8),
        "train_images": np.ones((3, 4, 5), np.uint8),
        "train_labels": np.array([[1], [0], [1]], np.uint8),
    }


@pytest.mark.parametrize("folder", [False, True])
def test_parts_in_the_order_of_their_use(tmp_path: Path, folder: bool) -> None:
    path = tmp_path if folder else tmp_path / "a.npz"
    if folder:
        for name, array in arrays().items():
            np.save(tmp_path / f"{name}.npy", array)
    else:
        np.savez(path, **arrays())
    assert holds_arrays(path)
    first, second = read_arrays(path)
    assert (first.name, first.split, second.split) == ("train", "train", "test")
    assert first.images.shape == (3, 4, 5)
    np.testing.assert_array_equal(first.labels, [1, 0, 1])


def test_images_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.zeros((2, 3, 4, 5)))
    (part,) = read_arrays(tmp_path)
    assert (part.name, part.split, part.labels) == ("", "", None)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": np.zeros(3)}, "'train_images' of images in rows"),
        ({"train_labels": np.zeros(2, int)}, "3 labels of 'train_images'"),
        ({"train_labels": np.zeros(3)}, "3 labels of 'train_images'"),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, changes: dict, message: str) -> None:
    np.savez(tmp_path / "a.npz", **{**arrays(), **changes})
    with pytest.raises(MedOptError, match=message):
        read_arrays(tmp_path / "a.npz")


def test_no_images_and_objects_that_would_run_code(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(MedOptError, match=r"no images in the arrays.*found x"):
        read_arrays(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", images=np.array([object()], object))
    with pytest.raises(MedOptError, match="arrays of numbers"):
        read_arrays(tmp_path / "b.npz")
    (tmp_path / "c.npz").write_bytes(b"PK\x03\x04 half")
    with pytest.raises(MedOptError, match="arrays of numbers"):
        read_arrays(tmp_path / "c.npz")
