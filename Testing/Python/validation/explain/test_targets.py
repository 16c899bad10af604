"""What is explained of each task: the class's answer, the structure's voxels, the box's peak."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nets import Dense, network  # noqa: E402

from medopt.errors import MedOptError  # noqa: E402
from medopt.image import Geometry, Image  # noqa: E402
from medopt.inference import InferenceSettings, ModelDescription  # noqa: E402
from medopt.preprocess import PreprocessSettings  # noqa: E402
from medopt.project import ClassInfo  # noqa: E402
from medopt.validation.explain import ExplainSettings  # noqa: E402
from medopt.validation.explain.explainer import Explainer  # noqa: E402
from medopt.validation.explain.maps import activation_map  # noqa: E402
from medopt.validation.explain.targets import Target, find_target  # noqa: E402
from medopt.validation.explain.windows import Windows  # noqa: E402


def description(task, dims=3, stride=(1, 1, 1), channels=1, patch=(8, 8, 8), **more):
    classes = tuple(ClassInfo(value=n, name=name, color="#808080") for n, name in ((3, "Front"), (7, "Back")))
    return ModelDescription(
        task=task,
        name="made",
        dims=dims,
        channels=tuple(f"c{n}" for n in range(channels)),
        classes=classes,
        stride=stride,
        preprocess=PreprocessSettings(steps=()),
        patch=patch,
        divisor=stride,
        inference=InferenceSettings(),
        **more,
    )


def test_a_structure_is_explained_where_the_model_finds_it(rng):
    scores = rng.random((3, 4, 5, 6)).astype(np.float32)
    found = find_target(scores, description("segmentation"), 1)
    assert found.channel == 2
    assert np.array_equal(found.cells, scores.argmax(0) == 2)
    scores[2] = -1
    with pytest.raises(MedOptError, match="finds no Back in this image"):
        find_target(scores, description("segmentation"), 1)


@pytest.mark.parametrize(("dims", "stride"), [(3, (1, 1, 1)), (3, (2, 4, 4)), (2, (1, 4, 4))])
def test_a_box_is_explained_at_its_peak_and_the_next_at_its_own(dims, stride):
    shape = (4, 6, 7) if dims == 3 else (1, 6, 7)
    scores = np.full((2 + 2 * dims, *shape), 0.001, np.float32)
    first, second = (shape[0] - 1, 2, 3), (0, 4, 5)
    scores[(1, *first)], scores[(1, *second)], scores[0, 0, 0, 0] = 0.9, 0.4, 0.95
    scores[2:] = 0.3  # sizes and offsets, which must not move the peak
    wanted = description("detection", dims, stride)
    for peak, place in ((1, first), (2, second)):
        found = find_target(scores, wanted, 1, peak)
        assert found.channel == 1
        assert np.argwhere(found.cells).tolist() == [list(place)]
    with pytest.raises(MedOptError, match=r"no 3\. box of Back"):
        find_target(scores, wanted, 1, 3)


def test_the_map_of_a_box_of_a_coarse_answer_in_many_windows(rng):
    """Each window answers for its own cells, so the gradient is that of the one cell, wherever windows meet."""

    class Coarse(Dense):
        def forward(self, x):
            return torch.nn.functional.avg_pool3d(super().forward(x), 2)

    volume = rng.normal(size=(1, 4, 32, 8)).astype(np.float32)
    wanted = description("detection", 3, (2, 2, 2), patch=(4, 12, 8))
    windows = Windows.of(volume, wanted.build_task(), patch=(4, 12, 8), divisor=(2, 2, 2), overlap=0.5)
    assert len(windows.corners) > 2
    cells = np.zeros((2, 16, 4), np.float32)
    cells[1, 8, 2] = 1
    assert sum(windows.share(corner, cells).sum() for corner in windows.corners) == pytest.approx(1)
    found = activation_map(network(Coarse(3), 3), windows, Target(0, cells), method="gradcam", layer="second")
    assert found.shape == (4, 32, 8)
    assert found.max() > 0


@pytest.mark.parametrize(
    ("multi", "scores", "expected"),
    [(False, (0.2, 0.8), [1]), (True, (0.7, 0.9), [0, 1]), (True, (0.2, 0.3), [1])],
)
def test_a_classification_is_explained_for_what_the_model_finds(multi, scores, expected):
    from nets import PooledLinear

    explainer = Explainer(
        PooledLinear(3, classes=2), description("classification", multi_label=multi), ExplainSettings(layer="features")
    )
    assert list(explainer._wanted(np.array(scores, np.float32))) == expected
    named = Explainer(
        PooledLinear(3, classes=2),
        description("classification"),
        ExplainSettings(layer="features", classes=("Front",)),
    )
    assert list(named._wanted(np.array(scores, np.float32))) == [0]


def test_several_channels_on_an_oblique_grid_come_back_to_the_voxel(rng, oblique):
    """Preprocessing crops and resamples; the map lies on the image's grid, and where the planted network looks."""
    from medopt.preprocess import Pipeline

    wanted = description("segmentation", channels=2, patch=(8, 8, 16))
    geometry = Geometry((8, 8, 16), (2.0, 1.0, 0.5), oblique.origin, oblique.direction)
    steps = {"steps": [{"step": "resample", "spacing": [1.0, 1.0, 1.0]}]}
    wanted = wanted.model_copy(update={"preprocess": PreprocessSettings.parse(steps, "here")})
    image = Image(rng.normal(size=(2, *geometry.shape)).astype(np.float32), geometry)
    explainer = Explainer(Dense(3, 2), wanted, ExplainSettings(layer="second"))
    prepared = explainer.prepare(image)
    assert prepared.grid.shape == Pipeline(wanted.preprocess).image(image).geometry.shape
    assert prepared.grid.shape != geometry.shape
    assert prepared.targets
    for target in prepared.targets.values():
        on_grid, found = explainer.map_on_grid(prepared, target), explainer.map_on_image(prepared, target)
        assert found.shape == geometry.shape
        # the world point of each voxel, looked up in the prepared grid by hand
        for index in [(0, 0, 0), (3, 4, 9), (7, 7, 15), (2, 1, 13)]:
            place = prepared.grid.lps_to_index(geometry.index_to_lps(index))
            corners = np.clip(np.floor(place), 0, np.array(on_grid.shape) - 1).astype(int)
            value = 0.0
            for bits in np.ndindex(2, 2, 2):
                cell = np.minimum(corners + bits, np.array(on_grid.shape) - 1)
                share = np.clip(place - corners, 0, 1)
                value += on_grid[tuple(cell)] * np.prod(np.where(np.array(bits) == 1, share, 1 - share))
            assert found[index] == pytest.approx(value, abs=1e-4)
    with pytest.raises(MedOptError, match="wrong number of channels"):
        explainer.prepare(Image(image.array[:1], geometry))
