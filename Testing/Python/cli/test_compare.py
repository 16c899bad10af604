"""``medopt compare``: runs, cross-validations and files; the picture first, then tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from medopt.files import write_json
from medopt.metrics import METRICS
from medopt.project import Project
from medopt.validation import CaseScore, Results, Structure, ValidationSettings
from medopt.validation.summary import summarize

from ..results_made import classified, detected

NAMES = ("Anterior", "Posterior")
SETTINGS = ValidationSettings.model_validate({"bootstrap": {"samples": 400}})


def results(dice: np.ndarray, first_case: int = 0, subset: str = "test") -> Results:
    """Of (cases, 2) values of Dice, which every metric takes."""
    cases = tuple(
        CaseScore(f"case-{n:02d}", f"s{n}", name, dict.fromkeys(METRICS, float(v)), 1, 1, "none")
        for n, row in enumerate(dice, first_case)
        for name, v in zip(NAMES, row, strict=True)
    )
    structures = tuple(Structure(n, name) for n, name in enumerate(NAMES, 1))
    summary = summarize(cases, NAMES, SETTINGS.bootstrap)
    return Results(subset, "net", structures, SETTINGS, cases, summary)


def run(project: Project, name: str, found: Any) -> None:
    write_json(project.runs_folder / name / "run.json", {"name": name})
    found.save(project.runs_folder / name / f"metrics-{found.subset}.json")


def events_of(answer) -> list[dict[str, Any]]:
    assert answer.exit_code == 0, answer.output
    return [json.loads(line) for line in answer.stdout.splitlines()]


@pytest.fixture
def two(project: Project) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    one = random.uniform(0.6, 0.9, (12, 2))
    other = one + random.normal(0.02, 0.02, (12, 2))
    run(project, "run-001", results(one))
    run(project, "run-002", results(other))
    return one, other


def test_the_picture_comes_first_then_differences_with_intervals_and_both_p_values(medopt, project, two) -> None:
    events = events_of(medopt("compare", project.folder, "run-001", "run-002", "--metric", "dice", "--events", "json"))
    shown = [event for event in events if event["kind"] == "result"]
    assert [event["title"] for event in shown] == ["picture", "run-002 minus run-001", "table", "record"]
    assert Path(shown[0]["path"]).read_bytes().startswith(b"\x89PNG")
    assert Path(shown[0]["path"]).with_suffix(".svg").read_text().startswith("<svg")
    rows = {row["structure"]: row for row in shown[1]["rows"]}
    assert list(rows) == [*NAMES, "mean"]
    change = two[1][:, 0] - two[0][:, 0]
    assert rows["Anterior"]["difference"].startswith(f"{change.mean():.3f} [")
    assert rows["Anterior"]["p"] == f"{stats.wilcoxon(change).pvalue:.3f}"
    assert rows["Anterior"]["n"] == 12
    with open(shown[2]["path"], encoding="utf-8") as file:
        table = {row["structure"]: row for row in csv.DictReader(file)}
    assert float(table["Anterior"]["difference"]) == pytest.approx(change.mean())
    assert float(table["Anterior"]["p_adjusted"]) >= float(table["Anterior"]["p_value"])
    record = json.loads(Path(shown[3]["path"]).read_text())
    assert (record["first"]["name"], record["second"]["cases"], record["folds"]) == ("run-001", 12, None)
    assert record["rows"][0]["test"] == "wilcoxon"


def test_cases_of_only_one_model_are_told(medopt, project, two) -> None:
    run(project, "run-003", results(two[1][2:], first_case=2))
    events = events_of(medopt("compare", project.folder, "run-001", "run-003", "--events", "json"))
    assert any("2 cases lack a value" in event.get("text", "") for event in events)


def test_fewer_than_five_cases_have_no_interval_and_no_p_value_with_the_reason(medopt, project, two) -> None:
    for name, values in zip(("a", "b"), two, strict=True):
        run(project, name, results(values[:4]))
    events = events_of(medopt("compare", project.folder, "a", "b", "--events", "json"))
    assert any("expected at least 5, found 4" in event.get("text", "") for event in events)
    (table,) = [event["rows"] for event in events if event.get("title") == "b minus a"]
    assert {(row["p"], "[" in row["difference"]) for row in table} == {("–", False)}


@pytest.mark.parametrize(("made", "metric"), [(classified, "auroc"), (detected, "ap50")])
def test_other_tasks_from_files(medopt, project, tmp_path, made, metric) -> None:
    for name in ("one", "other"):
        made(30).save(tmp_path / f"{name}.json")
    answer = medopt(
        *("compare", project.folder, tmp_path / "one.json", tmp_path / "other.json"),
        *("--metric", metric, "--output", tmp_path / "out", "--events", "json"),
    )
    (rows,) = [event["rows"] for event in events_of(answer) if event.get("title") == "other minus one"]
    assert rows[0]["difference"].startswith("0.000")
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".csv", ".json", ".png", ".svg"]


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("run-001", "run-009"), "there is no such run or cross-validation"),
        (("run-001", "empty"), "empty was not measured on these cases"),
        (("run-001", "../run-001"), "the path leaves its folder"),
        (("run-001", "elsewhere"), "share no case"),
    ],
)
def test_what_cannot_be_compared_is_told(medopt, project, two, names, text) -> None:
    write_json(project.runs_folder / "empty" / "run.json", {})
    run(project, "elsewhere", results(two[0], first_case=50))
    answer = medopt("compare", project.folder, *names)
    assert answer.exit_code == 1
    assert text in " ".join(answer.output.split())


def test_an_unknown_metric_names_those_that_are_known(medopt, project, two) -> None:
    answer = medopt("compare", project.folder, "run-001", "run-002", "--metric", "auroc")
    assert answer.exit_code == 1
    assert "segmentation has no such metric" in " ".join(answer.output.split())


def test_cross_validations_are_compared_over_folds_too(medopt, project: Project) -> None:
    pytest.importorskip("torch", reason="cross-validations are opened with their recipes")
    from medopt.project.folds import make_folds
    from medopt.training.folds import start_crossval

    from ..training.small import small_recipe

    folds = make_folds(project, 5, everything=True)
    random = np.random.default_rng(2)
    means = np.zeros((2, 5))
    for side, name in enumerate(("plain", "better")):
        crossval = start_crossval(project, folds, small_recipe(8 + side), name=name)
        everything = []
        for place in crossval.places:
            values = random.uniform(0.7, 0.8, (2, 2)) + 0.05 * side
            everything.append(values)
            means[side, place - 1] = values.mean()
            results(values, 2 * place, "held-out").save(crossval.run_folder(place) / "metrics-held-out.json")
        results(np.concatenate(everything), 2, "out-of-fold").save(crossval.pooled / "metrics-out-of-fold.json")
    events = events_of(medopt("compare", project.folder, "plain", "better", "--events", "json"))
    change = means[1] - means[0]
    p = 2 * stats.t.sf(abs(change.mean()) / np.sqrt((1 / 5 + 2 / 8) * change.var(ddof=1)), 4)
    (text,) = [event["text"] for event in events if event.get("text", "").startswith("Over 5 folds")]
    assert text.startswith(f"Over 5 folds, which share training cases (Nadeau & Bengio): {change.mean():.3f} [")
    assert text.endswith(f"p = {p:.3f}")
    one = crossval.run_folder(1) / "metrics-held-out.json"  # a fold without a case of any structure
    value = json.loads(one.read_text())
    for row in value["summary"]:
        row["estimate"] = None
    write_json(one, value)
    events = events_of(medopt("compare", project.folder, "plain", "better", "--events", "json"))
    assert any(event.get("text", "").startswith("Over 4 folds") for event in events)
    other = start_crossval(project, make_folds(project, 3, everything=True), small_recipe(8), name="three")
    results(np.full((10, 2), 0.8), 2, "out-of-fold").save(other.pooled / "metrics-out-of-fold.json")
    answer = medopt("compare", project.folder, "plain", "three")
    assert answer.exit_code == 1
    assert "the two cross-validations have other folds" in " ".join(answer.output.split())
