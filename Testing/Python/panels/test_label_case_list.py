"""Filter, order and which case comes next."""

from types import SimpleNamespace

from MedOptLabelLib.case_list import CaseList


def case(name, state="unlabelled", subject="s1", annotator=None, minutes=None):
    return SimpleNamespace(id=name, subject=subject, state=state, annotator=annotator, minutes=minutes)


def listed(*cases):
    found = CaseList()
    found.fill(cases)
    return found


def test_next_is_the_next_open_case_and_goes_round():
    cases = listed(case("a"), case("b", "labelled"), case("c", "flagged"), case("d", "proposed"), case("e", "labelled"))
    assert cases.next(None) == "a"
    assert cases.next("a") == "d"
    assert cases.next("d") == "a"
    assert cases.openCount() == 2


def test_skipped_cases_are_left_out():
    cases = listed(case("a"), case("b"), case("c"))
    cases.skipped.add("b")
    assert cases.next("a") == "c"
    cases.skipped.add("a")
    assert cases.next("c") == "a", "only skipped ones are left: simply the one below"


def test_when_all_are_done_next_is_the_one_below():
    cases = listed(case("a", "labelled"), case("b", "labelled"))
    assert cases.next("a") == "b"
    assert cases.next("b") == "a"


def test_previous_is_the_one_above_and_goes_round():
    cases = listed(case("a"), case("b", "labelled"), case("c"))
    assert cases.previous("c") == "b"
    assert cases.previous("a") == "c"
    assert listed(case("a")).previous("a") == "a"
    assert listed().previous(None) is None


def test_the_filter_wants_every_word_in_any_column():
    cases = listed(case("scan-1", subject="anna", annotator="kim"), case("scan-2", "labelled", subject="anna"))
    cases.setFilter("ANNA labelled")
    assert [row.id for row in cases.shown()] == ["scan-1", "scan-2"], "unlabelled contains labelled"
    cases.setFilter("kim scan")
    assert [row.id for row in cases.shown()] == ["scan-1"]
    cases.setFilter("nothing")
    assert cases.next(None) is None
    assert cases.shown() == []


def test_cells_and_updates():
    cases = listed(case("a"))
    cases.update(case("a", "labelled", annotator="kim", minutes=1.26))
    assert cases.all()[0].cells() == ["a", "s1", "labelled", "kim", "1.3"]
