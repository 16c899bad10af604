"""The record of a run, read from its folder into plain data that the rest of the room works on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.events import Score, best_score
from medopt.files import read_json
from medopt.inference.prediction_files import KINDS
from medopt.preprocess import Clipped
from medopt.report.history import History, read_history
from medopt.report.palette import Look, look
from medopt.report.text import plain, without_folders
from medopt.validation import AnyResults, SubsetGap, compare_subsets, load_results
from medopt.validation.external.record import ExternalRecord, load_external
from medopt.validation.sides import PARTS, Sides, read_looks, read_sides
from medopt.validation.subgroups import SubgroupRow, load_subgroups

FORMAT = 1
"""Version of run.json that is understood."""
EXPORTED = "exported"
"""Folder of a run with the measurements of models that were made of it."""


@dataclass(frozen=True)
class StructureInfo:
    """A class of the run: its label value, its name, and how every figure draws it."""

    value: int
    name: str
    look: Look


@dataclass(frozen=True)
class Record:
    """All that a report tells of a run; texts are single lines without control characters and without folders.

    Parameters
    ----------
    folder : the run's folder, or that of an exported model's measurements in it; never printed
    name, project, project_id, task : of the run
    structures, channels : what it segments, finds or tells apart, and in which images
    split_hash, split_seed : of the split; "" and None when not recorded
    subjects, cases : number of each by part of the split
    versions, device, network, hashes : facts as (name, value) pairs
    parameters : trainable numbers of the network; None when not recorded
    state : running, stopped, done or failed
    started, finished : ISO 8601 in UTC, "" when not recorded
    seconds_trained, steps : the amount of training
    best_step, best : the best look at the validation cases during training; None before the first
    warnings : what training warned of
    not_used : cases that training left out, with the reason
    cut : what the steps of the recipe cut off the training cases
    recipe : the text of recipe.yaml; None when it is missing
    history : the course of the training
    subset, results : the part that was measured and its results; None before validation
    gap : this subset against the training cases; None unless both were measured
    sides : training, validation and test side by side; None before validation
    subgroups : the main figure by site, scanner and the like; empty when the cases have no attributes
    external : on what the figures of an external validation rest; None of any other run
    looks : how often the test subjects had been looked at, by any run and by this one; None when not recorded
    explained : whether maps of what the model looks at were made and checked
    """

    folder: Path
    name: str
    project: str
    project_id: str
    task: str
    structures: tuple[StructureInfo, ...]
    channels: tuple[str, ...]
    split_hash: str
    split_seed: int | None
    subjects: Mapping[str, int]
    cases: Mapping[str, int]
    versions: tuple[tuple[str, str], ...]
    device: tuple[tuple[str, str], ...]
    network: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    parameters: int | None
    state: str
    started: str
    finished: str
    seconds_trained: float
    steps: int
    best_step: int | None
    best: Score | None
    warnings: tuple[str, ...]
    not_used: tuple[tuple[str, str], ...]
    cut: tuple[Clipped, ...]
    recipe: str | None
    history: History
    subset: str
    results: AnyResults | None
    gap: SubsetGap | None
    sides: Sides | None = None
    subgroups: tuple[SubgroupRow, ...] = ()
    external: ExternalRecord | None = None
    looks: tuple[int, int] | None = None
    explained: bool = False

    def look_of(self, structure: str) -> Look:
        """How the structure of that name is drawn; a look of its own for a name that is no class."""
        for info in self.structures:
            if info.name == plain(structure):
                return info.look
        return look(len(self.structures))

    def prediction_path(self, case: str) -> Path:
        """Where what the model says of a case of the subset lies."""
        suffix = KINDS[self.task].suffix if self.task in KINDS else ".seg.nrrd"
        return self.folder / "predictions" / self.subset / f"{case}{suffix}"

    @property
    def items(self) -> str:
        """What the task calls the things that it tells apart: structures or classes."""
        return "structures" if self.task == "segmentation" else "classes"


def read_record(run_folder: str | Path, subset: str | None = "test") -> Record:
    """Read ``run.json``, ``recipe.yaml``, ``events.jsonl`` and ``metrics-<subset>.json``.

    The folder may also be one in a run's ``exported``, of a model that was made of the run: its measurements are told
    with the record of that run. A run that was not validated at all, or a subset of None, gives ``results`` None.
    Raises MedOptError when the folder is no run, is of a newer MedOpt or damaged, or when other subsets were measured
    but not this one.
    """
    folder = Path(run_folder)
    is_exported = folder.parent.name == EXPORTED and not (folder / "run.json").is_file()
    run = folder.parent.parent if is_exported else folder
    values = _run_values(run)
    classes = values.get("classes")
    structures = tuple(
        StructureInfo(int(c["value"]), plain(c["name"]), look(position))
        for position, c in enumerate(classes if isinstance(classes, list) else [])
        if isinstance(c, dict) and isinstance(c.get("value"), int) and "name" in c
    )
    split, best, project = _mapping(values, "split"), _mapping(values, "best"), _mapping(values, "project")
    network = _mapping(values, "network")
    results = None if subset is None else _results(folder, subset)
    history = read_history(run / "events.jsonl")
    warnings = values.get("warnings")
    recorded = [_safe(w) for w in warnings] if isinstance(warnings, (list, tuple)) else []
    seed = split.get("seed")
    return Record(
        folder=folder,
        name=_name(values, run, folder),
        project=plain(project.get("name")),
        project_id=plain(project.get("id")),
        task=plain(values.get("task")) or "segmentation",
        structures=structures,
        channels=tuple(plain(c) for c in values.get("channels") or ()),
        split_hash=plain(split.get("hash")),
        split_seed=seed if isinstance(seed, int) else None,
        subjects=_counts(split.get("subjects")),
        cases=_counts(split.get("cases")),
        versions=_facts(_mapping(values, "versions")),
        device=_facts(_mapping(values, "device")),
        network=_facts({k: v for k, v in network.items() if k != "parameters"}),
        hashes=_hashes(values),
        parameters=_whole(network.get("parameters")),
        state=plain(values.get("state")) or "unknown",
        started=plain(values.get("started")),
        finished=plain(values.get("finished")),
        seconds_trained=_real(values.get("seconds_trained")) or 0.0,
        steps=_whole(values.get("steps")) or 0,
        best_step=_whole(best.get("step")),
        best=best_score(best),
        warnings=tuple(dict.fromkeys([*recorded, *(_safe(w) for w in history.warnings)])),
        not_used=tuple((plain(case), _safe(why)) for case, why in sorted(_mapping(values, "left_out").items())),
        cut=_cut(_mapping(values, "data").get("clipped")),
        recipe=_recipe(run / "recipe.yaml"),
        history=history,
        subset=subset or "",
        results=results,
        gap=_gap(folder, results),
        sides=None if results is None or results.subset not in PARTS else read_sides(folder),
        subgroups=() if results is None else load_subgroups(folder, results.subset),
        external=load_external(folder),
        looks=read_looks(run),
        explained=any(folder.glob("explanations/**/explanation.json")),
    )


def _name(values: Mapping[str, Any], run: Path, folder: Path) -> str:
    name = plain(values.get("name")) or run.name
    return name if run == folder else f"{plain(folder.name)}, made of {name}"


def _run_values(folder: Path) -> dict[str, Any]:
    path = folder / "run.json"
    if not path.is_file():
        raise MedOptError(
            "not a run", where=folder, expected="a folder with run.json", remedy="Train first: medopt train PROJECT"
        )
    values = read_json(path)
    if not isinstance(values, dict):
        raise MedOptError("the run's record is damaged", where=path, expected="a JSON object")
    version = values.get("format", FORMAT)
    if not isinstance(version, int) or version > FORMAT:
        raise MedOptError(
            "the run is of a newer MedOpt",
            where=path,
            expected=f"format {FORMAT} or older",
            found=f"format {plain(version)}",
            remedy="Update MedOpt",
        )
    return values


def _results(folder: Path, subset: str) -> AnyResults | None:
    path = folder / f"metrics-{subset}.json"
    if path.is_file():
        return load_results(path)
    measured = sorted(p.stem.removeprefix("metrics-") for p in folder.glob("metrics-*.json"))
    if measured:
        raise MedOptError(
            f"the {plain(subset)} cases were not measured",
            where=folder.name,
            expected="one of " + ", ".join(measured),
            found=plain(subset),
            remedy=f"Measure them first: medopt validate PROJECT --subset {plain(subset)}",
        )
    return None


def _gap(folder: Path, results: AnyResults | None) -> SubsetGap | None:
    path = folder / "metrics-train.json"
    if results is None or results.subset == "train" or not path.is_file():
        return None
    return compare_subsets(load_results(path), results)


def _cut(value: Any) -> tuple[Clipped, ...]:
    try:
        return tuple(Clipped.from_json(one) for one in value or ())
    except (TypeError, KeyError, ValueError, IndexError):
        return ()


def _recipe(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _mapping(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = values.get(name)
    return value if isinstance(value, dict) else {}


def _facts(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((plain(name), _safe(value)) for name, value in values.items() if value not in (None, "", {}, []))


def _hashes(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    found = {
        "split": _mapping(values, "split").get("hash"),
        "data": _mapping(values, "data").get("hash"),
        "recipe": values.get("recipe"),
    }
    return tuple((name, plain(value)) for name, value in found.items() if isinstance(value, str) and value)


def _counts(value: Any) -> Mapping[str, int]:
    """Numbers of each part, whether the record gives the numbers or the names."""
    parts = value.items() if isinstance(value, dict) else ()
    numbers = {plain(part): len(n) if isinstance(n, (list, tuple)) else _whole(n) for part, n in parts}
    return {part: n for part, n in numbers.items() if n is not None}


def _safe(value: Any) -> str:
    return plain(without_folders(str(value)), 400)


def _real(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def _whole(value: Any) -> int | None:
    found = _real(value)
    return None if found is None else int(found)
