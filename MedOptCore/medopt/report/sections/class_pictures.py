"""The cases in which the model gives the truth least, as pictures."""

from __future__ import annotations

from medopt.errors import MedOptError
from medopt.project import Project
from medopt.report.blocks import Block, CaseBlock, Note, Paragraph, Section
from medopt.report.class_case_pictures import draw_class_case
from medopt.report.record import Record
from medopt.report.text import listing, number, plain, without_folders
from medopt.validation import ClassCase, ClassResults
from medopt.validation.ranking import ranked_classes

SHOWN = 6
"""Cases that are shown."""


def build(record: Record, project: Project | None) -> Section | None:
    """The worst cases with the probability of each class; None without results of classification."""
    if not isinstance(record.results, ClassResults) or not record.results.cases:
        return None
    shown = ranked_classes(record.results)[:SHOWN]
    blocks: list[Block] = [
        Paragraph(
            "The cases in which the model gives what is true the least probability, the worst first. Slices go "
            "through the "
            "middle of the image, in radiological orientation (the patient's right is on the left). The class that the "
            "reference names is in bold."
        )
    ]
    if project is None:
        blocks = [Note("The pictures need the project's images; this report was made from the run's folder alone.")]
    blocks += [_case(record, project, case, place) for place, case in enumerate(shown, 1)]
    return Section("Worst cases", "cases", blocks)


def _case(record: Record, project: Project | None, case: ClassCase, place: int) -> CaseBlock:
    there = listing([plain(name) for name in case.present]) or "none"
    said = listing([plain(name) for name in case.predicted]) or "none"
    facts = [("reference", there), ("predicted", said), ("probability of the truth", number(case.agreement, 3))]
    svg, missing, role = "", "", "Worst" if place == 1 else f"{place}."
    if project is not None:
        try:
            svg = draw_class_case(
                record, project.read_image(case.case), case, f"{case.case}: {there}, predicted {said}"
            )
        except MedOptError as error:
            missing = f"No picture: {plain(without_folders(str(error)), 400)}"
    return CaseBlock(role, plain(case.case), facts, svg, missing)
