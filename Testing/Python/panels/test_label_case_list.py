"""Filter, order and which case comes next."""

from types import SimpleNamespace

from MedOptLabelLib.case_list import CaseList


def case(name, state="unlabelled", subject="s1", annotator=None, minutes=None, confidence=None, leased=None):
    return SimpleNamespace(
        id=name,
        subject=subject,
        state=state,
        annotator=annotator,
        minutes=minutes,
        confidence=confidence,
        leased_to=leased,
    )


def listed(*cases, me="me"):
    found = CaseList()
    found.fill(cases, me)
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
    assert cases.all()[0].cells() == ["a", "s1", "unlabelled", "", "", ""]
    cases.update(case("a", "labelled", annotator="kim", minutes=1.26, confidence=0.871))
    assert cases.all()[0].cells() == ["a", "s1", "labelled", "0.87", "kim", "1.3"]


def test_what_somebody_else_has_is_told_found_and_passed_over():
    cases = listed(case("a", leased="kim"), case("b", leased="me"), case("c"))
    assert cases.all()[0].cells()[2] == "unlabelled, with kim now"
    assert cases.all()[1].cells()[2] == "unlabelled", "what is mine needs no word"
    assert cases.next(None) == "b"
    assert cases.previous("b") == "c"
    cases.setFilter("kim")
    assert [row.id for row in cases.shown()] == ["a"]


def test_leases_come_and_go():
    cases = listed(case("a", leased="kim"), case("b"))
    assert cases.setLeases({"b": "lee", "a": "me"}, "me")
    assert [row.leasedTo for row in cases.all()] == ["", "lee"]
    assert not cases.setLeases({"b": "lee", "a": "me"}, "me"), "nothing new"
    assert cases.setLeases({}, "me")
    assert [row.leasedTo for row in cases.all()] == ["", ""]
