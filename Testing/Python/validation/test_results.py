"""Results and their file: round trip, contract, newer and damaged files."""

import json

import numpy as np
import pytest

from medopt import MedOptError
from medopt.image import Geometry, LabelMap
from medopt.validation import MEAN, CaseScore, Results, Structure, ValidationSettings, validate_cases


def label(shift):
    array = np.zeros((6, 10, 10), np.uint8)
    array[1:4, 2:6, 2 + shift : 6 + shift] = 1
    if shift < 3:
        array[4:6, 6:9, 1:4] = 2
    return LabelMap(array, Geometry(array.shape, (2.0, 1.0, 1.0)))


@pytest.fixture(scope="module")
def results():
    def prediction(case):
        if case == "c5":
            raise MedOptError("the file cannot be read", where=case)
        return label(int(case[1:]) % 4)

    return validate_cases(
        [(f"c{n}", f"s{n // 2}") for n in range(13)],
        lambda case: label(3 if case in ("c3", "c7") else 0),
        prediction,
        [Structure(1, "body"), Structure(2, "tail")],
        subset="test",
        model="net",
        settings=ValidationSettings(nsd_tolerance_mm=0.8),
    )


def test_the_file_holds_everything(results, tmp_path):
    results.save(tmp_path / "metrics-test.json")
    assert Results.load(tmp_path / "metrics-test.json") == results


def test_the_file_is_as_documented(results, tmp_path):
    results.save(tmp_path / "metrics-test.json")
    value = json.loads((tmp_path / "metrics-test.json").read_text())
    assert value["format"] == 1
    assert (value["subset"], value["model"], value["n_cases"], value["n_subjects"]) == ("test", "net", 12, 7)
    assert value["structures"] == [{"value": 1, "name": "body"}, {"value": 2, "name": "tail"}]
    assert value["settings"]["nsd_tolerance_mm"] == 0.8
    assert value["settings"]["bootstrap"]["method"] == "bca"
    assert value["cases"][0].keys() >= {
        "case", "subject", "structure", "dice", "nsd", "hd95_mm", "assd_mm", "volume_difference_ml", "reference_ml",
        "predicted_ml", "empty",
    }  # fmt: skip
    assert value["summary"][0].keys() >= {"structure", "metric", "estimate", "low", "high", "n", "excluded"}
    assert value["left_out"] == [{"case": "c5", "reason": "c5: the file cannot be read."}]
    both_empty = [s for s in value["cases"] if s["empty"] == "both"]
    assert [s["case"] for s in both_empty] == ["c3", "c7"]
    assert all(s["hd95_mm"] is None and s["dice"] == 1 for s in both_empty)


def test_mean_over_structures_is_per_case_first(results):
    for metric in ("dice", "hd95_mm"):
        by_case = {}
        for score in results.cases:
            by_case.setdefault(score.case, []).append(score.value(metric))
        means = [np.mean([v for v in values if v is not None]) for values in by_case.values()]
        assert [v.value for v in results.case_values(MEAN, metric)] == pytest.approx(means)
        assert results.row(MEAN, metric).estimate == pytest.approx(np.mean(means))
        assert results.row(MEAN, metric).n == 12
    assert results.row("tail", "hd95_mm").excluded == 2
    assert results.row("tail", "hd95_mm").n == 10
    assert results.row("tail", "dice").excluded == 0


def test_a_case_without_any_value_is_excluded_from_the_mean():
    scores = tuple(CaseScore("a", "s", name, {"hd95_mm": None}, 0.0, 0.0, "both") for name in ("x", "y"))
    results = Results("test", "m", (), ValidationSettings(), scores, ())
    assert [v.value for v in results.case_values(MEAN, "hd95_mm")] == [None]


def test_unknown_row(results):
    with pytest.raises(MedOptError, match="nose/dice: not measured: expected one of body/assd_mm"):
        results.row("nose", "dice")


def test_metrics_of_later_versions_are_kept(results):
    value = results.to_json()
    for score in value["cases"]:
        score["iou"] = 0.5
    again = Results.from_json(value)
    assert again.cases[0].value("iou") == 0.5
    assert again.to_json() == value


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(format=3), "newer MedOpt: expected format 2 or older, found format 3. Update MedOpt"),
        (lambda v: v.pop("format"), "not a file of validation results"),
        (lambda v: v.pop("cases"), "damaged: found KeyError: 'cases'"),
        (lambda v: v["cases"][0].pop("subject"), "damaged: found KeyError: 'subject'"),
        (lambda v: v["cases"][0].update(dice="high"), "damaged: found ValueError"),
        (lambda v: v["cases"][0].update(empty="half"), "damaged: found ValueError: empty is 'half'"),
        (lambda v: v["summary"][0].pop("low"), "damaged: found KeyError: 'low'"),
        (lambda v: v["summary"][0].pop("n"), "damaged: found TypeError"),
        (lambda v: v.update(summary=3), "damaged: found TypeError"),
        (lambda v: v["settings"].update(nsd_tolerance=2), "did you mean 'nsd_tolerance_mm'"),
    ],
)
def test_damaged_files(results, tmp_path, change, message):
    value = json.loads(json.dumps(results.to_json()))
    change(value)
    path = tmp_path / "metrics-test.json"
    path.write_text(json.dumps(value))
    with pytest.raises(MedOptError, match=message) as caught:
        Results.load(path)
    assert "metrics-test.json" in str(caught.value)


def test_missing_and_truncated_files(results, tmp_path):
    with pytest.raises(MedOptError, match="cannot be read"):
        Results.load(tmp_path / "metrics-test.json")
    (tmp_path / "metrics-test.json").write_text('{"format": 1, "cases": [')
    with pytest.raises(MedOptError, match="damaged"):
        Results.load(tmp_path / "metrics-test.json")
    (tmp_path / "metrics-test.json").write_text("[1, 2]")
    with pytest.raises(MedOptError, match="not a file of validation results"):
        Results.load(tmp_path / "metrics-test.json")
