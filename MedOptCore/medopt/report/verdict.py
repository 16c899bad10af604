"""The head of the report: the one figure, and what it means in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from medopt.report.ranking import ranked_cases
from medopt.report.record import Record
from medopt.report.text import NONE, count, duration, interval, listing, network_title, number, plain
from medopt.validation import MEAN, Results

POOR = 0.5
"""Cases whose mean Dice lies below this are counted as failures in the summary: less than half overlaps."""

_WHOSE = {
    "test": "test subjects, whom it never saw",
    "validation": "validation subjects, by whom the weights were chosen",
    "train": "training subjects, on whom it learned",
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
        return Headline(NONE, "", "Dice", "not measured yet", (), _unmeasured(record))
    row = results.row(MEAN, "dice")
    names = [plain(s.name) for s in results.structures]
    structures = []
    for structure in results.structures:
        own = results.row(structure.name, "dice")
        structures.append(
            StructureFigure(
                plain(structure.name),
                record.look_of(structure.name).color,
                number(own.estimate, 2),
                interval(own.low, own.high, 2),
            )
        )
    return Headline(
        number(row.estimate, 2),
        interval(row.low, row.high, 2),
        f"mean Dice over {listing(names)}" if 1 < len(names) <= 4 else "mean Dice" if len(names) > 1 else "Dice",
        (f"with {100 * results.settings.bootstrap.level:g} % interval, " if row.low is not None else "")
        + f"n = {count(row.n_subjects, 'subject')}"
        + (f", {count(row.n, 'case')}" if row.n != row.n_subjects else ""),
        tuple(structures) if len(structures) > 1 else (),
        tuple(_sentences(record, results)),
    )


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


def _sentences(record: Record, results: Results) -> list[str]:
    row = results.row(MEAN, "dice")
    whose = _WHOSE.get(results.subset, f"subjects of the part “{plain(results.subset)}”")
    sentences = [f"{_trained(record)} and measured on {row.n_subjects} {whose}."]
    if row.low is None:
        sentences.append(f"There is no interval: {plain(row.note) or 'it was not computed'}.")
    if record.gap is not None:
        gap = record.gap
        rule = re.sub(r"(?<![\w.])-(?=\d)", "−", plain(gap.rule))
        sentences.append(f"Against the training cases: {gap.verdict} ({rule}).")
    elif results.subset != "train":
        sentences.append("Whether it overfits is open until the training cases are measured too.")
    ranked = ranked_cases(results)
    if ranked:
        poor = [item for item in ranked if item.dice < POOR]
        below = f"{count(len(poor), 'case')} of {len(ranked)}" if poor else "No case"
        lie = "lies" if len(poor) <= 1 else "lie"
        sentences.append(
            f"{below} {lie} below {POOR}; the worst is {ranked[0].case} with {number(ranked[0].dice, 2)}, "
            f"the best {ranked[-1].case} with {number(ranked[-1].dice, 2)}."
        )
    if results.left_out:
        sentences.append(f"Not in these figures: {count(len(results.left_out), 'case')} that could not be measured.")
    return sentences
