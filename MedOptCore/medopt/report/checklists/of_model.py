"""What the record of a run knows of the model, its training and its figures: a function a topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from medopt.report.checklists.facts import (
    estimate_of,
    network_of,
    output_of,
    part,
    recipe_of,
    technique_names,
)
from medopt.report.checklists.item import OPEN, Answer
from medopt.report.record import Record
from medopt.report.text import (
    count,
    duration,
    listing,
    metric_title,
    number,
    plain,
)
from medopt.validation import BoxResults, ClassResults, Results

_TOLD = (
    ("optimiser", "optimiser"),
    ("learning_rate", "learning rate"),
    ("batch_size", "images a step"),
    ("schedule", "schedule"),
)
"""Fields of the recipe's training that an answer tells, with their words."""

SITES = ("site", "centre", "center", "hospital", "scanner", "institution")
"""Attributes that make clusters."""


def _model(record: Record) -> Answer:
    inputs = f"{count(len(record.channels), 'channel')} ({listing(record.channels)})" if record.channels else "images"
    text = f"{network_of(record)}; in: {inputs}; out: {output_of(record)}."
    return Answer("answered" if record.recipe else "in part", text, "recipe")


def _software(record: Record) -> Answer:
    if not record.versions:
        return OPEN
    shown = [f"{name} {value}" for name, value in record.versions if name in ("medopt", "python", "torch", "monai")]
    return Answer("answered", f"{listing(shown)} and more.", "provenance")


def _initialisation(record: Record) -> Answer:
    recipe = recipe_of(record)
    if not recipe:
        return OPEN
    transfer = recipe.get("transfer")
    if isinstance(transfer, dict):
        return Answer("in part", "Weights were transferred; the recipe tells from where and which layers.", "recipe")
    return Answer(
        "answered", f"Random, from seed {plain(recipe.get('seed', 1))}; no weights were transferred.", "recipe"
    )


def _training(record: Record) -> Answer:
    recipe = recipe_of(record)
    if not recipe:
        return OPEN
    training = part(recipe, "training")
    told = [f"{plain(training[name])} {title}" for name, title in _TOLD if training.get(name) is not None]
    augment = listing(technique_names(recipe)) or "none"
    amount = f"{duration(record.seconds_trained)}, {count(record.steps, 'step')}"
    text = f"{amount}; {', '.join(told)}; augmentation: {augment}."
    return Answer("answered", text, "recipe")


def _selection(record: Record) -> Answer:
    if record.best is None:
        return OPEN
    at = f" at step {record.best_step:,}" if record.best_step is not None else ""
    value = f"{number(record.best.value, 3)}{at}"
    text = f"The weights with the best mean {record.best.title} on the validation part ({value})."
    return Answer("answered", text, "training")


def _ensemble(record: Record) -> Answer:
    if record.subset == "out-of-fold":
        return Answer("answered", "None: each subject was predicted by the one model that never saw it.", "data")
    return Answer("does not apply", "One model, no ensemble.")


def _metrics(record: Record) -> Answer:
    results = record.results
    if results is None or not results.summary:
        return OPEN
    names = list(dict.fromkeys(metric_title(row.metric, unit=False) for row in results.summary))
    if isinstance(results, Results) and results.calibrated:
        names.append("calibration error and Brier score of voxels with reliability diagrams")
    return Answer("answered", f"{listing(names)}, each defined.", "method")


def _uncertainty(record: Record) -> Answer:
    results = record.results
    if results is None or not results.summary:
        return OPEN
    level = f"{100 * results.settings.bootstrap.level:g} %"
    return Answer("answered", f"{level} intervals that resample subjects; DeLong and Wilson where they hold.", "method")


def _robustness(record: Record) -> Answer:
    if record.external is not None:
        return Answer("answered", "Change of the figures and shift of the images on another project.", "external")
    if record.subgroups:
        return Answer("in part", "Figures of subgroups; nothing was tried on other institutions' images.", "subgroups")
    return Answer("open", "Try the model on another project: medopt external.")


def _explanations(record: Record) -> Answer:
    if record.explained:
        return Answer("in part", "Maps of what the model looks at were made and checked.", "explanations")
    return Answer("open", "None were made: medopt explain.")


def _internal(record: Record) -> Answer:
    if record.external is not None:
        before = f"Figures of before: {plain(record.external.internal)}." if record.external.internal else ""
        return Answer("in part", before or "Not known here.", "external")
    if record.results is None or record.subset not in ("test", "out-of-fold"):
        return Answer("open", "The test part was not measured: medopt validate.")
    verdict = None if record.sides is None else record.sides.verdict
    if verdict is None and record.subset == "test":
        return Answer("in part", "Test cases were measured, training cases not: medopt validate --subset train.", "fit")
    if verdict is None:
        return Answer("answered", "Every subject was measured by a model that never saw it.", "scores")
    return Answer("answered", f"Training, validation and test side by side; the model {verdict.verdict}.", "fit")


