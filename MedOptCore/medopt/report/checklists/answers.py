"""What the record of a run knows of each topic of the checklists: a function a topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from medopt.report.checklists.facts import part, recipe_of, step_names, technique_names
from medopt.report.checklists.item import OPEN, Answer
from medopt.report.record import Record
from medopt.report.text import (
    count,
    duration,
    interval,
    listing,
    metric_digits,
    metric_title,
    metric_value,
    network_title,
    number,
    plain,
)
from medopt.validation import MEAN, BoxResults, ClassResults, Results

_DOES = {"segmentation": "segments", "classification": "tells apart", "detection": "finds"}

_SITES = ("site", "centre", "center", "hospital", "scanner", "institution")
"""Attributes that make clusters."""

_PEOPLE = ("sex", "age", "age group", "age_group", "ethnicity", "race")
"""Attributes by which fairness is asked."""


def _kind(record: Record) -> Answer:
    return Answer(
        "in part", f"Deep learning ({_network(record)}) that {_DOES.get(record.task, 'reads')} {_classes(record)}."
    )


def _goal(record: Record) -> Answer:
    done = "development with internal testing"
    if record.external is not None:
        done = "external testing of a model that was developed before"
    elif record.results is None:
        done = "development; the model was not tested yet"
    return Answer("in part", f"The record is one of {done}. Aims are for the authors to write.")


def _sources(record: Record) -> Answer:
    return Answer(
        "in part", f"Project {record.project or 'without a name'}: {_parts(record)}. Origin is for the authors.", "data"
    )


def _preprocessing(record: Record) -> Answer:
    recipe = recipe_of(record)
    if not recipe:
        return OPEN
    steps = listing(step_names(recipe)) or "none"
    return Answer("answered", f"Steps, the same in training and use: {steps}.", "recipe")


def _subset(record: Record) -> Answer:
    if record.not_used:
        text = f"{count(len(record.not_used), 'case')} of the training part were not used, with reasons."
        return Answer("in part", text, "training")
    return Answer("in part", "All labelled cases of the project that nobody flagged took part.", "data")


def _deidentification(record: Record) -> Answer:
    return Answer(
        "answered",
        "MedOpt keeps voxels and geometry of imported images and no other header field; subjects have pseudonyms.",
    )


def _missing(record: Record) -> Answer:
    results = record.results
    if results is None:
        return OPEN
    gone = len(results.left_out)
    text = (
        f"{count(gone, 'case')} could not be measured; {count(len(record.not_used), 'case')} could not be trained on."
    )
    return Answer("answered", f"{text} Nothing was imputed. Undefined metrics are excluded and counted.", "scores")


def _acquisition(record: Record) -> Answer:
    names = {group.attribute for group in record.subgroups}
    grid = record.external.grids if record.external is not None else ()
    known = sorted(plain(name) for name in names)
    if known:
        return Answer("in part", f"Known of each case: {listing(known)}.", "subgroups")
    if grid:
        return Answer("in part", "Spacing, extent and orientation of training and external images.", "external")
    return Answer("open", "The cases carry no attributes such as scanner or site. For the authors to write.")


def _reference(record: Record) -> Answer:
    return Answer("in part", f"What is labelled: {_classes(record)}. How it is defined is for the authors.", "data")


def _agreement(record: Record) -> Answer:
    return Answer(
        "open", "Not part of a run's record; medopt agreement measures it where cases have several annotators."
    )


def _partitions(record: Record) -> Answer:
    if not record.cases and not record.subjects:
        return OPEN
    seed = f", seed {record.split_seed}" if record.split_seed is not None else ""
    text = f"{_parts(record)}; drawn by subject{seed}, stored with a checksum before anything was fitted."
    return Answer("answered", text, "data")


def _disjoint(record: Record) -> Answer:
    text = "By subject: all images of a subject lie in the same part; a split that overlaps is refused."
    if record.external is not None:
        text = "The cases are of another project; images that also stand in the model's own project were left out."
        if not record.external.intensities and not record.external.copies:
            text = "The cases are of another project. Whether subjects are in both is for the authors to tell."
            return Answer("in part", text, "external")
    return Answer("answered", text, "data")


def _size(record: Record) -> Answer:
    results = record.results
    if results is None or not results.summary:
        return OPEN
    row = results.row(MEAN, results.main_metric)
    if row.low is None or row.high is None:
        width = "no interval is given"
    else:
        width = f"the interval reached is {number((row.high - row.low) / 2, 3)} to either side"
    text = f"{count(row.n_subjects, 'subject')} were measured; {width}. Why so many is for the authors to write."
    return Answer("in part", text, "scores")


def _model(record: Record) -> Answer:
    inputs = f"{count(len(record.channels), 'channel')} ({listing(record.channels)})" if record.channels else "images"
    text = f"{_network(record)}; in: {inputs}; out: {_output_of(record)}."
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


_TOLD = (
    ("optimiser", "optimiser"),
    ("learning_rate", "learning rate"),
    ("batch_size", "images a step"),
    ("schedule", "schedule"),
)


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
    return Answer("answered", f"{_estimate(record)} on {record.project or 'another project'}.", "external")


def _flow(record: Record) -> Answer:
    results = record.results
    left = 0 if results is None else len(results.left_out)
    text = f"{_parts(record)}; {count(len(record.not_used) + left, 'case')} left out with reasons."
    return Answer("in part", f"{text} What came before the project is for the authors.", "data")


def _demographics(record: Record) -> Answer:
    people = sorted({plain(group.attribute) for group in record.subgroups if group.attribute.lower() in _PEOPLE})
    if people:
        return Answer("in part", f"Measured cases by {listing(people)}.", "subgroups")
    return Answer("open", "The cases carry no sex or age group. For the authors to write.")


def _parts_and_groups(record: Record) -> Answer:
    if record.results is None or not record.results.summary:
        return OPEN
    parts = [] if record.sides is None else [side.part for side in record.sides.sides]
    groups = list(dict.fromkeys(plain(group.attribute) for group in record.subgroups))
    text = f"{_estimate(record)}. Parts: {listing(parts) or record.subset}. Groups: {listing(groups) or 'none known'}."
    whole = bool(groups) and (len(parts) > 1 or record.external is not None or record.subset == "out-of-fold")
    return Answer("answered" if whole else "in part", text, "subgroups" if groups else "scores")


def _estimates(record: Record) -> Answer:
    if record.results is None or not record.results.summary:
        return OPEN
    return Answer("answered", f"{_estimate(record)}; all others with interval and n.", "scores")


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


def _predictors(record: Record) -> Answer:
    return Answer(
        "answered", f"The whole image, {listing(record.channels) or 'all channels'}; nothing was selected.", "data"
    )


def _no_assessors(record: Record) -> Answer:
    return Answer("does not apply", "Predictors are the voxels of the image; nobody assesses them.")


def _building(record: Record) -> Answer:
    training = _training(record)
    if training.state == "open":
        return OPEN
    return Answer("answered", f"{_network(record)}; {training.text}", "recipe")


def _clusters(record: Record) -> Answer:
    sites = sorted({plain(group.attribute) for group in record.subgroups if group.attribute.lower() in _SITES})
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


def _fairness(record: Record) -> Answer:
    people = sorted({plain(group.attribute) for group in record.subgroups if group.attribute.lower() in _PEOPLE})
    if people:
        return Answer("in part", f"Figures by {listing(people)}.", "subgroups")
    return Answer("open", "The cases carry no sex or age group, so no difference could be looked at.")


def _output(record: Record) -> Answer:
    return Answer("answered", f"{_output_of(record)[0].upper()}{_output_of(record)[1:]}.", "data")


def _differences(record: Record) -> Answer:
    if record.external is None:
        text = "Evaluation cases are of the same collection, drawn by subject at random."
        return Answer("in part", text, "data")
    state = "answered" if record.external.grids else "in part"
    return Answer(state, "Classes, intensities, spacing, extent and orientation of both sides.", "external")  # type: ignore[arg-type]


def _events(record: Record) -> Answer:
    results = record.results
    if results is None or not results.summary:
        return Answer("in part", f"{_parts(record)}.", "data")
    return Answer("answered", f"{_parts(record)}; cases and boxes behind each figure stand beside it.", "scores")


def _poor_input(record: Record) -> Answer:
    text = "Images with other channels or a grid that cannot be prepared are refused with the reason."
    return Answer("in part", f"{text} What else is poor input is for the authors.")


def _network(record: Record) -> str:
    size = f" with {record.parameters:,} parameters" if record.parameters else ""
    return f"{network_title(dict(record.network).get('name', 'a network'))}{size}"


def _classes(record: Record) -> str:
    return listing([info.name for info in record.structures]) or record.items


def _output_of(record: Record) -> str:
    if record.task == "classification":
        chosen = record.results.exclusive if isinstance(record.results, ClassResults) else True
        rule = "the most probable one is taken" if chosen else "those of at least one half are taken"
        return f"the probability of each class ({_classes(record)}); {rule}"
    if record.task == "detection":
        return f"boxes in the patient, each with its class ({_classes(record)}) and a score"
    return f"one class a voxel ({_classes(record)}), the most probable one"


def _parts(record: Record) -> str:
    parts = [name for name in record.cases if name in record.subjects]
    told = [f"{name}: {count(record.subjects[name], 'subject')}, {count(record.cases[name], 'case')}" for name in parts]
    return "; ".join(told) or "parts are not recorded"


def _estimate(record: Record) -> str:
    results = record.results
    if results is None or not results.summary:
        return "Nothing was measured"
    row = results.row(MEAN, results.main_metric)
    digits = metric_digits(row.metric)
    ends = interval(row.low, row.high, digits)
    value = f"{metric_value(row.metric, row.estimate)} {ends}".strip()
    return f"Mean {metric_title(row.metric)} {value}, n = {row.n_subjects}"


TOPICS: Mapping[str, Callable[[Record], Answer]] = {
    "kind": _kind,
    "goal": _goal,
    "sources": _sources,
    "preprocessing": _preprocessing,
    "subset": _subset,
    "deidentification": _deidentification,
    "missing": _missing,
    "acquisition": _acquisition,
    "reference": _reference,
    "agreement": _agreement,
    "partitions": _partitions,
    "disjoint": _disjoint,
    "size": _size,
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
    "flow": _flow,
    "demographics": _demographics,
    "parts_and_groups": _parts_and_groups,
    "estimates": _estimates,
    "failures": _failures,
    "limitations": _limitations,
    "protocol": _protocol,
    "availability": _availability,
    "predictors": _predictors,
    "no_assessors": _no_assessors,
    "building": _building,
    "clusters": _clusters,
    "updating": _updating,
    "calculation": _calculation,
    "imbalance": _imbalance,
    "fairness": _fairness,
    "output": _output,
    "differences": _differences,
    "events": _events,
    "poor_input": _poor_input,
}
"""Topic of an item → what the record knows of it."""
