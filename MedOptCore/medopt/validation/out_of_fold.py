"""Cross-validation measured: each fold on the subjects that it held out, and all subjects pooled."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from medopt.errors import MedOptError
from medopt.events import Reporter, Silence, track
from medopt.files import atomic_path, file_sha256, read_json
from medopt.inference import Model, ModelDescription, kind_of
from medopt.inference.runtimes.torch_runtime import TorchRuntime
from medopt.project import Project
from medopt.training.device import choose_device
from medopt.training.folds.crossval import SUBSET, CrossValidation
from medopt.training.run import RunRecord, describe_run, load_network
from medopt.validation.by_task import measure
from medopt.validation.case_bins import CaseBins, read_bins
from medopt.validation.kept_predictions import KeptPredictions
from medopt.validation.mask_calibration import MaskBins, MaskCalibration, calibrate_masks
from medopt.validation.result_files import AnyResults, load_results
from medopt.validation.results import CaseScore, Results
from medopt.validation.settings import ValidationSettings
from medopt.validation.subgroups import project_subgroups, save_subgroups
from medopt.validation.summary import summarize
from medopt.validation.table import MEAN, SummaryRow
from medopt.validation.voxel_counts import added

HELD_OUT = "held-out"
"""What the measured part of a fold is called."""
LEARNING = ("train", "validation")
"""The parts of a fold that its training reads."""


@dataclass(frozen=True)
class FoldRow:
    """One fold in the table: the mean over structures of the task's main metric on its held-out subjects."""

    run: str
    training_cases: int
    row: SummaryRow


@dataclass(frozen=True)
class PooledResults:
    """The outcome of a cross-validation.

    Parameters
    ----------
    results : all subjects, each predicted by the model that never saw it; the report shows it like a test
    folds : one row a fold
    between : standard deviation between the folds' means; None for fewer than two
    """

    results: AnyResults
    folds: tuple[FoldRow, ...]
    between: float | None


