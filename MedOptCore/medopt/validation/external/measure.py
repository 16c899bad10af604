"""External validation: a model of one project on the cases of another."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import medopt
from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.files import inside, read_json, write_json
from medopt.preprocess import Pipeline
from medopt.project import Project, load_split
from medopt.project.names import is_safe_name
from medopt.project.splitting import open_test
from medopt.validation.by_task import measure
from medopt.validation.class_results import ClassResults
from medopt.validation.external.change import ChangeRow, compare_external
from medopt.validation.external.classes import ClassMatch, match_classes
from medopt.validation.external.model import OpenedModel, open_model
from medopt.validation.external.predictions import ExternalPredictions
from medopt.validation.external.profile import profile_cases
from medopt.validation.external.record import SUBSET, ExternalRecord, PairedClass
from medopt.validation.external.shift import grid_shifts, intensity_shifts, orientation_shift, relations
from medopt.validation.external.translate import (
    channel_order,
)
from medopt.validation.result_files import AnyResults, load_results
from medopt.validation.results import Results
from medopt.validation.selection import of_structures
from medopt.validation.settings import ValidationSettings
from medopt.validation.subgroups import project_subgroups, save_subgroups
from medopt.validation.table import MEAN, LeftOut, Structure

FOLDER = "external"
"""Folder of a project that holds what models of other projects gave on it."""

MOST_TRAINING = 200
"""Training cases that are looked at for their intensities and grids, spread evenly over all."""

COPY = "the same image stands in the project on which the model was trained"


def validate_external(
    project: Project,
    model: str | Path,
    *,
    classes: Mapping[str, str] | None = None,
    part: str = "all",
    against: str | Path | None = None,
    name: str | None = None,
    weights: str = "best",
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> Path:
    """Measure a model of another project on the labelled cases of ``project``; the folder of the outcome.

    Parameters
    ----------
    project : the other institution, scanner or time; nothing of it took part in the model's training
    model : the folder of a run or of an exported model
    classes : name of the model's class → name of the project's, where terminology and names do not tell
    part : "all", or a part of the project's split. "all" and "test" look at its sealed test subjects, if it has some,
        and the look is counted there; the model's own project is only read, and no look is counted in it
    against : results on the model's own unseen subjects; by default those of its run
    name : of the outcome; by default made of the model's project and name
    settings : how to measure; by default as the internal results were

    Writes ``external/NAME`` into the project: predictions with the project's classes, ``metrics-external.json``,
    ``subgroups-external.json``, ``external.json`` (see ``ExternalRecord``) and a ``run.json`` by which reports and the
    panel read it like a run. Predictions that are there for the same weights and classes are used again. A case that
    cannot be predicted or scored, or whose image stands in the model's own project, is left out with the reason.

    Raises MedOptError when the project is the model's own, tasks, channels or classes do not fit, or no case is left.
    """
    listener = reporter or Silence()
    opened = open_model(model, weights)
    description = opened.model.description
    _check(project, opened)
    match = match_classes(description.classes, project.settings.classes, classes)
    order, channel_note = channel_order(description.channels, project.settings.channels)
    copies = _copies(project, opened)
    names, looks = _cases(project, part, f"external validation of {opened.facts.name}")
    names = [case for case in names if case not in copies]
    if not names:
        raise MedOptError("no case is left to measure on", where=project.folder, expected="labelled cases of others")
    internal = _internal(opened, against, match)
    settings = settings or (internal.settings if internal is not None else None)
    folder = inside(project.folder, FOLDER) / _name(name, opened)
    predictions = ExternalPredictions(folder / "predictions" / SUBSET, project, opened, match, order)
    for case in track(listener, "predict", names):
        try:
            predictions.make(case)
        except MedOptError:
            continue  # met again, told and left out when the case is scored
    title = f"{opened.facts.name}, external"
    results = measure(project, predictions, names, subset=SUBSET, title=title, settings=settings, reporter=listener)
    gone = tuple(LeftOut(case, COPY) for case in sorted(copies))
    results = replace(results, left_out=(*results.left_out, *gone))
    changes: tuple[ChangeRow, ...] = ()
    notes = [channel_note, *match.notes]
    if internal is None:
        notes.append("How good the model is on its own unseen subjects is not known here, so no drop can be told.")
    elif results.n_cases:
        changes = compare_external(internal, results)
    shifts = _shifts(project, opened, results, names, order, listener)
    if not shifts:
        notes.append("The images that the model learned from are not at hand, so shifts cannot be told.")
    record = ExternalRecord(
        model=opened.facts,
        part=part,
        looks=looks,
        classes=tuple(PairedClass(model=p.model.name, project=p.there.name, by=p.by) for p in match.pairs),
        model_only=match.model_only,
        project_only=match.project_only,
        copies=tuple(sorted(copies)),
        internal="" if internal is None else f"{internal.model}, {internal.subset}",
        changes=changes,
        notes=tuple(note for note in notes if note),
        **shifts,
    )
    results.save(folder / f"metrics-{SUBSET}.json")
    save_subgroups(folder, results, project_subgroups(project, results) if results.n_cases else ())
    record.write(folder)
    _lay_out(folder, project, opened, match, results)
    return folder


def list_externals(project_folder: Path) -> list[Path]:
    """Folders of the external validations on a project, oldest first."""
    found = [path.parent for path in (project_folder / FOLDER).glob("*/run.json")]
    return sorted(found, key=lambda folder: (str(read_json(folder / "run.json").get("started", "")), folder.name))


def _check(project: Project, opened: OpenedModel) -> None:
    if opened.home is not None and opened.home.id == project.id:
        raise MedOptError(
            "this is the model's own project",
            where=project.folder,
            expected="a project of another institution, scanner or time",
            remedy="Measure its own unseen subjects with: medopt validate",
        )
    task = opened.model.description.task
    if task != project.settings.task:
        raise MedOptError(
            "the project is of another task", where=project.folder, expected=task, found=project.settings.task
        )


def _cases(project: Project, part: str, purpose: str) -> tuple[list[str], bool]:
    """Labelled cases of a part that nobody flagged, and whether a look at sealed subjects was counted."""
    split = _split(project)
    if part == "all":
        if split is not None:
            open_test(project, purpose)
        return [case.id for case in project.cases() if case.labelled and case.flag is None], split is not None
    split = split or load_split(project)  # tells that there is none
    if part == "test":
        return list(open_test(project, purpose)), True
    return list(split.part(part)), False


def _split(project: Project) -> Any:
    try:
        return load_split(project)
    except MedOptError:
        return None


def _copies(project: Project, opened: OpenedModel) -> set[str]:
    """Cases with an image that also stands in the model's own project."""
    if opened.home is None:
        return set()
    home = opened.home
    known = {file.content_sha256 for case in home.cases() for file in home.images.files(case.id)}
    return {c.id for c in project.cases() if any(f.content_sha256 in known for f in project.images.files(c.id))}


