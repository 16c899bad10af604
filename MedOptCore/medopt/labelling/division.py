"""Which of the labelled cases a round learns from, and which judge it: by subject, and never the test part."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict

from medopt.errors import MedOptError
from medopt.project import Project, Split, load_split
from medopt.project.splitting import split_path

FEWEST_CASES = 3
"""Labelled cases that a round needs."""
FEWEST_SUBJECTS = 2
"""One to learn from and one to judge by."""
VALIDATION_SHARE = 0.2
"""Of the subjects that judge."""
MOST_VALIDATION = 12
"""Subjects that judge, at most: beyond, labels serve better for learning, and every look costs training time."""


def divide_labelled(project: Project, before: Split | None = None, *, seed: int = 1) -> Split:
    """The labelled cases without a flag in a training and an internal validation part; the test part stays as it is.

    Subjects keep the part that they had in ``before``, the round before, so that no model is judged by what it or its
    predecessor learned from; else they keep that of the project's split, where there is one. Of new subjects as many
    judge as are missing to `VALIDATION_SHARE`, at most `MOST_VALIDATION`: first those that show what the part lacks,
    else by chance from ``seed`` and their names. A class that one subject alone has is learned from.

    Subjects of the project's test part are in the division's test part, which no round reads. Raises MedOptError for
    fewer than `FEWEST_CASES` cases outside it, or `FEWEST_SUBJECTS` subjects.
    """
    sealed = project_split(project)
    tested = set() if sealed is None else set(sealed.subjects["test"])
    subject_of = {case.id: case.subject for case in project.cases() if case.labelled and case.flag is None}
    usable = {case: subject for case, subject in subject_of.items() if subject not in tested}
    subjects = set(usable.values())
    if len(usable) < FEWEST_CASES or len(subjects) < FEWEST_SUBJECTS:
        aside = len(subject_of) - len(usable)
        raise MedOptError(
            "too few labelled cases to learn from",
            where=project.folder,
            expected=f"{FEWEST_CASES} or more without a flag, of {FEWEST_SUBJECTS} subjects or more",
            found=f"{len(usable)} of {len(subjects)}" + (f", besides {aside} of the test part" if aside else ""),
            remedy="Label some more cases, and repeat",
        )
    part_of = dict.fromkeys(tested & set(subject_of.values()), "test")
    for source in (before, sealed):
        for part in ("train", "validation") if source is not None else ():
            part_of |= {s: part for s in source.subjects[part] if s in subjects and s not in part_of}  # type: ignore[union-attr]
    _draw(project, usable, part_of, seed)
    return Split.of(subject_of, part_of, seed)


def _draw(project: Project, usable: dict[str, str], part_of: dict[str, str], seed: int) -> None:
    """Give a part to each subject of ``usable`` (case → subject) that has none."""
    shown: dict[str, set[int]] = defaultdict(set)
    values = project.label_values()
    for case, subject in usable.items():
        shown[subject].update(values.get(case, ()))
    new = sorted(set(shown) - set(part_of), key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
    judging = [s for s in shown if part_of.get(s) == "validation"]
    wanted = min(MOST_VALIDATION, max(1, round(VALIDATION_SHARE * len(shown))))
    learned = Counter(value for s in shown if s not in judging for value in shown[s])
    judged = Counter(value for s in judging for value in shown[s])
    free = list(new)
    while len(judging) < wanted and free and len(shown) - len(judging) > 1:
        allowed = [s for s in free if all(learned[value] > 1 for value in shown[s])] or free
        best = min(allowed, key=lambda s: min((judged[value] for value in shown[s]), default=len(shown)))
        free.remove(best)
        judging.append(best)
        judged.update(shown[best])
        learned.subtract(shown[best])
        part_of[best] = "validation"
    part_of |= dict.fromkeys(free, "train")
    if "train" not in {part_of[s] for s in shown}:  # the training subjects of before lost their labels
        part_of[min(judging)] = "train"
    if "validation" not in {part_of[s] for s in shown}:
        part_of[max(s for s in shown)] = "validation"


def project_split(project: Project) -> Split | None:
    """The project's own split; None when it has none. A damaged one is told: its test part must not be learned from."""
    try:
        return load_split(project)
    except MedOptError:
        if split_path(project).is_file():
            raise
        return None