def score_fold(
    project: Project,
    crossval: CrossValidation,
    place: int,
    *,
    weights: str = "best",
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> AnyResults:
    """Predict and score the held-out cases of a fold with its own model; from the file when it was done already.

    Writes ``predictions/held-out`` and ``metrics-held-out.json`` into the fold's run. Raises MedOptError when the
    fold's training is not finished, or was one of another split.
    """
    listener, folder, fold = reporter or Silence(), crossval.run_folder(place), crossval.fold(place)
    if not crossval.trained(place):
        raise MedOptError("the fold is not trained yet", where=folder.name, remedy="Repeat the command; it goes on")
    file, model = folder / f"metrics-{HELD_OUT}.json", f"{folder.name}, {weights} weights"
    if file.is_file():
        there = load_results(file)
        if there.model == model and there.settings == (settings or ValidationSettings()):
            return there
    network, _, record = load_network(folder, weights)
    if record.split.get("hash") != fold.split.hash:
        raise MedOptError(
            "the run was trained on another division of the subjects",
            where=folder.name,
            expected=f"split {fold.split.hash[:12]}",
            found=str(record.split.get("hash"))[:12],
            remedy="Begin a new cross-validation",
        )
    device, description = choose_device(), describe_run(folder)
    engine = Model(description, TorchRuntime(network.to(device.torch), description.dims, device.torch))
    checkpoint = file_sha256(folder / "checkpoints" / f"{weights}.safetensors")
    predictions = KeptPredictions(folder / "predictions" / HELD_OUT, {"weights": checkpoint}, engine, project)
    for case in track(listener, "predict", fold.held_out):
        try:
            predictions.make(case)
        except MedOptError:
            continue  # met again, told and left out when the case is scored
    results = measure(
        project, predictions, fold.held_out, subset=HELD_OUT, title=model, settings=settings, reporter=listener
    )
    results.save(file)
    return results


def pool_folds(
    project: Project,
    crossval: CrossValidation,
    *,
    settings: ValidationSettings | None = None,
    reporter: Reporter | None = None,
) -> PooledResults:
    """Pool the held-out cases of all folds, so that each subject counts once.

    Scores of segmentation are taken as they are; where folds were drawn more than once, a case has its mean over the
    repeats. What is defined over all cases at once (AUC, average precision) is worked out anew from the predictions of
    the first repeat. Writes ``pooled/``, which reports read like a run: ``run.json``, ``recipe.yaml``, predictions
    and ``metrics-out-of-fold.json``. Raises MedOptError when a fold is not finished.
    """
    listener = reporter or Silence()
    scored = {
        place: score_fold(project, crossval, place, settings=settings, reporter=listener) for place in crossval.places
    }
    first = [place for place in crossval.places if crossval.fold(place).repeat == 1]
    last = RunRecord.load(crossval.run_folder(first[-1]))
    _lay_out(crossval, first, last)
    settings = scored[1].settings
    model = f"{crossval.name}, {crossval.folds.k} folds" + (
        f", {crossval.folds.repeats} times" if crossval.folds.repeats > 1 else ""
    )
    segmented = [results for results in scored.values() if isinstance(results, Results)]
    results: AnyResults
    if len(segmented) == len(scored):
        cases = _mean_over_repeats([score for one in segmented for score in one.cases])
        results = Results(
            subset=SUBSET,
            model=model,
            structures=segmented[0].structures,
            settings=settings,
            cases=cases,
            summary=summarize(cases, [s.name for s in segmented[0].structures], settings.bootstrap),
            left_out=tuple(dict.fromkeys(item for one in segmented for item in one.left_out)),
            calibration=_pooled_calibration(segmented),
        )
    else:
        results = _score_pooled(project, crossval, first[0], model, settings, listener)
    results.save(crossval.pooled / f"metrics-{SUBSET}.json")
    save_subgroups(crossval.pooled, results, project_subgroups(project, results) if results.summary else ())
    rows = tuple(_fold_row(crossval, place, scored[place]) for place in crossval.places)
    means = [row.row.estimate for row in rows if row.row.estimate is not None]
    return PooledResults(results, rows, float(np.std(means, ddof=1)) if len(means) > 1 else None)


def _pooled_calibration(folds: Sequence[Results]) -> MaskCalibration | None:
    """The probabilities of all folds together; a case counts as often as it was held out. None when a fold has none."""
    known = [one.calibration for one in folds if one.calibration is not None]
    if len(known) < len(folds):
        return None
    groups: dict[tuple[str, str], list[MaskBins]] = {}
    for one in (bins for calibration in known for bins in calibration.cases):
        groups.setdefault((one.case, one.structure), []).append(one)
    pooled = [replace(same[0], bins=added([one.bins for one in same])) for _, same in sorted(groups.items())]
    without = {case: why for calibration in known for case, why in calibration.without.items()}
    names = [s.name for s in folds[0].structures]
    return calibrate_masks(pooled, names, folds[0].settings.bootstrap, without)


def _mean_over_repeats(scores: Sequence[CaseScore]) -> tuple[CaseScore, ...]:
    """One score a case and structure, in the order of the cases' names."""
    groups: dict[tuple[str, str], list[CaseScore]] = {}
    for score in scores:
        groups.setdefault((score.case, score.structure), []).append(score)
    found = []
    order = {score.structure: n for n, score in reversed(list(enumerate(scores)))}
    for (case, structure), same in sorted(groups.items(), key=lambda item: (item[0][0], order[item[0][1]])):
        one = same[0]
        values = {
            name: _mean([v for s in same if (v := s.value(name)) is not None and math.isfinite(v)])
            for name in one.values
        }
        predicted = sum(score.predicted_ml for score in same) / len(same)
        found.append(CaseScore(case, one.subject, structure, values, one.reference_ml, predicted, one.empty))
    return tuple(found)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _fold_row(crossval: CrossValidation, place: int, results: AnyResults) -> FoldRow:
    cases = len(crossval.fold(place).split.train)
    return FoldRow(crossval.run_name(place), cases, results.row(MEAN, results.main_metric))


def _score_pooled(
    project: Project,
    crossval: CrossValidation,
    place: int,
    title: str,
    settings: ValidationSettings,
    reporter: Reporter,
) -> AnyResults:
    """Measure the pooled predictions as if one model had made them."""
    stored = _Stored(project, crossval.pooled / "predictions" / SUBSET, describe_run(crossval.run_folder(place)))
    names = sorted(crossval.folds.cases)
    return measure(project, stored, names, subset=SUBSET, title=title, settings=settings, reporter=reporter)


@dataclass(frozen=True)
class _Stored:
    """Predictions that are there already, in place of a model."""

    project: Project
    folder: Path
    description: ModelDescription

    def reference(self, case: str) -> Any:
        return self.project.read_label(case)

    def bins(self, case: str) -> CaseBins:
        return read_bins(self.folder, case)

    def read(self, case: str) -> Any:
        kind = kind_of(self.description)
        path = self.folder / f"{case}{kind.suffix}"
        if not path.is_file():
            raise MedOptError("there is no prediction", where=case)
        return kind.read(path, self.description)


def _lay_out(crossval: CrossValidation, first: Sequence[int], last: RunRecord) -> None:
    """The pooled folder like that of a run: its record, the recipe, and each case's prediction."""
    folder = crossval.pooled
    folder.mkdir(exist_ok=True)
    records = [RunRecord.load(crossval.run_folder(place)) for place in crossval.places]
    split = crossval.fold(first[0]).split
    pooled = last.changed(
        name=crossval.name,
        split={
            "hash": crossval.folds.hash,
            "seed": crossval.folds.seed,
            "subjects": {part: len(split.subjects[part]) for part in LEARNING} | {SUBSET: crossval.folds.subjects},
            "cases": {part: len(split.part(part)) for part in LEARNING} | {SUBSET: len(crossval.folds.cases)},
        },
        started=crossval.started,
        finished=max((record.finished or "" for record in records), default=None),
        seconds_trained=round(sum(record.seconds_trained for record in records), 3),
        steps=sum(record.steps for record in records),
        recipe=crossval.recipe.digest(),
        best=None,
        data={**last.data, "folds": _facts(crossval)},
        warnings=tuple(dict.fromkeys(warning for record in records for warning in record.warnings)),
        left_out={case: why for record in records for case, why in record.left_out.items()},
    )
    pooled.save(folder)
    crossval.recipe.save(folder / "recipe.yaml")
    target = folder / "predictions" / SUBSET
    for place in first:
        for file in (crossval.run_folder(place) / "predictions" / HELD_OUT).iterdir():
            case = next((c for c in crossval.fold(place).held_out if file.name.startswith(f"{c}.")), None)
            if case is not None:
                with atomic_path(target / file.name) as temporary:
                    shutil.copyfile(file, temporary)


def _facts(crossval: CrossValidation) -> dict[str, Any]:
    facts: dict[str, Any] = {"k": crossval.folds.k, "repeats": crossval.folds.repeats}
    return facts if crossval.search is None else {**facts, "nested_trials": crossval.search.trials}


def pooled_file(folder: Path) -> Path:
    """Where the pooled results of a cross-validation's folder lie."""
    return folder / "pooled" / f"metrics-{SUBSET}.json"


def is_pooled(crossval: CrossValidation) -> bool:
    """Whether the pooled results are there and are of these folds."""
    file = crossval.pooled / "run.json"
    if not pooled_file(crossval.folder).is_file() or not file.is_file():
        return False
    return bool(read_json(file).get("split", {}).get("hash") == crossval.folds.hash)
