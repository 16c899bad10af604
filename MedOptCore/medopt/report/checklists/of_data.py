"""What the record of a run knows of the data and of the people behind them: a function a topic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from medopt.report.checklists.facts import (
    classes_of,
    network_of,
    parts_of,
    recipe_of,
    step_names,
)
from medopt.report.checklists.item import OPEN, Answer
from medopt.report.record import Record
from medopt.report.text import (
    count,
    listing,
    number,
    plain,
)
from medopt.validation import MEAN

_DOES = {"segmentation": "segments", "classification": "tells apart", "detection": "finds"}

PEOPLE = ("sex", "age", "age group", "age_group", "ethnicity", "race")
"""Attributes by which fairness is asked."""


def _kind(record: Record) -> Answer:
    return Answer(
        "in part", f"Deep learning ({network_of(record)}) that {_DOES.get(record.task, 'reads')} {classes_of(record)}."
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
        "in part",
        f"Project {record.project or 'without a name'}: {parts_of(record)}. Origin is for the authors.",
        "data",
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
    return Answer("in part", f"What is labelled: {classes_of(record)}. How it is defined is for the authors.", "data")


def _agreement(record: Record) -> Answer:
    return Answer(
        "open", "Not part of a run's record; medopt agreement measures it where cases have several annotators."
    )


def _partitions(record: Record) -> Answer:
    if not record.cases and not record.subjects:
        return OPEN
    seed = f", seed {record.split_seed}" if record.split_seed is not None else ""
    text = f"{parts_of(record)}; drawn by subject{seed}, stored with a checksum before anything was fitted."
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


def _flow(record: Record) -> Answer:
    results = record.results
    left = 0 if results is None else len(results.left_out)
    text = f"{parts_of(record)}; {count(len(record.not_used) + left, 'case')} left out with reasons."
    return Answer("in part", f"{text} What came before the project is for the authors.", "data")


def _demographics(record: Record) -> Answer:
    people = sorted({plain(group.attribute) for group in record.subgroups if group.attribute.lower() in PEOPLE})
    if people:
        return Answer("in part", f"Measured cases by {listing(people)}.", "subgroups")
    return Answer("open", "The cases carry no sex or age group. For the authors to write.")


def _events(record: Record) -> Answer:
    results = record.results
    if results is None or not results.summary:
        return Answer("in part", f"{parts_of(record)}.", "data")
    return Answer("answered", f"{parts_of(record)}; cases and boxes behind each figure stand beside it.", "scores")


def _predictors(record: Record) -> Answer:
    return Answer(
        "answered", f"The whole image, {listing(record.channels) or 'all channels'}; nothing was selected.", "data"
    )


def _no_assessors(record: Record) -> Answer:
    return Answer("does not apply", "Predictors are the voxels of the image; nobody assesses them.")


def _differences(record: Record) -> Answer:
    if record.external is None:
        text = "Evaluation cases are of the same collection, drawn by subject at random."
        return Answer("in part", text, "data")
    state = "answered" if record.external.grids else "in part"
    return Answer(state, "Classes, intensities, spacing, extent and orientation of both sides.", "external")  # type: ignore[arg-type]


def _fairness(record: Record) -> Answer:
    people = sorted({plain(group.attribute) for group in record.subgroups if group.attribute.lower() in PEOPLE})
    if people:
        return Answer("in part", f"Figures by {listing(people)}.", "subgroups")
    return Answer("open", "The cases carry no sex or age group, so no difference could be looked at.")


def _poor_input(record: Record) -> Answer:
    text = "Images with other channels or a grid that cannot be prepared are refused with the reason."
    return Answer("in part", f"{text} What else is poor input is for the authors.")


OF_DATA: Mapping[str, Callable[[Record], Answer]] = {
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
    "flow": _flow,
    "demographics": _demographics,
    "events": _events,
    "predictors": _predictors,
    "no_assessors": _no_assessors,
    "differences": _differences,
    "fairness": _fairness,
    "poor_input": _poor_input,
}
"""Topic of an item → what the record knows of it."""
