"""The files by which reports and the panel read an external validation like a run."""

from __future__ import annotations

import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import medopt
from medopt.files import read_json, write_json
from medopt.project import Project
from medopt.validation.external.classes import ClassMatch
from medopt.validation.external.model import OpenedModel
from medopt.validation.external.record import SUBSET
from medopt.validation.result_files import AnyResults


def write_run_files(
    folder: Path, project: Project, opened: OpenedModel, match: ClassMatch, results: AnyResults
) -> None:
    """``run.json`` and what a report reads beside it, written last."""
    known: dict[str, Any] = {}
    if opened.run is not None:
        known = read_json(opened.run / "run.json")
        for file in ("recipe.yaml", "events.jsonl"):
            if (opened.run / file).is_file():
                shutil.copyfile(opened.run / file, folder / file)
    split = dict(known.get("split") or {})
    for what, n in (("subjects", results.n_subjects), ("cases", results.n_cases)):
        numbers = split.get(what) or {}
        split[what] = {key: numbers[key] for key in ("train", "validation") if key in numbers} | {SUBSET: n}
    description = opened.model.description
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    write_json(
        folder / "run.json",
        {
            "versions": {"medopt": medopt.__version__},
            "format": 1,
            "state": "done",
            **known,
            "name": folder.name,
            "project": {"id": project.id, "name": project.settings.name},
            "task": description.task,
            "classes": [pair.there.model_dump(mode="json") for pair in match.pairs],
            "channels": list(description.channels),
            "labels": {"multi_label": description.multi_label, "ignored": project.settings.ignored},
            "split": split,
            "started": now,
            "finished": now,
        },
    )
