"""The sections of the page, each one file, in the order in which they are read."""

from medopt.report.sections.registry import SECTIONS

__all__ = ["SECTIONS"]
