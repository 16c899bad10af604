"""What about the data no recipe mends: told beside the advice, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from medopt.training.advice.facts import ProjectFacts
from medopt.training.advice.records import Caution
from medopt.training.advice.samples import Samples

FEW_TEST_SUBJECTS = 10
"""Subjects of the test part below which an interval says little."""
FEWEST_FOR_INTERVAL = 5
"""Below it validation refuses to tell an interval."""
NAMED = 3
"""Cases that a sentence names; more are counted."""


def data_cautions(facts: ProjectFacts, samples: Samples) -> list[Caution]:
    """Everything that the catalogue and the look into the images give reason to say."""
    found = [
        *_images(samples),
        *_duplicates(facts),
        *_subjects(facts),
        *_classes(facts),
        *_sites(facts),
    ]
    if facts.split is None:
        text = "There is no split yet, so all labelled cases were looked at. Make one before training: medopt split"
        found.append(Caution(text, {"cases": len(facts.training)}, "caution.no_split"))
    return found


def _images(samples: Samples) -> Iterator[Caution]:
    if samples.unreadable:
        name, error = next(iter(samples.unreadable.items()))
        text = f"{_cases(samples.unreadable)} cannot be read and would be left out. {name}: {error}"
        yield Caution(text, {"cases": len(samples.unreadable)}, "caution.unreadable")
    broken = [case.case for case in samples.cases if any(not c.finite for c in case.channels)]
    if broken:
        text = f"{_cases(broken)} hold voxels that are NaN or infinite and would be left out. Replace these voxels"
        yield Caution(text, {"cases": len(broken)}, "caution.not_finite")
    flat = [case.case for case in samples.cases if any(c.constant for c in case.channels)]
    if flat:
        text = f"{_cases(flat)} are constant in a channel: nothing can be learned there. Flag or export them again"
        yield Caution(text, {"cases": len(flat), "looked_at": len(samples.cases)}, "caution.constant")
    grey = [case.case for case in samples.cases if case.grey]
    if samples.cases and len(grey) == len(samples.cases):
        text = "All pictures looked at are grey, stored as colour: three equal channels teach nothing more than one"
        yield Caution(text, {"looked_at": len(grey)}, "caution.grey_as_colour")


def _duplicates(facts: ProjectFacts) -> Iterator[Caution]:
    if not facts.duplicates:
        return
    part_of = {}
    if facts.split is not None:
        part_of = {case: part for part in ("train", "validation", "test") for case in facts.split.part(part)}
    across = [group for group in facts.duplicates if len({part_of.get(case) for case in group} - {None}) > 1]
    figures = {"groups": len(facts.duplicates), "across_parts": len(across)}
    names = "; ".join(" = ".join(group[:NAMED]) for group in (across or facts.duplicates)[:NAMED])
    if across:
        text = f"The same image stands in two parts of the split ({names}), which flatters. Flag one of each, then"
        yield Caution(f"{text} medopt split --replace", figures, "caution.duplicates")
    else:
        text = f"The same image twice ({names}). Flag one of each"
        yield Caution(text, figures, "caution.duplicates")


def _subjects(facts: ProjectFacts) -> Iterator[Caution]:
    subjects = facts.all_subjects
    if subjects == 1:
        text = "There is one labelled subject: a model would learn it by heart, and nothing tells how it does on others"
        yield Caution(text, {"subjects": 1}, "caution.one_subject")
        return
    if facts.training_subjects == 1:
        text = "The training part holds one subject: a model would learn it by heart. Label more subjects"
        yield Caution(text, {"subjects": subjects, "training_subjects": 1}, "caution.one_subject")
    test = len(facts.split.subjects["test"]) if facts.split else None
    judged = subjects if test is None else test
    figures = {"subjects": subjects, "judged": judged}
    where = "labelled subjects" if test is None else "test subjects"
    if judged < FEWEST_FOR_INTERVAL:
        text = f"{judged} {where} are too few for an interval: it is refused below {FEWEST_FOR_INTERVAL}. Use the folds"
        yield Caution(text, figures, "caution.no_interval")
    elif judged < FEW_TEST_SUBJECTS:
        text = f"{judged} {where} give a wide interval. Cross-validation judges every subject"
        yield Caution(text, figures, "caution.few_subjects")


def _classes(facts: ProjectFacts) -> Iterator[Caution]:
    counts = facts.class_cases()
    names = {info.value: info.name for info in facts.classes}
    if facts.task == "classification" and not facts.multi_label:
        met = [names[value] for value, count in counts.items() if count]
        if len(met) == 1:
            text = f"Every training image shows {met[0]}: with exclusive classes there is nothing to tell apart"
            yield Caution(text, {"cases": len(facts.training)}, "caution.single_class")
    missing = [names[value] for value, count in counts.items() if not count]
    if missing:
        text = f"No training case shows {_list(missing)}: it cannot be learned. Label some or remove the class"
        yield Caution(text, {"classes": len(missing), "cases": len(facts.training)}, "caution.missing_class")
    if facts.validation:
        held = {value for case in facts.validation for value in facts.held.get(case.id, ())}
        unseen = [names[value] for value, count in counts.items() if count and value not in held]
        if unseen:
            text = f"No validation case shows {_list(unseen)}: the best checkpoint is chosen without it"
            yield Caution(text, {"cases": len(facts.validation)}, "caution.unseen_class")


def _sites(facts: ProjectFacts) -> Iterator[Caution]:
    if facts.split is None or len(set(facts.sites.values())) < 2:
        return
    parts: dict[str, set[str]] = {}
    for part in ("train", "validation", "test"):
        for case in facts.split.part(part):
            if case in facts.sites:
                parts.setdefault(facts.sites[case], set()).add(part)
    figures: Mapping[str, int] = {"sites": len(parts)}
    outside = sorted(site for site, seen in parts.items() if "train" not in seen)
    if outside:
        text = f"Site {_list(outside)} is not in the training part: results there tell of an unseen site"
        yield Caution(text, figures, "caution.sites")
    inside = sorted(site for site, seen in parts.items() if seen == {"train"})
    if inside:
        text = f"Site {_list(inside)} is in the training part only: how a model does there is not judged"
        yield Caution(text, figures, "caution.sites")


def _cases(names: Sequence[str] | Mapping[str, object]) -> str:
    listed = list(names)
    return f"{_list(listed)}" if len(listed) <= NAMED else f"{len(listed)} cases ({_list(listed[:NAMED])}, …)"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
