"""From sections to one HTML file that needs nothing else: no scripts, no fonts, nothing from the network."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby

from medopt.report.blocks import Column, Section
from medopt.report.record import Record
from medopt.report.verdict import headline

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of the page: even a hostile name in a record could load or run nothing."""


def render_page(record: Record, sections: Sequence[Section]) -> str:
    """The page; every text is escaped, only SVG drawn by this room goes in as it is."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    here = files("medopt.report")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["drawn"] = Markup
    environment.filters["grouped"] = column_groups
    template = environment.from_string((here / "template.html.j2").read_text(encoding="utf-8"))
    return template.render(
        record=record,
        head=headline(record),
        sections=sections,
        policy=POLICY,
        css=Markup((here / "style.css").read_text(encoding="utf-8")),
    )


def column_groups(columns: Sequence[Column]) -> list[tuple[str, int]]:
    """(group, how many neighbouring columns share it), in order."""
    return [(group, sum(1 for _ in members)) for group, members in groupby(columns, key=lambda column: column.group)]
