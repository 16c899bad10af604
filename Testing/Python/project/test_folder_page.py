"""The page about the project folder names what the code writes into it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="names of trainings are read from the modules that train")

from medopt.compression.chain.front_file import FOLDER as COMPRESSION_FOLDER
from medopt.compression.chain.front_file import FRONT, PLAN
from medopt.labelling.blind import FILE as BLIND
from medopt.project.images import DISPLAY
from medopt.training.folds.crossval import POOLED, RECIPE
from medopt.training.folds.crossval import RECORD as CROSSVAL
from medopt.training.folds.nested import NESTED
from medopt.training.pretrain.record import RECORD as PRETRAINING
from medopt.training.run import COMPRESSION, DIVISION
from medopt.training.search.outcome import BEST_RECIPE, RESULT
from medopt.training.search.search import SETTINGS
from medopt.validation.case_bins import SUFFIX
from medopt.validation.explain.results import FILE as EXPLANATION
from medopt.validation.explain.results import FOLDER as EXPLANATIONS
from medopt.validation.external.measure import FOLDER as EXTERNAL_FOLDER
from medopt.validation.external.record import FILE as EXTERNAL
from medopt.validation.kept_predictions import SOURCE
from medopt.validation.sides import LOOKS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "Docs" / "project-folder.md").read_text(encoding="utf-8")
FILES = (
    BLIND,
    DISPLAY,
    CROSSVAL,
    RECIPE,
    NESTED,
    PRETRAINING,
    COMPRESSION,
    DIVISION,
    BEST_RECIPE,
    RESULT,
    SETTINGS,
    SUFFIX,
    EXPLANATION,
    EXTERNAL,
    SOURCE,
    LOOKS,
    PLAN,
    FRONT,
)
FOLDERS = (COMPRESSION_FOLDER, EXPLANATIONS, EXTERNAL_FOLDER, POOLED)


@pytest.mark.parametrize("name", FILES)
def test_files_are_named(name: str) -> None:
    assert name in PAGE


@pytest.mark.parametrize("name", FOLDERS)
def test_folders_are_named(name: str) -> None:
    assert f"{name}/" in PAGE


def test_every_folder_of_a_project_that_the_code_knows_is_named() -> None:
    found = set()
    for file in (ROOT / "MedOptCore" / "medopt").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:project|self)\.folder / "([a-z]+)"', text))
    assert {"images", "labels", "labelling", "models", "runs", "splits"} <= found
    assert [name for name in sorted(found) if f"{name}/" not in PAGE and f"{name}." not in PAGE] == []


def test_a_run_holds_nothing_that_the_page_leaves_out(finished_project) -> None:
    from medopt.report import make_report, make_report_files

    folder = finished_project.runs_folder / "run-001"
    make_report(folder)
    make_report_files(folder)
    cases = "|".join(re.escape(case.id) for case in finished_project.cases())
    for path in [*folder.iterdir(), *(folder / "predictions" / "test").iterdir(), *(folder / "checkpoints").iterdir()]:
        name = re.sub(rf"(?:{cases})\.", "CASE.", path.name)
        name = re.sub(r"(metrics|subgroups|report)-(test|train|validation)", r"\1-SUBSET", name)
        if name.startswith("CASE.") and not name.endswith(SUFFIX):
            continue  # predictions are told as "a file a case"
        assert name in PAGE, path
