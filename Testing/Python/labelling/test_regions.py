"""Boxes around values."""

import numpy as np

from medopt.labelling.regions import joint_region, value_regions


def test_they_hold_every_voxel_of_a_value_and_no_more(rng: np.random.Generator) -> None:
    array = rng.choice([0, 1, 7], (5, 9, 8), p=[0.9, 0.05, 0.05]).astype(np.int64)
    for value, region in value_regions(array).items():
        places = np.argwhere(array == value)
        assert [(s.start, s.stop - 1) for s in region] == list(
            zip(places.min(axis=0).tolist(), places.max(axis=0).tolist(), strict=True)
        )
    assert sorted(value_regions(array)) == [1, 7]
    assert value_regions(np.zeros((2, 2, 2), np.uint8)) == {}


def test_a_margin_stays_within_the_image() -> None:
    regions = [(slice(1, 2), slice(2, 4), slice(0, 3)), (slice(0, 1), slice(3, 9), slice(2, 5))]
    assert joint_region(regions) == (slice(0, 2), slice(2, 9), slice(0, 5))
    assert joint_region(regions, (4, 10, 6), 2) == (slice(0, 4), slice(0, 10), slice(0, 6))
