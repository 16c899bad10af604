"""From image files to labels on the images' own grids."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from medopt.errors import MedOptError
from medopt.image import Geometry, Image
from medopt.inference import InferenceSettings, Model, ModelDescription, predict_files, predict_image
from medopt.io import read_label_map, read_segmentation, write_image
from medopt.preprocess import PreprocessSettings, Resample
from medopt.project import ClassInfo

CLASSES = (
    ClassInfo(value=2, name="Bright", color="#ff8800"),
    ClassInfo(value=9, name="Very bright", color="#0088ff"),
)


class Threshold:
    """A 'network' that tells three brightnesses apart: below 1, below 2, above."""

    name = "threshold"

    def __call__(self, windows: np.ndarray) -> np.ndarray:
        x = windows[:, :1]
        return np.concatenate([1.5 - x, np.full_like(x, 0.5), x - 1.5], axis=1) * 20


def model(channels: tuple[str, ...] = ("image",), preprocess: PreprocessSettings | None = None) -> Model:
    description = ModelDescription(
        name="threshold",
        dims=3,
        channels=channels,
        classes=CLASSES,
        preprocess=preprocess or PreprocessSettings(steps=()),
        patch=(8, 8, 8),
        divisor=(2, 2, 2),
        inference=InferenceSettings(overlap=0.5),
    )
    return Model(description, Threshold())


def picture(grid: Geometry, seed: int = 0) -> Image:
    values = np.random.default_rng(seed).choice([0.0, 1.5, 3.0], grid.shape)
    return Image(values[None].astype(np.float32), grid)


def test_classes_get_their_values_on_the_grid_of_the_image(oblique: Geometry) -> None:
    image = picture(oblique)
    label = predict_image(image, model())
    assert label.geometry == oblique
    np.testing.assert_array_equal(label.array, np.select([image.array[0] > 2, image.array[0] > 1], [9, 2]))


def test_after_resampling_the_label_is_on_the_original_grid_again(oblique: Geometry) -> None:
    shape = (12, 16, 18)
    grid = Geometry(shape, oblique.spacing, oblique.origin, oblique.direction)
    k, j, i = np.meshgrid(*(np.arange(n) - (n - 1) / 2 for n in shape), indexing="ij")
    ball = ((k * 2.5) ** 2 + (j * 0.8) ** 2 + (i * 0.7) ** 2 < 5.0**2).astype(np.float32)
    label = predict_image(
        Image(3 * ball[None], grid), model(preprocess=PreprocessSettings(steps=(Resample(spacing=(1.0, 1.0, 1.0)),)))
    )
    assert label.geometry == grid
    predicted = label.array > 0
    assert 2 * (predicted & (ball > 0)).sum() / (predicted.sum() + ball.sum()) > 0.9


def test_the_number_of_channels_must_fit(oblique: Geometry) -> None:
    with pytest.raises(MedOptError, match=r"wrong number of channels: expected 2 \(t1, t2\), found 1"):
        predict_image(picture(oblique), model(("t1", "t2")))


def test_files_that_fail_are_left_out_and_the_rest_goes_on(tmp_path: Path, oblique: Geometry) -> None:
    write_image(picture(oblique), tmp_path / "in" / "good.nrrd")
    (tmp_path / "in" / "bad.nrrd").write_bytes(b"NRRD0004\n")
    summary = predict_files(model(), [tmp_path / "in" / "bad.nrrd", tmp_path / "in" / "good.nrrd"], tmp_path / "out")
    assert [p.name for p in summary.written] == ["good.seg.nrrd"]
    assert list(summary.left_out) == ["bad"]
    assert "bad.nrrd" in summary.left_out["bad"]
    stored = read_segmentation(summary.written[0])
    assert [(s.name, s.value) for s in stored.segments] == [("Bright", 2), ("Very bright", 9)]
    np.testing.assert_array_equal(
        read_label_map(summary.written[0]).array, predict_image(picture(oblique), model()).array
    )


def test_channels_in_files_of_their_own_are_put_together(tmp_path: Path, oblique: Geometry) -> None:
    first, second = picture(oblique), picture(oblique, seed=1)
    write_image(first, tmp_path / "scan_0000.nrrd")
    write_image(second, tmp_path / "scan_0001.nrrd")
    write_image(Image(second.array, Geometry(oblique.shape)), tmp_path / "other_0001.nrrd")
    write_image(first, tmp_path / "other_0000.nrrd")
    summary = predict_files(model(("t1", "t2")), sorted(tmp_path.glob("*.nrrd")), tmp_path / "out")
    assert [p.name for p in summary.written] == ["scan.seg.nrrd"]
    np.testing.assert_array_equal(read_label_map(summary.written[0]).array > 0, first.array[0] > 1)
    assert "different grids" in summary.left_out["other"]