def _external(record: Record) -> Answer:
    if record.external is None:
        return Answer("open", "None: medopt external. Without it the authors should say why.")
    return Answer("answered", f"{estimate_of(record)} on {record.project or 'another project'}.", "external")


def _parts_and_groups(record: Record) -> Answer:
    if record.results is None or not record.results.summary:
        return OPEN
    parts = [] if record.sides is None else [side.part for side in record.sides.sides]
    groups = list(dict.fromkeys(plain(group.attribute) for group in record.subgroups))
    text = (
        f"{estimate_of(record)}. Parts: {listing(parts) or record.subset}. Groups: {listing(groups) or 'none known'}."
    )
    whole = bool(groups) and (len(parts) > 1 or record.external is not None or record.subset == "out-of-fold")
    return Answer("answered" if whole else "in part", text, "subgroups" if groups else "scores")


def _estimates(record: Record) -> Answer:
    if record.results is None or not record.results.summary:
        return OPEN
    return Answer("answered", f"{estimate_of(record)}; all others with interval and n.", "scores")


def _failures(record: Record) -> Answer:
    results = record.results
    if results is None or not results.cases:
        return OPEN
    how = {
        Results: "the worst cases in pictures",
        ClassResults: "confusion of classes and the most wrong cases in pictures",
        BoxResults: "missed and false boxes in pictures",
    }[type(results)]
    return Answer("in part", f"Every case, worst first; {how}. Their medical meaning is for the authors.", "cases")


def _limitations(record: Record) -> Answer:
    return Answer("in part", "Those that follow from the record.", "limits")


def _protocol(record: Record) -> Answer:
    text = "Recipe, split and versions repeat the run. Whether a protocol was written before is for the authors."
    return Answer("in part", text, "recipe")


def _availability(record: Record) -> Answer:
    return Answer(
        "in part", "MedOpt is open source and its version is given; model and data are for the authors.", "provenance"
    )


def _building(record: Record) -> Answer:
    training = _training(record)
    if training.state == "open":
        return OPEN
    return Answer("answered", f"{network_of(record)}; {training.text}", "recipe")


def _clusters(record: Record) -> Answer:
    sites = sorted({plain(group.attribute) for group in record.subgroups if group.attribute.lower() in SITES})
    if sites:
        return Answer("answered", f"Figures by {listing(sites)} with intervals and n.", "subgroups")
    if record.external is not None:
        return Answer("in part", "Internal against external figures with the interval of the difference.", "external")
    return Answer("open", "The cases carry no site or scanner.")


def _updating(record: Record) -> Answer:
    return Answer("does not apply", "The model was measured as it was trained, without an update.")


def _calculation(record: Record) -> Answer:
    text = "By the same preprocessing in training and use; medopt export writes the whole model as one ONNX package."
    return Answer("answered" if record.recipe else "in part", text, "recipe")


def _imbalance(record: Record) -> Answer:
    recipe = recipe_of(record)
    if not recipe:
        return OPEN
    balance, loss = part(recipe, "balance"), part(recipe, "loss")
    used = bool(balance.get("target"))
    how = (
        f"rare classes were drawn more often (target {plain(balance.get('target'))})"
        if used
        else "cases were drawn evenly"
    )
    text = f"{how[0].upper()}{how[1:]}; loss: {plain(loss.get('name') or 'auto')}. Outputs were not recalibrated."
    return Answer("answered", text, "recipe")


def _output(record: Record) -> Answer:
    return Answer("answered", f"{output_of(record)[0].upper()}{output_of(record)[1:]}.", "data")


OF_MODEL: Mapping[str, Callable[[Record], Answer]] = {
    "model": _model,
    "software": _software,
    "initialisation": _initialisation,
    "training": _training,
    "selection": _selection,
    "ensemble": _ensemble,
    "metrics": _metrics,
    "uncertainty": _uncertainty,
    "robustness": _robustness,
    "explanations": _explanations,
    "internal": _internal,
    "external": _external,
    "parts_and_groups": _parts_and_groups,
    "estimates": _estimates,
    "failures": _failures,
    "limitations": _limitations,
    "protocol": _protocol,
    "availability": _availability,
    "building": _building,
    "clusters": _clusters,
    "updating": _updating,
    "calculation": _calculation,
    "imbalance": _imbalance,
    "output": _output,
}
"""Topic of an item → what the record knows of it."""
