"""Every caution is told when its reason is there, and none when nothing is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medopt.image import ClassLabel, Geometry
from medopt.project import Case, ClassInfo, Split
from medopt.training.advice.cautions import data_cautions
from medopt.training.advice.facts import ProjectFacts
from medopt.training.advice.samples import CaseSample, ChannelSample, Samples

CLASSES = tuple(ClassInfo(value=v, name=n, color="#ffffff") for v, n in ((1, "Organ"), (2, "Lesion")))
PARTS = {"train": range(0, 24), "validation": range(24, 30), "test": range(30, 42)}


def name(n: int) -> str:
    return f"c{n:02d}"


def facts() -> ProjectFacts:
    made = {n: Case(name(n), name(n), "labelled", Geometry((4, 4, 4)), True, None, None, {}) for n in range(42)}
    part_of = {name(n): part for part, numbers in PARTS.items() for n in numbers}
    split = Split.of({name(n): name(n) for n in made}, part_of, 1)
    training, validation = (tuple(made[n] for n in PARTS[part]) for part in ("train", "validation"))
    return ProjectFacts(
        task="segmentation",
        classes=CLASSES,
        channels=("image",),
        multi_label=False,
        training=training,
        validation=validation,
        split=split,
        subjects={one.id: one.subject for one in made.values()},
        sites={},
        held={one.id: (1, 2) for one in (*training, *validation)},
        duplicates=(),
    )


def seen(values: np.ndarray, *, finite: bool = True, grey: bool = False, case: str = "c00") -> CaseSample:
    channel = ChannelSample(values.astype(np.float32), values[:0].astype(np.float32), False, False, finite)
    return CaseSample(case, (channel,), {}, 64, np.zeros((0, 3)), grey)


SOUND = Samples((seen(np.arange(9)),), {})


def rules(changed: ProjectFacts, samples: Samples = SOUND) -> list[str]:
    return [caution.rule for caution in data_cautions(changed, samples)]


def text(changed: ProjectFacts, rule: str, samples: Samples = SOUND) -> str:
    (found,) = [caution.text for caution in data_cautions(changed, samples) if caution.rule == rule]
    return found


def test_nothing_is_told_of_sound_data() -> None:
    assert rules(facts()) == []


def test_no_split() -> None:
    assert rules(replace(facts(), split=None, validation=())) == ["caution.no_split"]


def test_one_subject() -> None:
    alone = replace(facts(), split=None, validation=(), subjects=dict.fromkeys(facts().subjects, "one"))
    assert rules(alone) == ["caution.one_subject", "caution.no_split"]
    same = tuple(replace(case, subject="one") for case in facts().training)
    assert rules(replace(facts(), training=same)) == ["caution.one_subject"]


@pytest.mark.parametrize(
    ("tests", "expected"),
    [(4, ["caution.no_interval"]), (5, ["caution.few_subjects"]), (9, ["caution.few_subjects"]), (10, [])],
)
def test_few_test_subjects(tests: int, expected: list[str]) -> None:
    part_of = {name(n): part for part, numbers in PARTS.items() for n in list(numbers)[:tests] or numbers}
    part_of |= {name(n): "train" for n in PARTS["train"]}
    split = Split.of({name(n): name(n) for n in range(42)}, part_of, 1)
    assert len(split.test) == tests
    assert rules(replace(facts(), split=split)) == expected


def test_missing_and_unseen_classes() -> None:
    held = dict(facts().held)
    only_organ = dict.fromkeys(held, (1,))
    assert rules(replace(facts(), held=only_organ)) == ["caution.missing_class"]
    assert "Lesion" in text(replace(facts(), held=only_organ), "caution.missing_class")
    unseen = held | {name(n): (1,) for n in PARTS["validation"]}
    assert rules(replace(facts(), held=unseen)) == ["caution.unseen_class"]


def test_one_exclusive_class_alone() -> None:
    only = replace(facts(), task="classification", held={case: ClassLabel((1,)).present for case in facts().held})
    assert rules(only) == ["caution.single_class", "caution.missing_class"]
    assert rules(replace(only, multi_label=True)) == ["caution.missing_class"]


def test_sites_in_one_part_only() -> None:
    sites = {name(n): "A" for n in range(42)}
    assert rules(replace(facts(), sites=sites)) == []
    tests = sites | {name(n): "B" for n in PARTS["test"]}
    assert "Site B is not in the training part" in text(replace(facts(), sites=tests), "caution.sites")
    trained = sites | {name(n): "B" for n in list(PARTS["train"])[:5]}
    assert "Site B is in the training part only" in text(replace(facts(), sites=trained), "caution.sites")


def test_duplicates_are_worst_across_parts() -> None:
    within = replace(facts(), duplicates=((name(1), name(2)),))
    assert "c01 = c02" in text(within, "caution.duplicates")
    across = replace(facts(), duplicates=((name(1), name(2)), (name(3), name(31))))
    told = text(across, "caution.duplicates")
    assert "two parts of the split (c03 = c31)" in told
    assert "c01" not in told


def test_broken_images() -> None:
    flat, broken = seen(np.ones(9)), seen(np.arange(9), finite=False, case="c05")
    assert rules(facts(), Samples((flat, broken), {})) == ["caution.not_finite", "caution.constant"]
    assert text(facts(), "caution.not_finite", Samples((flat, broken), {})).startswith("c05 ")
    many = Samples(tuple(seen(np.ones(9), case=name(n)) for n in range(5)), {})
    assert text(facts(), "caution.constant", many).startswith("5 cases (c00, c01 and c02, …)")
    gone = Samples((), {"c07": "the file is missing"})
    assert "c07: the file is missing" in text(facts(), "caution.unreadable", gone)


def test_grey_pictures_stored_as_colour_are_told_when_all_are() -> None:
    grey, colour = seen(np.arange(9), grey=True), seen(np.arange(9))
    assert rules(facts(), Samples((grey, grey), {})) == ["caution.grey_as_colour"]
    assert rules(facts(), Samples((grey, colour), {})) == []
