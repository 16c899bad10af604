"""The page as a whole: complete, alone, the same again, safe."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from medopt import MedOptError
from medopt.events import Collector
from medopt.files import read_json, write_json, write_text
from medopt.project import Project
from medopt.report import make_report
from medopt.validation import MEAN, Results

HOSTILE = '<img src=x onerror="alert(1)"></style><script>alert(2)</script>{{ 7*7 }}${7*7}'

VOID = {"meta", "input", "img", "br", "link", "hr", "base", "path", "rect", "use", "image"}


class Page(HTMLParser):
    """What a browser sees: tags with attributes, text outside style, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def page(finished_project: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    output = tmp_path_factory.mktemp("page") / "report.html"
    return make_report(finished_project / "runs" / "run-001", output=output).read_text(encoding="utf-8")


def test_the_same_record_gives_the_same_bytes(run_folder: Path, tmp_path: Path) -> None:
    first = make_report(run_folder, output=tmp_path / "a.html")
    shutil.copytree(run_folder.parent.parent, tmp_path / "elsewhere")
    second = make_report(tmp_path / "elsewhere" / "runs" / "run-001", output=tmp_path / "b.html")
    assert first.read_bytes() == second.read_bytes()


def test_it_stands_in_the_runs_folder_by_default(run_folder: Path) -> None:
    reporter = Collector()
    assert make_report(run_folder, reporter=reporter) == run_folder / "report-test.html"
    assert make_report(run_folder, subset="train") == run_folder / "report-train.html"
    assert reporter.events[-1]["done"] == reporter.events[-1]["total"]


def test_nothing_comes_from_outside_and_nothing_runs(page: str) -> None:
    parsed = Page(page)
    assert not re.search(r"https?:|//\w|@import|url\((?!#)", re.sub(r"base64,[^\"]*", "", page))
    for tag, attributes in parsed.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "img", "form"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"href", "src"}:
                assert (value or "").startswith(("#", "data:image/png;base64,"))
    policy = next(a["content"] for t, a in parsed.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy


def test_every_link_has_its_target_and_ids_are_unique(page: str) -> None:
    tags = Page(page).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    links = [(a["href"] or "")[1:] for t, a in tags if t in ("a", "use") and "href" in a]
    assert links
    assert set(links) <= set(ids)


def test_the_main_figure_carries_n_and_interval(page: str, run_folder: Path) -> None:
    row = Results.load(run_folder / "metrics-test.json").row(MEAN, "dice")
    text = Page(page).text
    assert f"{row.estimate:.2f} [{row.low:.2f}, {row.high:.2f}]" in text
    assert f"n = {row.n_subjects} subjects" in text


def test_tables_carry_every_metric_with_interval_n_and_excluded(page: str, run_folder: Path) -> None:
    text = Page(page).text
    row = Results.load(run_folder / "metrics-test.json").row("Anterior", "hd95_mm")
    assert f"{row.estimate:.2f} [{row.low:.2f}, {row.high:.2f}]" in text
    for word in ("excluded", "subjects", "NSD counts surface within 1 mm", "Empty masks", "rule of three"):
        assert word in text


def test_the_worst_case_stands_first_in_the_table_of_cases(page: str, run_folder: Path) -> None:
    results = Results.load(run_folder / "metrics-test.json")
    values = {v.case: v.value for v in results.case_values(MEAN, "dice")}
    table = page[page.index('id="all-cases"') :]
    listed = re.findall(r"<td>(sub-\d+_scan-1)</td>", table)
    assert listed == sorted(values, key=lambda case: (values[case], case))
    assert len(listed) == results.n_cases


def test_pictures_of_the_best_the_median_and_the_worst(page: str) -> None:
    roles = re.findall(r'<h3>(\w+) <span class="id">', page)
    assert roles == ["Best", "Median", "Worst"]
    assert page.count('<svg class="case"') == 3
    for letter in "RLAPSI":
        assert f">{letter}</text>" in page


def test_record_parts_are_told(page: str) -> None:
    text = Page(page).text
    for part in ("seed: 1", "patch: [16, 24, 24]", "torch", "2.9.0", "A Processor", "ab" * 32, "cd" * 32, "1,234,567"):
        assert part in text


def test_hostile_names_are_text(changed_run, run_folder: Path) -> None:
    classes = [{"value": 1, "name": HOSTILE}, {"value": 2, "name": "Posterior"}]
    changed_run(
        name=HOSTILE, classes=classes, project={"name": HOSTILE}, warnings=[HOSTILE], channels=[HOSTILE],
        versions={HOSTILE: HOSTILE}, device={"name": HOSTILE}, left_out={HOSTILE: HOSTILE},
    )  # fmt: skip
    metrics = read_json(run_folder / "metrics-test.json")
    for item in [*metrics["cases"], *metrics["summary"]]:
        item["structure"] = HOSTILE if item["structure"] == "Anterior" else item["structure"]
    metrics["structures"][0]["name"] = HOSTILE
    metrics["cases"][0]["case"] = metrics["cases"][1]["case"] = HOSTILE
    metrics["left_out"] = [{"case": HOSTILE, "reason": HOSTILE}]
    write_json(run_folder / "metrics-test.json", metrics)
    (run_folder / "metrics-train.json").unlink()
    write_text(run_folder / "recipe.yaml", HOSTILE)
    page = make_report(run_folder).read_text(encoding="utf-8")
    parsed = Page(page)
    assert {"script", "img"}.isdisjoint(tag for tag, _ in parsed.tags)
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert HOSTILE in "".join(parsed.words)
    assert ">49<" not in page


def test_before_validation_the_report_says_what_to_run(run_folder: Path) -> None:
    for path in run_folder.glob("metrics-*.json"):
        path.unlink()
    text = Page(make_report(run_folder).read_text(encoding="utf-8")).text
    assert "medopt validate PROJECT" in text
    assert "Learning curves" in text
    assert "not measured yet" in text


def test_without_project_recipe_and_events_the_gaps_are_told(run_folder: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely"
    shutil.copytree(run_folder, lonely)
    (lonely / "recipe.yaml").unlink()
    write_text(lonely / "events.jsonl", "damaged\n")
    page = make_report(lonely).read_text(encoding="utf-8")
    text = Page(page).text
    assert "The pictures need the project's images" in text
    assert "recipe.yaml is missing" in text
    assert "events.jsonl is missing, empty or damaged" in text
    assert '<svg class="case"' not in page
    given = make_report(lonely, project=Project.open(run_folder.parent.parent)).read_text(encoding="utf-8")
    assert given.count('<svg class="case"') == 3


def test_a_missing_prediction_costs_one_picture_only(run_folder: Path) -> None:
    results = Results.load(run_folder / "metrics-test.json")
    worst = min(results.case_values(MEAN, "dice"), key=lambda v: (v.value, v.case)).case
    (run_folder / "predictions" / "test" / f"{worst}.seg.nrrd").unlink()
    page = make_report(run_folder).read_text(encoding="utf-8")
    assert page.count('<svg class="case"') == 2
    assert "the prediction is missing" in Page(page).text


def test_a_stopped_run_says_so(changed_run) -> None:
    assert "was stopped before its planned end" in Page(make_report(changed_run(state="stopped")).read_text()).text


def test_no_run_and_an_unwritable_place(run_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MedOptError, match="not a run"):
        make_report(tmp_path)
    write_text(tmp_path / "file", "")
    with pytest.raises(MedOptError, match="cannot be written"):
        make_report(run_folder, output=tmp_path / "file" / "report.html")
