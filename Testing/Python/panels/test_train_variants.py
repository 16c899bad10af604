"""A patch in pieces is the patch at once."""

import numpy as np
import pytest
from MedOptTrainLib import variants
from MedOptTrainLib.variants import checkSize, patchCenter, variantPieces

from medopt import MedOptError
from medopt.augment import AugmentSettings, draw, sample_patch
from medopt.image import Geometry, LabelMap


@pytest.mark.parametrize("at_once", [1 << 19, 300])
def test_pieces_give_what_the_whole_gives(monkeypatch, rng, at_once):
    monkeypatch.setattr(variants, "AT_ONCE", at_once)
    volume = rng.normal(size=(1, 14, 20, 18)).astype(np.float32)
    label = rng.integers(0, 3, volume.shape[1:]).astype(np.uint8)
    strong = AugmentSettings.preset("strong")
    always = strong.model_copy(
        update={"techniques": tuple(t.model_copy(update={"probability": 1.0}) for t in strong.techniques)}
    )
    drawn = draw(always, 5, (10, 16, 12), (2, 1, 1))
    *empty, (image, truth) = variantPieces(volume, label, (7, 10, 9), drawn, (2, 1, 1))
    assert all(piece is None for piece in empty)
    assert bool(empty) == (at_once == 300)
    expected, expected_label = sample_patch(volume, label, (7, 10, 9), drawn, (2, 1, 1))
    np.testing.assert_allclose(image, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(truth, expected_label)


def test_without_a_label(rng):
    volume = rng.normal(size=(1, 6, 6, 6)).astype(np.float32)
    (outcome,) = variantPieces(volume, None, (3, 3, 3), draw(AugmentSettings(), 1, (6, 6, 6), (1, 1, 1)), (1, 1, 1))
    np.testing.assert_array_equal(outcome[0], volume)
    assert outcome[1] is None


def test_the_patch_lies_on_the_labels_and_inside_the_image():
    grid = Geometry((20, 30, 40))
    array = np.zeros(grid.shape, np.uint8)
    array[18, 10:13, 20] = 1
    assert patchCenter(LabelMap(array, grid), grid.shape, (8, 8, 8)) == (16, 11, 20)
    assert patchCenter(None, grid.shape, (8, 8, 8)) == (10, 15, 20)
    assert patchCenter(LabelMap(array * 0, grid), grid.shape, (8, 8, 8)) == (10, 15, 20)
    assert patchCenter(None, (4, 30, 40), (8, 8, 8))[0] == 2, (
        "a patch that is larger than the image stands in its middle"
    )


def test_too_many_voxels_are_refused():
    checkSize((128, 1024, 1024))
    with pytest.raises(MedOptError, match="Show fewer variants"):
        checkSize((512, 2048, 2048))
