"""The published lists in full, answered where the record knows, honest about the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from medopt.files import write_json
from medopt.report import make_report, read_record
from medopt.report.checklists import CHECKLISTS, FilledItem, fill
from medopt.report.checklists.answers import TOPICS
from medopt.report.checklists.filled import counts


def numbered(record: object, name: str) -> dict[str, FilledItem]:
    return {one.item.number: one for one in fill(CHECKLISTS[name], record)}  # type: ignore[arg-type]


def test_the_lists_have_the_published_numbers() -> None:
    assert [item.number for item in CHECKLISTS["claim"].items] == [str(n) for n in range(1, 45)]
    numbers = [item.number for item in CHECKLISTS["tripod-ai"].items]
    assert len(numbers) == len(set(numbers)) == 52
    parts = {
        3: "abc",
        5: "ab",
        6: "abc",
        8: "abc",
        9: "abc",
        12: "abcdefg",
        18: "abcdef",
        20: "abc",
        23: "ab",
        27: "abc",
    }
    expected = [f"{n}{letter}" for n in range(1, 28) for letter in parts.get(n, "") or [""]]
    assert sorted(numbers) == sorted(expected)


def test_every_topic_is_known_and_used() -> None:
    used = {item.topic for one in CHECKLISTS.values() for item in one.items if item.topic}
    assert used == set(TOPICS)


def test_answers_carry_the_facts_of_the_record(run_folder: Path) -> None:
    record = read_record(run_folder)
    claim = numbered(record, "claim")
    assert "1,234,567 parameters" in claim["22"].answer.text
    assert "torch 2.9.0" in claim["23"].answer.text
    assert "test: 8 subjects, 8 cases" in claim["19"].answer.text
    assert "0.874" in claim["26"].answer.text
    dice = record.results.row("mean", "dice")  # type: ignore[union-attr]
    assert f"{dice.estimate:.3f} [{dice.low:.3f}, {dice.high:.3f}], n = 8" in claim["38"].answer.text
    assert claim["32"].answer.state == "answered"
    assert claim["33"].answer.state == "open"
    assert claim["44"].answer.state == "open"
    assert numbered(record, "tripod-ai")["24"].answer.state == "does not apply"


def test_what_is_not_recorded_is_open(changed_run: Callable[..., Path]) -> None:
    folder = changed_run(versions={}, split={}, best=None)
    (folder / "recipe.yaml").unlink()
    for file in folder.glob("metrics-*.json"):
        file.unlink()
    claim = numbered(read_record(folder), "claim")
    for number in ("9", "19", "21", "23", "24", "25", "26", "28", "29", "32", "37", "38", "39"):
        assert claim[number].answer.state == "open", number
    assert sum(counts(tuple(claim.values())).values()) == 44


def test_subgroups_by_site_and_sex_answer_what_asks_for_them(run_folder: Path) -> None:
    row = {"metric": "dice", "estimate": 0.9, "low": None, "high": None, "n": 4, "n_subjects": 4, "note": "too few"}
    rows = [{"attribute": a, "value": v, **row} for a, v in (("sex", "f"), ("sex", "m"), ("site", "A"), ("site", "B"))]
    write_json(run_folder / "subgroups-test.json", {"format": 1, "rows": rows})
    record = read_record(run_folder)
    tripod = numbered(record, "tripod-ai")
    assert "by sex" in tripod["14"].answer.text
    assert "by site" in tripod["23b"].answer.text
    assert numbered(record, "claim")["36"].answer.state == "in part"


@pytest.mark.parametrize("kind", ["run_folder", "classified_run", "detected_run"])
def test_every_answer_points_to_a_section_of_the_page(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page = make_report(request.getfixturevalue(kind), output=tmp_path / "page.html").read_text(encoding="utf-8")
    anchors = set(re.findall(r'<section id="([^"]+)"', page))
    targets = set(re.findall(r'<a href="#([^"]+)"', page))
    assert targets <= anchors
    assert {"recipe", "data", "scores", "limits"} <= targets
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
