"""Reporting checklists, filled in as far as the record of a run knows the answer."""

from medopt.report.checklists.filled import CHECKLISTS, Checklist, FilledItem, fill
from medopt.report.checklists.item import Answer, Item

__all__ = ["CHECKLISTS", "Answer", "Checklist", "FilledItem", "Item", "fill"]
