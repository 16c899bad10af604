"""Patches out of volumes."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from medopt.augment import AugmentSettings, Drawn, content_matrix, draw, sample_patches, transform_boxes

Cohort = tuple[np.ndarray, np.ndarray]
SHAPE = (10, 16, 14)
SPACING = (3.0, 1.0, 0.8)
MOVES = (
    {"technique": "flip", "probability": 0.5},
    {"technique": "rotation", "degrees": [30, 30, 30]},
    {"technique": "scaling"},
)


def one(cohort: Cohort, drawn: Drawn, center: tuple[float, ...] = (12, 20, 18)) -> tuple[np.ndarray, np.ndarray]:
    images, labels = sample_patches([cohort[0]], [cohort[1]], [center], [drawn], drawn.shape, [drawn.spacing])
    assert labels is not None
    return images[0].numpy(), labels[0].numpy()


def cut(array: np.ndarray, center: tuple[int, ...], mode: str = "constant") -> np.ndarray:
    padded = np.pad(array, [(0, 0)] * (array.ndim - 3) + [(60, 60)] * 3, mode=mode)
    k, j, i = (slice(c - n // 2 + 60, c - n // 2 + n + 60) for c, n in zip(center, SHAPE, strict=True))
    return padded[..., k, j, i]


@pytest.mark.parametrize("center", [(12, 20, 18), (0, 0, 0), (23, 39, 35), (-30, 5, 5)])
@pytest.mark.parametrize(("border", "mode"), [("zeros", "constant"), ("edge", "edge")])
def test_without_techniques_a_patch_is_a_copy(
    cohort: Cohort, drawn_of: Callable[..., Drawn], center: tuple[int, ...], border: str, mode: str
) -> None:
    image, label = one(cohort, drawn_of(border=border), center)
    assert np.array_equal(image, cut(cohort[0], center, mode))
    assert np.array_equal(label, cut(cohort[1], center, mode))


def test_flips_are_exact(cohort: Cohort, drawn_of: Callable[..., Drawn]) -> None:
    drawn = drawn_of({"technique": "flip", "axes": ["k", "i"]})
    image, label = one(cohort, drawn)
    assert np.array_equal(image, cut(cohort[0], (12, 20, 18))[:, ::-1, :, ::-1])
    assert np.array_equal(label, cut(cohort[1], (12, 20, 18))[::-1, :, ::-1])


@pytest.mark.parametrize("flip", [False, True])
def test_a_move_by_nothing_equals_the_copy(cohort: Cohort, drawn_of: Callable[..., Drawn], flip: bool) -> None:
    still = [{"technique": "rotation", "degrees": [0, 0, 0]}, {"technique": "elastic", "magnitude": 0}]
    mirrored = [{"technique": "flip"}] if flip else []
    moved = one(cohort, drawn_of(*still, *mirrored))
    copied = one(cohort, drawn_of(*mirrored))
    assert np.allclose(moved[0], copied[0], atol=1e-4)
    assert np.array_equal(moved[1], copied[1])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("center", [(12, 20, 18), (2, 37, 5)])
def test_equals_scipy_affine_transform(
    cohort: Cohort, drawn_of: Callable[..., Drawn], seed: int, center: tuple[int, ...]
) -> None:
    drawn = drawn_of(*MOVES, {"technique": "shear"}, {"technique": "translation"}, seed=seed)
    image, label = one(cohort, drawn, center)
    to_mm = np.diag(SPACING)
    back = np.linalg.inv(content_matrix(drawn))
    matrix = np.linalg.inv(to_mm) @ back[:3, :3] @ to_mm
    half = (np.array(SHAPE) - 1) / 2
    offset = np.array(center) - np.array(SHAPE) // 2 + half + back[:3, 3] / SPACING - matrix @ half
    # scipy blends with the outside only on padded arrays
    volume, truth = np.pad(cohort[0], [(0, 0)] + [(5, 5)] * 3), np.pad(cohort[1], 5)
    for channel in (0, 1):
        oracle = ndimage.affine_transform(volume[channel], matrix, offset + 5, SHAPE, order=1)
        assert np.allclose(image[channel], oracle, atol=1e-4)
    oracle = ndimage.affine_transform(truth, matrix, offset + 5, SHAPE, order=0)
    assert (label != oracle).mean() < 0.001


def test_label_and_image_move_together(drawn_of: Callable[..., Drawn], rng: np.random.Generator) -> None:
    label = (ndimage.gaussian_filter(rng.normal(size=(24, 40, 36)), 3) > 0).astype(np.uint8)
    for seed in range(5):
        drawn = drawn_of(*MOVES, {"technique": "elastic", "spacing": 8, "magnitude": 3}, seed=seed)
        image, moved = one((label[None].astype(np.float32), label), drawn)
        # where linear interpolation is sure, the nearest voxel must say the same
        assert (moved[image[0] > 0.9] == 1).all()
        assert (moved[image[0] < 0.1] == 0).all()
        assert ((image[0] > 0.9) | (image[0] < 0.1)).mean() > 0.5


def test_one_slice_of_a_volume_turns_in_its_plane(cohort: Cohort, drawn_of: Callable[..., Drawn]) -> None:
    shape = (1, 16, 14)
    drawn = drawn_of(*MOVES, {"technique": "elastic", "spacing": 8, "magnitude": 2}, shape=shape, seed=3)
    image, _ = one(cohort, drawn)
    alone, _ = one((cohort[0][:, 12:13], cohort[1][12:13]), drawn, (0, 20, 18))
    assert np.array_equal(image, alone)
    matrix = content_matrix(drawn)
    assert np.array_equal(matrix[0], [1, 0, 0, 0])


def test_what_was_drawn_replays_to_the_bit(cohort: Cohort) -> None:
    strong = AugmentSettings.preset("strong")
    for seed in range(8):
        drawn = draw(strong, (3, seed), SHAPE, SPACING)
        again = Drawn.from_json(json.loads(json.dumps(drawn.to_json())))
        for a, b in zip(one(cohort, drawn), one(cohort, again), strict=True):
            assert np.array_equal(a, b)


def test_a_batch_equals_its_patches_and_takes_volumes_of_any_size(cohort: Cohort) -> None:
    strong = AugmentSettings.preset("strong")
    volumes = [cohort[0], cohort[0][:, :9, :30], cohort[0][:, :, :, ::-1]]
    labels = [cohort[1], cohort[1][:9, :30], cohort[1][:, :, ::-1]]
    spacings = [SPACING, (1, 1, 1), (0.5, 2, 1)]
    drawn = [draw(strong, n, SHAPE, spacings[n]) for n in range(3)]
    centers = [(12, 20, 18), (4, 4, 4), (0, 39, 10)]
    images, truth = sample_patches(volumes, labels, centers, drawn, SHAPE, spacings)
    assert images.shape == (3, 2, *SHAPE)
    assert truth is not None
    assert truth.dtype == torch.int64
    for n in range(3):
        alone = sample_patches(
            volumes[n : n + 1], labels[n : n + 1], centers[n : n + 1], drawn[n : n + 1], SHAPE, spacings[n : n + 1]
        )
        assert torch.equal(images[n], alone[0][0])
        assert torch.equal(truth[n], alone[1][0])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.float16, np.float64])
def test_volumes_and_labels_of_any_type(drawn_of: Callable[..., Drawn], rng: np.random.Generator, dtype: type) -> None:
    values = rng.integers(0, 200, (1, 20, 20, 20))
    expected = one((values.astype(np.float32), values[0]), drawn_of(*MOVES), (10, 10, 10))
    image, label = one((values.astype(dtype), values[0].astype(np.uint16)), drawn_of(*MOVES), (10, 10, 10))
    assert np.array_equal(image, expected[0])
    assert np.array_equal(label, expected[1])


def test_memory_maps_equal_arrays(cohort: Cohort, drawn_of: Callable[..., Drawn], tmp_path: Path) -> None:
    np.save(tmp_path / "image.npy", cohort[0])
    np.save(tmp_path / "label.npy", cohort[1])
    mapped = tuple(np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("image", "label"))
    for techniques in ((), MOVES):
        drawn = drawn_of(*techniques)
        for a, b in zip(one(mapped, drawn), one(cohort, drawn), strict=True):  # type: ignore[arg-type]
            assert np.array_equal(a, b)


def test_the_volume_is_never_written_to(cohort: Cohort) -> None:
    before = cohort[0].copy(), cohort[1].copy()
    for seed in range(10):
        one(cohort, draw(AugmentSettings.preset("strong"), seed, SHAPE, SPACING))
    assert np.array_equal(cohort[0], before[0])
    assert np.array_equal(cohort[1], before[1])


def test_without_labels_and_in_half_precision(cohort: Cohort, drawn_of: Callable[..., Drawn]) -> None:
    args = ([cohort[0]], None, [(12, 20, 18)], [drawn_of(*MOVES)], SHAPE, [SPACING])
    images, labels = sample_patches(*args)
    assert labels is None
    for dtype in (torch.float16, torch.bfloat16):
        half, _ = sample_patches(*args, dtype=dtype)
        assert half.dtype == dtype
        assert torch.equal(half, images.to(dtype))


def test_no_patches_give_empty_tensors() -> None:
    images, labels = sample_patches([], [], np.zeros((0, 3)), [], SHAPE, [])
    assert images.shape == (0, 0, *SHAPE)
    assert labels is not None
    assert labels.shape == (0, *SHAPE)


def test_arguments_that_do_not_fit_are_bugs(cohort: Cohort, drawn_of: Callable[..., Drawn]) -> None:
    volume, label = cohort
    drawn = drawn_of()
    with pytest.raises(ValueError, match="differ in number"):
        sample_patches([volume], [label], np.zeros((2, 3)), [drawn], SHAPE, [SPACING])
    with pytest.raises(ValueError, match="the label has shape"):
        sample_patches([volume], [label[1:]], np.zeros((1, 3)), [drawn], SHAPE, [SPACING])
    with pytest.raises(ValueError, match="drawn for patches of"):
        sample_patches([volume], [label], np.zeros((1, 3)), [drawn], (4, 4, 4), [SPACING])
    with pytest.raises(ValueError, match=r"expected \(channel, k, j, i\)"):
        sample_patches([volume[0]], None, np.zeros((1, 3)), [drawn], SHAPE, [SPACING])


@pytest.mark.parametrize("center", [(12, 20, 18), (1, 38, 3)])
def test_channels_labels_and_boxes_follow_the_same_grid(drawn_of: Callable[..., Drawn], center: tuple) -> None:
    """Three channels that hold the index of each voxel tell where label and boxes must have come from."""
    index = np.stack(np.meshgrid(*map(np.arange, (24, 40, 36)), indexing="ij"))
    volume, label = index.astype(np.float32), np.ravel_multi_index(index, index.shape[1:])
    for seed in range(4):
        drawn = drawn_of(*MOVES, {"technique": "elastic", "spacing": 8, "magnitude": 2}, seed=seed, border="edge")
        image, moved = one((volume, label), drawn, center)
        nearest = np.rint(image)
        clear = np.abs(image - np.floor(image) - 0.5).min(axis=0) > 1e-3
        expected = np.ravel_multi_index(nearest.astype(int), label.shape)
        assert np.array_equal(moved[clear], expected[clear])
        assert clear.mean() > 0.9
        k, j, i = SHAPE[0] // 2, SHAPE[1] // 2, SHAPE[2] // 2
        source = image[:, k, j, i]
        if ((source > 0) & (source < np.array(label.shape) - 1)).all():
            box = transform_boxes([[source - 0.2, source + 0.2]], drawn, center, SPACING)[0]
            assert (np.abs(box.mean(axis=0) - (k, j, i)) < 0.2).all()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_equals_the_cpu(cohort: Cohort, drawn_of: Callable[..., Drawn]) -> None:
    steps = [*MOVES, {"technique": "elastic"}, {"technique": "gamma"}, {"technique": "gaussian_blur"}]
    drawn = [drawn_of(*steps, seed=n) for n in range(4)]
    args = ([cohort[0]] * 4, [cohort[1]] * 4, [(12, 20, 18)] * 4, drawn, SHAPE, [SPACING] * 4)
    cpu, gpu = sample_patches(*args), sample_patches(*args, "cuda")
    assert torch.allclose(cpu[0], gpu[0].cpu(), atol=1e-3)
    assert cpu[1] is not None
    assert gpu[1] is not None
    assert (cpu[1] == gpu[1].cpu()).float().mean() > 0.999


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_cuda_runs_every_technique_and_gives_half_precision_out(cohort: Cohort, dtype: torch.dtype) -> None:
    drawn = [draw(AugmentSettings.preset("strong"), n, SHAPE, SPACING) for n in range(8)]
    args = ([cohort[0]] * 8, [cohort[1]] * 8, [(12, 20, 18)] * 8, drawn, SHAPE, [SPACING] * 8, "cuda")
    images = sample_patches(*args, dtype=dtype)[0]
    assert images.dtype == dtype
    assert images.device.type == "cuda"
    assert bool(images.float().isfinite().all())
    assert torch.equal(images, sample_patches(*args, dtype=dtype)[0])
