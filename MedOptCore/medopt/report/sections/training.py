"""How the training went."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Facts, FigureBlock, Note, Section
from medopt.report.figures import FIGURES, to_svg
from medopt.report.record import Record
from medopt.report.text import count, duration, number

_STATES = {
    "running": "The run was still being trained when this report was made.",
    "stopped": "The training was stopped before its planned end; it can be resumed.",
    "failed": "The training ended with an error.",
}


def build(record: Record, project: Project | None) -> Section | None:
    """Learning curves and the amount of training, with warnings and the cases that were left out."""
    blocks: list[Block] = []
    if record.state in _STATES:
        blocks.append(Note(_STATES[record.state], "warning"))
    drawing = FIGURES["learning-curves"].draw(record)
    if drawing is None:
        blocks.append(Note("The run's events hold no learning curve: events.jsonl is missing, empty or damaged."))
    else:
        svg = to_svg(drawing, "learning-curves", for_page=True)
        blocks.append(FigureBlock(svg, drawing.caption, FIGURES["learning-curves"].title, "learning-curves"))
    facts = [("Trained for", f"{duration(record.seconds_trained)}, {count(record.steps, 'step')}")]
    if record.best is not None:
        at = f" at step {record.best_step:,}" if record.best_step is not None else ""
        facts.append(("Best validation", f"mean {record.best.title} {number(record.best.value, 3)}{at}"))
    if record.history.sessions > 1:
        facts.append(("Sessions", f"{record.history.sessions} (resumed {count(record.history.sessions - 1, 'time')})"))
    blocks.append(Facts(facts))
    blocks += [Note(text, "warning") for text in record.warnings]
    blocks += [Note(f"{case} was not used in training: {why}", "warning") for case, why in record.not_used[:20]]
    return Section("Training", "training", blocks)
