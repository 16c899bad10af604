"""Which class of a model is which class of another project: by the user's word, by terminology code, or by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from medopt.errors import MedOptError
from medopt.project import ClassInfo

By = Literal["user", "terminology", "name"]

Code = tuple[tuple[str, str], ...]
"""(scheme, code) of category, type, modifier, region and region's modifier."""


@dataclass(frozen=True)
class ClassPair:
    """A class of the model, the class of the project that means the same, and how that is known."""

    model: ClassInfo
    there: ClassInfo
    by: By


@dataclass(frozen=True)
class ClassMatch:
    """Pairs in the order of the project's classes, classes of either side without a partner, and what to look at."""

    pairs: tuple[ClassPair, ...]
    model_only: tuple[str, ...]
    project_only: tuple[str, ...]
    notes: tuple[str, ...] = ()


def match_classes(
    model: Sequence[ClassInfo], there: Sequence[ClassInfo], given: Mapping[str, str] | None = None
) -> ClassMatch:
    """Pair the classes of a model with those of a project, each at most once.

    Parameters
    ----------
    model, there : classes of the model and of the project
    given : name of the model's class → name of the project's, which counts before all else

    Then equal terminology codes count (category, type, modifier and region, as Slicer writes them), as far as they are
    unique on either side; then names, whatever their case and signs. A pair by name whose codes differ is told in the
    notes. Raises MedOptError for a given name that is not there and when nothing fits.
    """
    pairs: dict[str, ClassPair] = {}
    taken: set[str] = set()
    ours, theirs = {c.name: c for c in model}, {c.name: c for c in there}
    for name, partner in (given or {}).items():
        for wanted, known, whose in ((name, ours, "model"), (partner, theirs, "project")):
            if wanted not in known:
                raise MedOptError(f"the {whose} has no such class", expected=", ".join(known), found=wanted)
        if name in pairs or partner in taken:
            raise MedOptError("a class is named twice", found=f"{name}={partner}", expected="one partner for each")
        pairs[name] = ClassPair(ours[name], theirs[partner], "user")
        taken.add(partner)
    notes = []
    ways: tuple[tuple[By, Callable[[ClassInfo], Hashable]], ...] = (
        ("terminology", lambda info: code_of(info.terminology)),
        ("name", lambda info: re.sub(r"[\W_]+", " ", info.name).strip().casefold()),
    )
    for by, key_of in ways:
        left, right = _unique(model, key_of), _unique(there, key_of)
        for key, one in left.items():
            other = right.get(key)
            if other is None or one.name in pairs or other.name in taken:
                continue
            pairs[one.name] = ClassPair(one, other, by)
            taken.add(other.name)
            codes = code_of(one.terminology), code_of(other.terminology)
            if by == "name" and None not in codes and codes[0] != codes[1]:
                notes.append(
                    f"{one.name}: the names are alike but the terminology codes differ; see that it is one thing"
                )
    if not pairs:
        raise MedOptError(
            "no class of the model is one of the project",
            expected=f"the model's: {', '.join(ours)}",
            found=", ".join(theirs),
            remedy="Tell which is which, as in --class MODEL=PROJECT",
        )
    order = {c.name: n for n, c in enumerate(there)}
    return ClassMatch(
        tuple(sorted(pairs.values(), key=lambda pair: order[pair.there.name])),
        tuple(name for name in ours if name not in pairs),
        tuple(name for name in theirs if name not in taken),
        tuple(notes),
    )


def code_of(terminology: str) -> Code | None:
    """The codes of Slicer's serialised terminology entry; None where it has no type."""
    parts = terminology.split("~")
    if len(parts) < 3:
        return None
    chosen = [parts[place] if place < len(parts) else "" for place in (1, 2, 3, 5, 6)]
    fields = [[field.strip() for field in (*part.split("^"), "", "")[:2]] for part in chosen]
    return tuple((scheme, code) for scheme, code in fields) if fields[1][1] else None


def _unique(classes: Sequence[ClassInfo], key_of: Callable[[ClassInfo], Hashable]) -> dict[Hashable, ClassInfo]:
    """Key → class, for keys that one class alone has."""
    keys = [key_of(info) for info in classes]
    return {key: info for key, info in zip(keys, classes, strict=True) if key and keys.count(key) == 1}
