"""External validation: a model of one project on the cases of another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.files import inside, read_json
from medopt.preprocess import Pipeline
from medopt.project import Project
from medopt.project.names import is_safe_name
from medopt.validation.by_task import measure
from medopt.validation.class_results import ClassResults
from medopt.validation.external.cases import check_project, copies_of, external_cases
from medopt.validation.external.change import ChangeRow, compare_external
from medopt.validation.external.classes import ClassMatch, match_classes
from medopt.validation.external.model import OpenedModel, open_model
from medopt.validation.external.predictions import ExternalPredictions
from medopt.validation.external.profile import profile_cases
from medopt.validation.external.record import SUBSET, ExternalRecord, PairedClass
from medopt.validation.external.run_files import write_run_files
from medopt.validation.external.shift import grid_shifts, intensity_shifts, orientation_shift, relations
from medopt.validation.external.translate import channel_order
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
    check_project(project, opened)
    match = match_classes(description.classes, project.settings.classes, classes)
    order, channel_note = channel_order(description.channels, project.settings.channels)
    copies = copies_of(project, opened)
    names, looks = external_cases(project, part, f"external validation of {opened.facts.name}")
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
    write_run_files(folder, project, opened, match, results)
    return folder


def list_externals(project_folder: Path) -> list[Path]:
    """Folders of the external validations on a project, oldest first."""
    found = [path.parent for path in (project_folder / FOLDER).glob("*/run.json")]
    return sorted(found, key=lambda folder: (str(read_json(folder / "run.json").get("started", "")), folder.name))


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
