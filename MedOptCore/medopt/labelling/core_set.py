"""The core set: the few cases to label first, from which a starter model learns most; chosen from the images alone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from medopt.errors import MedOptError
from medopt.events import Reporter
from medopt.files import read_json, write_json
from medopt.labelling.coverage import Method, Pick, cover, mean_distance, near_duplicates
from medopt.labelling.embeddings import Embeddings, embed_cases
from medopt.labelling.pool import pool
from medopt.project import Case, Project
from medopt.settings import Settings

FORMAT: Literal[1] = 1

SAME = 0.01
"""Difference of two low-resolution pictures, intensities from 0 to 1, below which a case repeats another one. The same
image stored anew with other intensities and 3 % noise differs by less; of 195 different hippocampi no two do."""

LEAST, SHARE, MOST = 5, 0.1, 40
"""Cases of a core set when no count is asked: a tenth of the cohort, within these bounds."""

UNKNOWN = "unknown"
"""The stratum of cases that lack an attribute."""


class ChosenCase(Settings):
    """A case of the core set and why it is in it; ``added`` by the user, or chosen."""

    case: str
    reason: str
    added: bool = False


class Repeated(Settings):
    """A case that was passed over since its image repeats another one's."""

    case: str
    of: str


class CoreSet(Settings):
    """What stands in ``labelling/core_set.json``: the cases to label first, in this order."""

    format: Literal[1] = FORMAT
    count: int = Field(ge=0, description="cases asked for; those that the user added come on top")
    method: Method = "facility-location"
    strata: tuple[str, ...] = Field(default=(), description="attributes whose values get seats in proportion")
    seed: int = 1
    cases: tuple[ChosenCase, ...] = ()
    dropped: tuple[str, ...] = Field(default=(), description="cases that the user does not want in it")
    repeated: tuple[Repeated, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> CoreSet:
        names = [one.case for one in self.cases]
        if len(set(names)) != len(names):
            raise ValueError("a case stands in the core set twice")
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """The cases in the order in which they should be labelled."""
        return tuple(one.case for one in self.cases)


@dataclass(frozen=True)
class Coverage:
    """How well the core set stands for the cohort: mean distances of a case to the nearest labelled or chosen one.

    ``random`` is the mean over ``draws`` random choices as large; distances are those of `Embeddings.points`, where
    two unrelated cases are about 3 apart. None without a case.
    """

    cases: int
    chosen: float | None
    random: float | None
    draws: int


def core_set_path(project: Project) -> Path:
    """``labelling/core_set.json`` in the project."""
    return project.folder / "labelling" / "core_set.json"


def load_core_set(project: Project) -> CoreSet | None:
    """The core set of the project, None when none was chosen; MedOptError for a damaged file."""
    path = core_set_path(project)
    return CoreSet.parse(read_json(path), path) if path.is_file() else None


def save_core_set(project: Project, core_set: CoreSet) -> None:
    """Write the core set in place of an earlier one, atomically."""
    write_json(core_set_path(project), core_set.model_dump(mode="json"))


def default_count(cases: int) -> int:
    """A tenth of the cohort, at least 5 and at most 40; never more than there are."""
    return min(cases, max(LEAST, min(MOST, round(SHARE * cases))))


def choose_core_set(
    project: Project,
    count: int | None = None,
    *,
    strata: Sequence[str] = (),
    method: Method = "facility-location",
    seed: int = 1,
    added: Sequence[str] = (),
    dropped: Collection[str] = (),
    reporter: Reporter | None = None,
) -> tuple[CoreSet, Embeddings]:
    """Choose the cases to label first, and give the descriptors that the choice rests on. Nothing is written.

    Parameters
    ----------
    count : cases, without those in ``added``; by default `default_count`
    strata : attributes such as site or scanner; each combination of their values gets seats in proportion to its cases
    added : cases that must be in it; they come first and cover what is near them
    dropped : cases that must not be in it; they are covered all the same

    Cases with a label cover what is near them already and are not chosen. Cases of test subjects and flagged ones are
    neither chosen nor covered: a starter model must not learn from them. Of images that repeat each other only the
    first may be chosen. The same images, labels and arguments give the same choice.

    Raises MedOptError for a count below 0, an attribute that no case has, a case that is unknown, flagged or of the
    test part, one that is both added and dropped, and when no image can be read.
    """
    cohort = {case.id: case for case in pool(project)}
    if count is not None and count < 0:
        raise MedOptError("wrong size of a core set", expected="0 cases or more", found=str(count))
    _check_names(project, cohort, added, dropped)
    _check_strata(cohort.values(), strata)
    embeddings = embed_cases(project, list(cohort), reporter=reporter)
    if cohort and not embeddings.cases:
        raise MedOptError("no image can be read", where=project.folder, remedy="See: medopt check")
    place = {case: row for row, case in enumerate(embeddings.cases)}
    labelled = [place[case] for case in embeddings.cases if cohort[case].labelled]
    repeated = near_duplicates(embeddings.pictures(), embeddings.fingerprints, SAME)
    asked = default_count(len(embeddings.cases)) if count is None else count
    first = [case for case in dict.fromkeys(added) if case in place]
    banned = {place[case] for case in dropped if case in place} | set(repeated) | set(labelled)
    twins = {row for row, of in repeated.items() if of in labelled} | {
        of for row, of in repeated.items() if row in labelled
    }
    groups = [_stratum(cohort[case], strata) for case in embeddings.cases]
    picks = cover(
        embeddings.points(),
        asked,
        method=method,
        strata=groups,
        allowed=[row not in banned and row not in twins for row in range(len(place))],
        given=[*labelled, *(place[case] for case in first)],
        seed=seed,
    )
    chosen = [ChosenCase(case=case, reason="added by hand", added=True) for case in first]
    chosen += [
        ChosenCase(case=embeddings.cases[p.row], reason=_reason(p, method, groups[p.row], embeddings)) for p in picks
    ]
    passed = [Repeated(case=embeddings.cases[row], of=embeddings.cases[of]) for row, of in sorted(repeated.items())]
    result = CoreSet(
        count=asked,
        method=method,
        strata=tuple(strata),
        seed=seed,
        cases=tuple(chosen),
        dropped=tuple(sorted(set(dropped))),
        repeated=tuple(passed),
    )
    return result, embeddings


def edit_core_set(
    project: Project, core_set: CoreSet, *, added: Sequence[str] = (), dropped: Collection[str] = ()
) -> CoreSet:
    """``core_set`` with cases put in or taken out by hand; the other cases stay. Nothing is written.

    A case put in may be one that was taken out before, and the other way round. Raises MedOptError as
    `choose_core_set`, and for a case to take out that is not in it.
    """
    cohort = {case.id: case for case in pool(project)}
    _check_names(project, cohort, added, dropped)
    absent = [case for case in dropped if case not in core_set.ids]
    if absent:
        raise MedOptError("not in the core set", where=", ".join(absent), expected=", ".join(core_set.ids) or "no case")
    kept = [one for one in core_set.cases if one.case not in dropped]
    new = [case for case in dict.fromkeys(added) if case not in core_set.ids]
    kept += [ChosenCase(case=case, reason="added by hand", added=True) for case in new]
    out = sorted((set(core_set.dropped) | set(dropped)) - set(added))
    return core_set.model_copy(update={"cases": tuple(kept), "dropped": tuple(out)})


def coverage(project: Project, core_set: CoreSet, embeddings: Embeddings, *, draws: int = 100) -> Coverage:
    """How near the cases of a cohort are to the labelled and chosen ones, compared with random choices as large."""
    labelled_ids = {case.id for case in project.cases() if case.labelled}
    labelled = [row for row, case in enumerate(embeddings.cases) if case in labelled_ids]
    chosen = [row for row, case in enumerate(embeddings.cases) if case in core_set.ids and case not in labelled_ids]
    if not chosen and not labelled:
        return Coverage(len(embeddings.cases), None, None, 0)
    points, numbers = embeddings.points(), np.random.default_rng(core_set.seed)
    free = np.setdiff1d(np.arange(len(points)), labelled)
    drawn = [
        mean_distance(points, [*labelled, *numbers.choice(free, len(chosen), replace=False)]) for _ in range(draws)
    ]
    return Coverage(
        len(points), mean_distance(points, [*labelled, *chosen]), float(np.mean(drawn)) if draws else None, draws
    )


def _reason(pick: Pick, method: Method, stratum: str, embeddings: Embeddings) -> str:
    among = f" of {stratum}" if stratum else ""
    if pick.nearest is None:
        return f"stands for the whole cohort best{among}"
    unlike = f"{pick.distance:.2f} from {embeddings.cases[pick.nearest]}, the nearest one labelled or chosen before"
    what = "least like any other" if method == "k-center" else "stands for most cases that are not covered yet"
    return f"{what}{among}, {unlike}"


def _stratum(case: Case, strata: Sequence[str]) -> str:
    return ", ".join(f"{name} {case.attributes.get(name, UNKNOWN)}" for name in strata)


def _check_names(project: Project, cohort: dict[str, Case], added: Sequence[str], dropped: Collection[str]) -> None:
    both = sorted(set(added) & set(dropped))
    if both:
        raise MedOptError("a case is put in and taken out at once", found=", ".join(both))
    for case in [*added, *dropped]:
        project.case(case)
    for case in added:
        if case not in cohort:
            what = "is flagged" if project.case(case).flag is not None else "is of the test part"
            remedy = "Take the flag away" if "flag" in what else "A model must not learn from test subjects"
            raise MedOptError(f"the case {what}", where=case, expected="a case to learn from", remedy=remedy)


def _check_strata(cases: Collection[Case], strata: Sequence[str]) -> None:
    known = sorted({name for case in cases for name in case.attributes})
    for name in strata:
        if cases and name not in known:
            expected = ", ".join(known) or "none; no case has attributes"
            raise MedOptError("no case has this attribute", where=name, expected=expected)
