"""The report: shares, names, a sentence, and the way to a file and back."""

from __future__ import annotations

import json

import pytest

from medopt.errors import MedOptError
from medopt.training.transfer.report import Layer, TransferReport

REPORT = TransferReport(
    "run-003",
    "run",
    "ab" * 32,
    (
        Layer("stages.0.weight", "encoder", (8, 1, 3, 3), "adapted", "from 3 input channels to 1", "stages.0.weight"),
        Layer("stages.1.weight", "encoder", (9, 8, 3, 3), "skipped", "another size at the source: 1, here 2"),
        Layer("stages.1.running_mean", "encoder", (8,), "transferred", "", "stages.1.running_mean", learns=False),
        Layer("head.weight", "head", (2, 8), "skipped", "the source knows none of the classes"),
    ),
    ("heads.1.bias",),
)


def test_shares_count_numbers_of_parameters() -> None:
    assert REPORT.share("encoder") == pytest.approx(72 / (72 + 648))
    assert REPORT.share() == pytest.approx(72 / (72 + 648 + 16))
    assert REPORT.share("decoder") == 0
    assert REPORT.names("skipped") == ("stages.1.weight", "head.weight")


def test_the_sentence_tells_everything_in_short() -> None:
    said = REPORT.sentence
    assert said.startswith("10 % of the encoder and 10 % of all parameters come from run-003 (1 of 3 tensors)")
    assert "1 from 3 input channels to 1" in said
    assert "head: the source knows none of the classes" in said
    assert "One tensor of it is not used" in said


def test_it_comes_back_from_a_file() -> None:
    stored = json.loads(json.dumps(REPORT.to_json()))
    assert stored["shares"]["encoder"] == pytest.approx(0.1)
    assert TransferReport.from_json(stored) == REPORT


@pytest.mark.parametrize(
    "value", [{}, [], {"format": 1, "source": "x"}, {**REPORT.to_json(), "layers": [{"name": "a"}]}]
)
def test_other_content_is_refused(value: object) -> None:
    with pytest.raises(MedOptError, match="damaged"):
        TransferReport.from_json(value)


def test_that_of_a_newer_medopt_is_refused() -> None:
    with pytest.raises(MedOptError, match="newer MedOpt"):
        TransferReport.from_json({**REPORT.to_json(), "format": 99})


def test_nothing_is_no_share() -> None:
    assert TransferReport("x", "file", "", ()).share() == 0
