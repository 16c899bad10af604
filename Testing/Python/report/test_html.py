"""Columns that share a head."""

from __future__ import annotations

from medopt.report.blocks import Column
from medopt.report.html import column_groups


def test_neighbours_of_one_group_are_counted_together() -> None:
    columns = [Column("m"), Column("a", group="A"), Column("b", group="A"), Column("c", group="B"), Column("d")]
    assert column_groups(columns) == [("", 1), ("A", 2), ("B", 1), ("", 1)]
    assert column_groups([]) == []
