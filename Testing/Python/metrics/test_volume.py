"""Volume differences and their signs."""

import pytest

from medopt.metrics import relative_volume_difference, volume_difference


def test_sign_and_unit():
    assert volume_difference(10.0, 12.5) == 2.5
    assert volume_difference(10.0, 0.0) == -10.0
    assert relative_volume_difference(10.0, 12.5) == pytest.approx(25.0)
    assert relative_volume_difference(10.0, 0.0) == -100.0


def test_empty_reference():
    assert volume_difference(0.0, 0.0) == 0.0
    assert volume_difference(0.0, 3.0) == 3.0
    assert relative_volume_difference(0.0, 3.0) is None
    assert relative_volume_difference(0.0, 0.0) is None
