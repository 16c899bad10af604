"""Undos are counted by what the label looks like."""

from MedOptLabelLib.undo_counter import KEPT, UndoCounter


class Time:
    now = 0.0

    def __call__(self):
        self.now += 1
        return self.now


def counted(*states):
    counter = UndoCounter(Time())
    counter.start("a")
    for state in states:
        counter.note(state)
    return counter.count


def test_new_states_are_no_undo():
    assert counted("b", "c", "c", "d") == 0


def test_going_back_counts_and_going_forward_again_does_not():
    assert counted("b", "c", "b") == 1
    assert counted("b", "c", "b", "a") == 2
    assert counted("b", "c", "b", "c") == 1


def test_a_new_change_after_an_undo_forgets_what_was_undone():
    assert counted("b", "c", "b", "d", "c") == 1


def test_steps_of_one_press_count_once():
    counter = UndoCounter(lambda: 5.0)
    counter.start("a")
    for state in ("b", "c", "b", "a"):
        counter.note(state)
    assert counter.count == 1


def test_only_so_many_states_are_kept():
    assert counted(*range(KEPT + 5), "a") == 0


def test_a_new_case_begins_at_zero():
    counter = UndoCounter(Time())
    counter.start("a")
    counter.note("b")
    counter.note("a")
    counter.start("x")
    assert counter.count == 0