def _internal(opened: OpenedModel, against: str | Path | None, match: ClassMatch) -> AnyResults | None:
    file = Path(against) if against is not None else opened.internal
    if file is None:
        return None
    renamed = {pair.model.name: Structure(pair.there.value, pair.there.name) for pair in match.pairs}
    return of_structures(load_results(file), renamed)


def _name(name: str | None, opened: OpenedModel) -> str:
    if name is None:
        words = "-".join(filter(None, (opened.facts.project, opened.facts.name)))
        name = re.sub(r"[^A-Za-z0-9_]+", "-", words).strip("-")[:64] or "model"
    if not is_safe_name(name):
        raise MedOptError("not a name", expected="letters, digits, - and _, at most 64", found=name)
    return name


def _shifts(
    project: Project,
    opened: OpenedModel,
    results: AnyResults,
    names: Sequence[str],
    order: Sequence[int],
    reporter: Reporter,
) -> dict[str, Any]:
    """Intensities and grids against those of the training cases; empty where these are not at hand."""
    learned = opened.training_cases()
    if opened.home is None or not learned:
        return {}
    description = opened.model.description
    pipeline = Pipeline(description.preprocess)
    learned = learned[:: -(-len(learned) // MOST_TRAINING)]
    training = profile_cases(opened.home, learned, pipeline, what="training images", reporter=reporter)
    external = profile_cases(project, names, pipeline, what="external images", order=order, reporter=reporter)
    return {
        "intensities": intensity_shifts(training, external, description.channels),
        "grids": grid_shifts(training, external),
        "orientation": orientation_shift(training, external),
        "relations": relations(_scores(results), training, external),
    }


def _scores(results: AnyResults) -> dict[str, float]:
    """How good each case is, higher is better."""
    if isinstance(results, Results):
        values = results.case_values(MEAN, results.main_metric)
        return {v.case: v.value for v in values if v.value is not None}
    if isinstance(results, ClassResults):
        return {case.case: case.agreement for case in results.cases}
    counts = {case.case: (case.number("found"), case.number("missed")) for case in results.cases}
    return {case: found / (found + missed) for case, (found, missed) in counts.items() if found + missed}


def _lay_out(folder: Path, project: Project, opened: OpenedModel, match: ClassMatch, results: AnyResults) -> None:
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
