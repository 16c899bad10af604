"""Reports: one HTML page and a model card, made from the record of a run alone."""

from medopt.report.card import make_card
from medopt.report.files import make_report_files
from medopt.report.record import Record, read_record
from medopt.report.report import make_report

__all__ = ["Record", "make_card", "make_report", "make_report_files", "read_record"]
