"""The recipe: what, with the data and the seed, repeats the run."""

from __future__ import annotations

from medopt.project import Project
from medopt.report.blocks import Block, Code, Facts, Note, Section
from medopt.report.record import Record


def build(record: Record, project: Project | None) -> Section | None:
    """Network facts and recipe.yaml as it stands."""
    facts = list(record.network)
    if record.parameters is not None:
        facts.append(("parameters", f"{record.parameters:,}"))
    blocks: list[Block] = [Facts([(f"Network {name}" if name != "name" else "Network", v) for name, v in facts])]
    if record.recipe is None:
        blocks.append(Note("recipe.yaml is missing or unreadable, so this run cannot be repeated.", "warning"))
    else:
        blocks.append(Code(record.recipe, "recipe.yaml"))
    return Section("Recipe", "recipe", blocks)
