"""The best, the median and the worst case as pictures."""

from __future__ import annotations

from medopt.errors import MedOptError
from medopt.metrics import METRICS
from medopt.project import Project
from medopt.report.blocks import Block, CaseBlock, Legend, Note, Paragraph, Section
from medopt.report.case_pictures import draw_case, read_case
from medopt.report.ranking import RankedCase, shown_cases
from medopt.report.record import Record
from medopt.report.text import metric_value, number, plain, without_folders
from medopt.validation import Results

_BESIDE = ("nsd", "hd95_mm")
"""Metrics that stand beside Dice under a picture."""


def build(record: Record, project: Project | None) -> Section | None:
    """Three cases with outlines; a note in place of a picture that cannot be made; None without results of
    segmentation."""
    if not isinstance(record.results, Results) or not record.results.cases:
        return None
    shown = shown_cases(record.results)
    blocks: list[Block] = [
        Paragraph(
            "Slices through the structures at true proportions, in radiological orientation (the patient's right is on "
            "the left). Where the lines coincide, only the dashed one is seen. Point at a picture, tap it or reach it "
            "with the tab key to hide the outlines."
        ),
        Legend([(s.name, s.look.color) for s in record.structures]),
    ]
    if project is None:
        blocks = [Note("The pictures need the project's images; this report was made from the run's folder alone.")]
    blocks += [_case(record, project, role, item) for role, item in shown]
    return Section("Best, median and worst case", "cases", blocks)


def _case(record: Record, project: Project | None, role: str, item: RankedCase) -> CaseBlock:
    svg, missing = "", ""
    if project is not None:
        try:
            volumes = read_case(project, record, item.case)
            svg = draw_case(volumes, record.structures, f"{role} case {item.case}, Dice {number(item.dice, 2)}")
        except MedOptError as error:
            missing = f"No picture: {plain(without_folders(str(error)), 400)}"
    return CaseBlock(role, item.case, _facts(record, item), svg, missing)


def _facts(record: Record, item: RankedCase) -> list[tuple[str, str]]:
    facts = [("mean Dice", number(item.dice, 3))]
    if not isinstance(record.results, Results):
        return facts
    scores = [s for s in record.results.cases if s.case == item.case]
    if len(scores) == 1:
        facts = [("Dice", number(item.dice, 3))]
    elif len(scores) <= 4:
        facts += [(plain(s.structure), number(s.value("dice"), 3)) for s in scores]
    for metric in _BESIDE:
        values = [v for v in (s.value(metric) for s in scores) if v is not None]
        if values and metric in METRICS:
            worst = min(values) if METRICS[metric].higher_is_better else max(values)
            unit = f" {METRICS[metric].unit}" if METRICS[metric].unit else ""
            prefix = "worst " if len(values) > 1 else ""
            facts.append((prefix + METRICS[metric].title, metric_value(metric, worst) + unit))
    return facts
