from __future__ import annotations

from medopt.project import Finding


def test_a_finding_reads_as_a_sentence() -> None:
    whole = Finding("a", "error", "wrong channels", "t1, t2", "t1", "Add the other")
    assert str(whole) == "a: wrong channels: expected t1, t2, found t1. Add the other"
    assert str(Finding("", "note", "nothing")) == "project: nothing"
