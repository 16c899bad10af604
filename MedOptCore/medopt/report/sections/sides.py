"""Does it overfit? Training, validation and test side by side, with the rule and where it is from."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Cell, Column, Facts, Note, Paragraph, Section, Table
from medopt.report.record import Record
from medopt.report.text import count, interval, metric_digits, metric_title, metric_value, number, plain
from medopt.validation.overfitting import GOOD, GOOD_OTHERWISE, LARGE_GAP

_WORDS = {
    "fits": "The model fits: it is about as good on subjects that it never saw.",
    "overfits": "The model overfits: it is clearly better on the subjects that it learned from.",
    "underfits": "The model underfits: it is not good even on the subjects that it learned from.",
    "too few cases to tell": "There are too few cases to tell whether the model overfits.",
}

_USE = {"train": "learned from", "validation": "chose the weights", "test": "never seen"}


def build(record: Record, project: Project | None) -> Section | None:
    """The table of parts, the gaps and the verdict; None where no part of a split was measured."""
    sides = record.sides
    if sides is None:
        return None
    metric, digits = sides.metric, metric_digits(sides.metric)
    columns = [Column("Part"), Column("Used"), Column(metric_title(metric), True), Column("interval", True)]
    columns += [Column("cases", True), Column("subjects", True), Column("gap to training", True)]
    gaps = dict(sides.gaps)
    rows = []
    for side in sides.sides:
        gap = gaps.get(side.part)
        told = "" if gap is None else f"{number(gap.gap, digits)} {interval(gap.low, gap.high, digits)}".strip()
        rows.append(
            [
                Cell(side.part),
                Cell(_USE[side.part]),
                Cell(metric_value(metric, side.row.estimate)),
                Cell(interval(side.row.low, side.row.high, digits) or "none"),
                Cell(str(side.row.n)),
                Cell(str(side.row.n_subjects)),
                Cell(told),
            ]
        )
    caption = (
        f"Mean {metric_title(metric)} of whole cases without augmentation, with intervals over subjects. A gap above 0 "
        "means that training cases fare better."
    )
    blocks: list[Block] = [Table(columns, rows, caption)]
    verdict = sides.verdict
    if verdict is None:
        missing = "training" if "train" not in [side.part for side in sides.sides] else "test"
        part = "train" if missing == "training" else "test"
        remedy = f"medopt validate PROJECT --subset {part}"
        blocks.append(Note(f"No verdict on overfitting: the {missing} cases were not measured ({remedy})."))
    else:
        blocks.insert(0, Paragraph(f"{_WORDS[verdict.verdict]} {_sentence(verdict.rule)}"))
        blocks.append(Facts([("Rule", _rule(metric)), ("Source", _SOURCE)]))
    if record.looks is not None:
        whole, own = record.looks
        times = f"{count(whole, 'look')} at the test subjects of this project so far, {own} of this run"
        blocks.append(Facts([("Sealed test subjects", f"{times}, this one included")]))
        if whole > 1:
            blocks.append(
                Note(
                    "Whoever chooses between models by repeated looks at the test subjects makes the best figure too "
                    "good (Cawley & Talbot, JMLR 2010). Tell the number of looks."
                )
            )
    return Section("Fit", "fit", blocks)


_SOURCE = (
    "Goodfellow, Bengio & Courville, Deep Learning (2016), 5.2: underfitting is too high an error on training data, "
    "overfitting too large a gap between training and test error. Intervals in place of bare means are this project's."
)


def _rule(metric: str) -> str:
    good = GOOD.get(metric, GOOD_OTHERWISE)
    return (
        f"Fewer than five subjects on a side: too few to tell. Interval of the training mean below {good:g}: "
        f"underfits. Interval of the gap above {LARGE_GAP:g}: overfits; at or below it: fits. Else too few to tell."
    )


def _sentence(rule: str) -> str:
    text = plain(rule)
    return text[:1].upper() + text[1:] + "."
