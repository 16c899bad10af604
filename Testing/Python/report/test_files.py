"""Tables and figures as files: the numbers of the record, and the same bytes wherever and whenever."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import medopt
from medopt.files import read_json, write_json
from medopt.report import make_report_files
from medopt.report.files import to_csv
from medopt.validation import load_results


@pytest.fixture(scope="module")
def files(finished_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("files") / "report"
    return make_report_files(finished_project / "runs" / "run-001", output=output)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_tables_hold_the_numbers_of_the_record(files: Path, finished_project: Path) -> None:
    results = load_results(finished_project / "runs" / "run-001" / "metrics-test.json")
    summary = {(row["structure"], row["metric"]): row for row in read(files / "summary.csv")}
    assert len(summary) == len(results.summary)
    for row in results.summary:
        found = summary[row.structure, row.metric]
        assert float(found["estimate"]) == row.estimate  # not a digit is lost
        assert (found["low"] == "") == (row.low is None)
        assert int(found["n"]) == row.n
    cases = read(files / "cases.csv")
    assert [(one["case"], one["structure"]) for one in cases] == [(s.case, s.structure) for s in results.scored]
    assert float(cases[0]["dice"]) == results.scored[0].value("dice")


def test_the_json_holds_everything_and_no_path(files: Path, finished_project: Path) -> None:
    text = (files / "report.json").read_text(encoding="utf-8")
    values = json.loads(text)
    assert str(finished_project) not in text
    assert values["results"]["n_cases"] == 8
    assert set(values["fit"]["parts"]) == {"train", "test"}
    assert values["fit"]["gaps"]["test"]["verdict"] in ("fits", "overfits", "underfits", "too few cases to tell")
    assert values["split"]["subjects"]["test"] == 8
    assert len(values["checklists"]["claim"]["items"]) == 44
    assert len(values["checklists"]["tripod-ai"]["items"]) == 52


def test_each_figure_is_png_and_svg(files: Path) -> None:
    names = {path.stem for path in (files / "figures").iterdir()}
    assert {"learning-curves", "metric-strips", "case-order", "volume-agreement"} <= names
    assert "confusion" not in names
    for name in names:
        assert (files / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert (files / "figures" / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg")


PROGRAM = """
import os, sys, time
from pathlib import Path
os.environ["TZ"] = sys.argv[4]; time.tzset()
import locale
try:
    locale.setlocale(locale.LC_ALL, sys.argv[3])
except locale.Error:
    pass
from medopt.report import make_report, make_report_files
run, output = Path(sys.argv[1]), Path(sys.argv[2])
make_report(run, output=output / "report.html")
make_report_files(run, output=output / "report")
"""


def build(run: Path, output: Path, *, locale: str, zone: str, seed: str, home: Path) -> dict[str, bytes]:
    home.mkdir()
    paths = str(Path(medopt.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale}
    environment |= {"MPLCONFIGDIR": str(home), "HOME": str(home)}
    words = [sys.executable, "-c", PROGRAM, str(run), str(output), locale, zone]
    subprocess.run(words, env=environment, cwd=home, check=True)
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def test_two_builds_at_other_times_places_and_in_other_languages_are_the_same_bytes(
    finished_project: Path, tmp_path: Path
) -> None:
    first = build(
        finished_project / "runs" / "run-001",
        tmp_path / "a",
        locale="C",
        zone="UTC",
        seed="1",
        home=tmp_path / "home-a",
    )
    shutil.copytree(finished_project, tmp_path / "élsewhere" / "project")
    moved = tmp_path / "élsewhere" / "project" / "runs" / "run-001"
    for path in moved.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    (tmp_path / "home-b-rc").mkdir()
    second = build(moved, tmp_path / "b", locale="de_DE.UTF-8", zone="Asia/Seoul", seed="77", home=tmp_path / "home-b")
    assert first.keys() == second.keys()
    assert len(first) > 10
    assert [name for name in first if first[name] != second[name]] == []


def test_files_that_the_run_no_longer_has_go(run_folder: Path) -> None:
    folder = make_report_files(run_folder)
    (folder / "figures" / "old.svg").write_text("<svg/>")
    (folder / "notes.txt").write_text("mine")
    (run_folder / "events.jsonl").unlink()
    make_report_files(run_folder)
    assert not (folder / "figures" / "old.svg").exists()
    assert not (folder / "figures" / "learning-curves.png").exists()
    assert (folder / "notes.txt").exists()


def test_a_run_that_was_not_measured_has_checklists_and_its_learning_curves(run_folder: Path) -> None:
    for file in run_folder.glob("metrics-*.json"):
        file.unlink()
    folder = make_report_files(run_folder)
    assert not (folder / "summary.csv").exists()
    assert (folder / "figures" / "learning-curves.png").exists()
    assert read_json(folder / "report.json")["results"] is None


@pytest.mark.parametrize("kind", ["classified_run", "detected_run"])
def test_the_other_tasks_have_their_cases(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    run = request.getfixturevalue(kind)
    results = load_results(run / "metrics-test.json")
    rows = read(make_report_files(run, output=tmp_path / "report") / "cases.csv")
    if kind == "classified_run":
        assert len(rows) == results.n_cases
        assert float(rows[0]["probability of Viral"]) == results.scored[0].probabilities["Viral"]  # type: ignore[union-attr]
    else:
        boxes = [box for case in results.scored for box in case.boxes]  # type: ignore[union-attr]
        assert [row["outcome"] for row in rows] == [box.outcome for box in boxes]


def test_texts_that_a_spreadsheet_would_run_are_disarmed() -> None:
    text = to_csv([["=HYPERLINK(1)", -0.5, None, "a,b", '"', "-1"]])
    assert text == '\'=HYPERLINK(1),-0.5,,"a,b","""",\'-1\n'


def test_a_hostile_name_stays_text(run_folder: Path) -> None:
    values = read_json(run_folder / "run.json")
    write_json(run_folder / "run.json", {**values, "name": "x\u202e\x00<script>", "project": {"name": "/home/a b/p"}})
    values = read_json(make_report_files(run_folder) / "report.json")
    assert values["run"]["name"] == "x<script>"
