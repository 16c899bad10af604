"""The head of the report: the one figure, and what it means in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from medopt.report.ranking import ranked_cases
from medopt.report.record import Record
from medopt.report.text import NONE, count, duration, interval, listing, network_title, number, plain
from medopt.validation import MEAN, AnyResults, BoxResults, ClassResults, Results
from medopt.validation.external.record import ExternalRecord

POOR = 0.5
"""Cases whose mean Dice lies below this are counted as failures in the summary: less than half overlaps."""

SURELY_WRONG = 0.1
"""Cases in which the model gives what is true less than this are counted in the summary."""

_WHOSE = {
    "test": "test subjects, whom it never saw",
    "validation": "validation subjects, by whom the weights were chosen",
    "train": "training subjects, on whom it learned",
    "out-of-fold": "subjects, each by the model that never saw it",
    "external": "subjects of another project",
}


@dataclass(frozen=True)
class StructureFigure:
    """The main figure of one structure."""

    name: str
    color: str
    value: str
    interval: str


@dataclass(frozen=True)
class Headline:
    """The main figure and the sentences below it; ``value`` is "–" when nothing was measured."""

    value: str
    interval: str
    of_what: str
    n: str
    structures: Sequence[StructureFigure] = field(default=())
    sentences: Sequence[str] = field(default=())


def headline(record: Record) -> Headline:
    """The head of the report of a run."""
    results = record.results
    if results is None or not results.cases:
        return Headline(NONE, "", main_title(record), "not measured yet", (), _unmeasured(record))
    metric = results.main_metric
    row = results.row(MEAN, metric)
    names = [plain(s.name) for s in results.structures]
    structures = []
    for structure in results.structures:
        own = results.row(structure.name, metric)
        structures.append(
            StructureFigure(
                plain(structure.name),
                record.look_of(structure.name).color,
                number(own.estimate, 2),
                interval(own.low, own.high, 2),
            )
        )
    title = main_title(record)
    mean = f"mean {title}" if metric != "ap50" else title
    digits = 2 if metric == "dice" else 3
    return Headline(
        number(row.estimate, digits),
        interval(row.low, row.high, digits),
        f"{mean} over {listing(names)}" if 1 < len(names) <= 4 else mean if len(names) > 1 else title,
        (f"with {100 * results.settings.bootstrap.level:g} % interval, " if row.low is not None else "")
        + f"n = {count(row.n_subjects, 'subject')}"
        + (f", {count(row.n, 'case')}" if row.n != row.n_subjects else "")
        + (f", {count(row.n_boxes, 'box', 'boxes')}" if row.n_boxes is not None else ""),
        tuple(structures) if len(structures) > 1 else (),
        tuple(_sentences(record, results)),
    )


def main_title(record: Record) -> str:
    """What the task's main figure is called, as a mean over classes."""
    return {"classification": "AUROC", "detection": "mAP50"}.get(record.task, "Dice")


def _unmeasured(record: Record) -> tuple[str, ...]:
    sentences = [_trained(record) + ".", "Nothing is known yet of its quality on subjects that it never saw."]
    if record.best is not None:
        sentences.append(
            f"During training the best mean {record.best.title} on the validation part was "
            f"{number(record.best.value, 3)}; it chose the weights and is no estimate for new subjects."
        )
    return (*sentences, "Measure the run with: medopt validate PROJECT")


def _trained(record: Record) -> str:
    network = network_title(dict(record.network).get("name", "network"))
    size = f" with {record.parameters:,} parameters" if record.parameters else ""
    people = f" on {count(record.subjects['train'], 'subject')}" if "train" in record.subjects else ""
    amount = f" for {duration(record.seconds_trained)}" if record.seconds_trained else ""
    return f"A {network}{size} was trained{people}{amount}"


def _sentences(record: Record, results: AnyResults) -> list[str]:
    row = results.row(MEAN, results.main_metric)
    whose = _WHOSE.get(results.subset, f"subjects of the part “{plain(results.subset)}”")
    sentences = [f"{_trained(record)} and measured on {row.n_subjects} {whose}."]
    if row.low is None:
        sentences.append(f"There is no interval: {plain(row.note) or 'it was not computed'}.")
    if row.without:
        sentences.append(f"Left out of the mean, since nothing there can be told: {listing(row.without)}.")
    if record.gap is not None:
        gap = record.gap
        rule = re.sub(r"(?<![\w.])-(?=\d)", "−", plain(gap.rule))
        sentences.append(f"Against the training cases: {gap.verdict} ({rule}).")
    elif record.external is not None:
        sentences += _change(record.external)
    elif results.subset not in ("train", "out-of-fold"):
        sentences.append("Whether it overfits is open until the training cases are measured too.")
    if isinstance(results, ClassResults):
        sentences += _of_classes(results)
    elif isinstance(results, BoxResults):
        sentences += _of_boxes(results)
    else:
        sentences += _of_masks(results)
    if results.left_out:
        sentences.append(f"Not in these figures: {count(len(results.left_out), 'case')} that could not be measured.")
    return sentences


def _change(external: ExternalRecord) -> list[str]:
    """How the main figure, the mean of the first metric, differs from that on the model's own unseen subjects."""
    row = next((row for row in external.changes if row.structure == MEAN), None)
    if row is None:
        return []
    told = f"{number(row.difference, 3)} {interval(row.low, row.high, 3)}".strip()
    return [f"Against its own unseen subjects: {row.change} ({told})."]


def _of_masks(results: Results) -> list[str]:
    ranked = ranked_cases(results)
    if not ranked:
        return []
    poor = [item for item in ranked if item.dice < POOR]
    below = f"{count(len(poor), 'case')} of {len(ranked)}" if poor else "No case"
    lie = "lies" if len(poor) <= 1 else "lie"
    return [
        f"{below} {lie} below {POOR}; the worst is {ranked[0].case} with {number(ranked[0].dice, 2)}, "
        f"the best {ranked[-1].case} with {number(ranked[-1].dice, 2)}."
    ]


def _of_classes(results: ClassResults) -> list[str]:
    right = sum(case.right for case in results.cases)
    sure = [case for case in results.cases if not case.right and case.agreement < SURELY_WRONG]
    sentences = [f"{right} of {count(len(results.cases), 'case')} are classified right."]
    if sure:
        sentences.append(
            f"In {count(len(sure), 'case')} the model is surely wrong: it gives what is true less than "
            f"{100 * SURELY_WRONG:g} %."
        )
    return sentences


def _of_boxes(results: BoxResults) -> list[str]:
    row = results.row(MEAN, "sensitivity_fp1")
    boxes = sum(case.number("found") + case.number("missed") for case in results.cases)
    missed = sum(case.number("missed") for case in results.cases)
    sentences = [f"{missed} of {count(boxes, 'box', 'boxes')} are found at no score at all."]
    if row.estimate is not None:
        sentences.insert(
            0, f"At one false box an image it finds {100 * row.estimate:.0f} % of the boxes, as a mean over classes."
        )
    return sentences
