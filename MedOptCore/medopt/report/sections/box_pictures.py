"""The cases with most missed and false boxes, and one in which all were found, as pictures."""

from __future__ import annotations

from medopt.errors import MedOptError
from medopt.project import Project
from medopt.report.blocks import Block, CaseBlock, Legend, Note, Paragraph, Section
from medopt.report.box_case_pictures import LINES, draw_box_case, read_boxes
from medopt.report.record import Record
from medopt.report.text import NONE, number, plain, without_folders
from medopt.validation import BoxResults
from medopt.validation.ranking import OPERATING_SCORE, RankedBoxes, ranked_boxes

SHOWN = 4
"""Worst cases that are shown, beside the median and the best one."""


def build(record: Record, project: Project | None) -> Section | None:
    """Worst, median and best cases with their boxes; None without results of detection."""
    if not isinstance(record.results, BoxResults) or not record.results.cases:
        return None
    blocks: list[Block] = [
        Paragraph(
            f"Predicted boxes that score at least {OPERATING_SCORE}, with their scores, beside those of the reference. "
            "Volumes are cut through the missed box, or else through the surest false one. Point at a picture, "
            "tap it or "
            "reach it with the tab key to hide the boxes."
        ),
        Legend([(s.name, s.look.color) for s in record.structures], LINES),
    ]
    if project is None:
        blocks = [Note("The pictures need the project's images; this report was made from the run's folder alone.")]
    blocks += [_case(record, project, role, item) for role, item in shown_boxes(record.results)]
    return Section("Worst, median and best cases", "cases", blocks)


def shown_boxes(results: BoxResults) -> list[tuple[str, RankedBoxes]]:
    """(role, case), the worst first, each case once; of equal best ones that with most boxes."""
    ranked = ranked_boxes(results)
    least = (ranked[-1].missed, ranked[-1].false)
    best = max((r for r in ranked if (r.missed, r.false) == least), key=lambda r: (r.found, r.case.case))
    wanted = [("Worst" if n == 0 else f"{n + 1}.", item) for n, item in enumerate(ranked[:SHOWN])]
    wanted += [("Median", ranked[(len(ranked) - 1) // 2]), ("Best", best)]
    shown: dict[str, tuple[str, RankedBoxes]] = {}
    for role, item in wanted:
        shown.setdefault(item.case.case, (role, item))
    return list(shown.values())


def _case(record: Record, project: Project | None, role: str, item: RankedBoxes) -> CaseBlock:
    facts = [("boxes", str(item.found + item.missed)), ("found", str(item.found)), ("missed", str(item.missed))]
    facts += [("false", str(item.false)), ("mean IoU", number(item.mean_iou, 2) if item.found else NONE)]
    svg, missing = "", ""
    if project is not None:
        try:
            image, boxes = read_boxes(project, record, item.case)
            svg = draw_box_case(image, boxes, f"{role} case {item.case.case}: {item.missed} missed, {item.false} false")
        except MedOptError as error:
            missing = f"No picture: {plain(without_folders(str(error)), 400)}"
    return CaseBlock(role, plain(item.case.case), facts, svg, missing)
