from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medopt.project.stratify import stratify_iteratively

SEATS = {"train": 70, "validation": 10, "test": 20}


def subjects(rates: dict[str, float], count: int = 100, seed: int = 0) -> dict[str, list[str]]:
    rng = np.random.default_rng(seed)
    return {f"s{n:03d}": [label for label, rate in rates.items() if rng.random() < rate] for n in range(count)}


@pytest.mark.parametrize("seed", range(5))
def test_every_part_gets_its_share_of_every_label(seed: int) -> None:
    labels = subjects({"common": 0.9, "half": 0.5, "rare": 0.1, "site B": 0.3}, seed=seed)
    parts = stratify_iteratively(labels, SEATS, seed)
    for label, total in Counter(one for own in labels.values() for one in own).items():
        for part, seats in SEATS.items():
            found = sum(label in labels[name] for name, own in parts.items() if own == part)
            assert abs(found - total * seats / 100) < 2, (label, part)


def test_it_is_nearer_to_the_shares_than_a_plain_draw() -> None:
    def apart(labels: dict[str, list[str]], parts: dict[str, str]) -> float:
        counts = Counter(one for own in labels.values() for one in own)
        found = Counter((one, parts[name]) for name, own in labels.items() for one in own)
        return sum(abs(found[one, part] - counts[one] * n / 100) for one in counts for part, n in SEATS.items())

    ours, plain = 0.0, 0.0
    for seed in range(10):
        labels = subjects({str(n): 0.05 + 0.08 * n for n in range(8)}, seed=seed)
        ours += apart(labels, stratify_iteratively(labels, SEATS, seed))
        names = np.random.default_rng(seed).permutation(sorted(labels))
        plain += apart(labels, dict(zip(names, ["train"] * 70 + ["validation"] * 10 + ["test"] * 20, strict=True)))
    assert ours < plain / 2


@settings(max_examples=60, deadline=None)
@given(
    own=st.lists(st.sets(st.integers(0, 4)), min_size=3, max_size=40),
    test=st.integers(1, 5),
    validation=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_seats_are_kept_and_order_does_not_matter(own, test: int, validation: int, seed: int) -> None:
    labels = {f"s{n}": sorted(one) for n, one in enumerate(own)}
    seats = {"train": max(0, len(own) - test - validation), "validation": 0, "test": 0}
    seats["test"] = min(test, len(own) - seats["train"])
    seats["validation"] = len(own) - seats["train"] - seats["test"]
    parts = stratify_iteratively(labels, seats, seed)
    count = Counter(parts.values())
    assert {part: count[part] for part in seats} == seats
    assert stratify_iteratively(dict(reversed(labels.items())), seats, seed) == parts


def test_another_seed_is_another_draw() -> None:
    labels = subjects({"a": 0.5})
    assert stratify_iteratively(labels, SEATS, 1) != stratify_iteratively(labels, SEATS, 2)
    assert stratify_iteratively({}, {"train": 0}, 1) == {}
