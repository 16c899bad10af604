"""MobileNetV2 as published, in numbers of weights and of multiplications."""

from __future__ import annotations

import pytest

from medopt.networks import MobileNetV2, build_network


def test_it_is_as_large_as_published(classifier) -> None:
    found = classifier("mobilenet_v2")
    assert found.parameters == 3_504_872
    assert found.multiply_adds / 1e9 == pytest.approx(0.301, abs=5e-4)


@pytest.mark.parametrize(
    ("settings", "millions", "mega"),
    [({"size": "S"}, 1.95, 97), ({"size": "L"}, 6.06, 582), ({"width": 0.75}, 2.61, 209)],
)
def test_other_widths_are_as_large_as_the_authors_say(classifier, settings, millions, mega) -> None:
    found = classifier("mobilenet_v2", **settings)
    assert found.parameters / 1e6 == pytest.approx(millions, rel=0.015)
    assert found.multiply_adds / 1e6 == pytest.approx(mega, rel=0.005)


def test_shortcuts_join_blocks_of_one_size_only() -> None:
    network = build_network(MobileNetV2(), 1, 2, 3)
    residual = [m for m in network.modules() if type(m).__name__ == "Residual"]
    assert len(residual) == 10  # all repeats of table 2
