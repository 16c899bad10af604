"""How well the confidence of a proposal goes along with its Dice, beside other formulas from the same probabilities.

    python Testing/Benchmarks/confidence.py [--labelled 20] [--cases 60] [--minutes 2] [--seed 1]

Real data beside the project: hippocampus volumes. Teaches one round on so many cases, lets the model propose for others
whose labels it does not know, and prints Spearman's rank correlation of each number with the Dice of the proposal (mean
of the two classes), with the 95 % interval of 2,000 resamples of cases.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from medopt.io import read_label_map
from medopt.labelling.confidence import LEVELS, voxel_confidence
from medopt.labelling.proposal_score import proposal_score
from medopt.labelling.propose import propose
from medopt.labelling.teach import teach
from medopt.project import ClassInfo, Project, import_folder

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "hippocampus"
VALUES = (1, 2)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labelled", type=int, default=20)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        classes = [ClassInfo(value=v, name=n, color=c) for v, n, c in ((1, "A", "#e69f00"), (2, "P", "#56b4e9"))]
        project = Project.create(Path(folder) / "project", name="confidence", classes=classes)
        import_folder(project, DATA / "imagesTr")
        names = [case.id for case in project.cases()]
        order = np.random.default_rng(given.seed).permutation(names).tolist()
        known, asked = order[: given.labelled], order[given.labelled : given.labelled + given.cases]
        for case in known:
            project.save_label(case, reference(case), annotator="reference")
        record = teach(project, minutes=given.minutes, seed=given.seed, proposing=False)
        propose(project, record.model, cases=asked, round=1)
        table(np.array([numbers(project, case) for case in asked]), given.seed)


def reference(case: str) -> object:
    """The label that came with the data."""
    return read_label_map(DATA / "labelsTr" / f"{case}.nii.gz")


def numbers(project: Project, case: str) -> list[float]:
    """Dice of a proposal, then what each formula says of it."""
    label, scores = project.read_proposal(case), project.read_scores(case)
    dice = proposal_score(label, reference(case), label.geometry, VALUES)
    p = np.zeros((len(VALUES), *label.array.shape), np.uint8)
    p[(slice(None), *scores.region)] = scores.part
    shares, marked = p / LEVELS, label.array > 0
    sure = np.max(np.concatenate([1 - shares.sum(axis=0, keepdims=True), shares]), axis=0)
    uncertainty = scores.uncertainty()
    near = marked | (uncertainty > 0.1)
    return [
        dice,
        voxel_confidence(label.array, p, VALUES),
        float(np.mean([soft_dice(label.array == v, s) for v, s in zip(VALUES, shares, strict=True)])),
        float(sure[marked].mean()) if marked.any() else 0.0,
        1 - float(uncertainty[near].mean()) if near.any() else 1.0,
        1 - float(uncertainty.mean()),
    ]


FORMULAS = (
    "soft Dice, faint voxels left out (used)",
    "soft Dice of all voxels",
    "mean highest probability of the marked voxels",
    "1 - mean entropy of marked or unsure voxels",
    "1 - mean entropy of the image",
)


def soft_dice(mask: NDArray, shares: NDArray) -> float:
    """2 Σ_M p / (|M| + Σ p)."""
    return float(2 * shares[mask].sum() / max(mask.sum() + shares.sum(), 1e-9))


def table(found: NDArray, seed: int) -> None:
    """Rows of ``found`` are cases: Dice, then each formula."""
    dice = found[:, 0]
    print(f"{len(found)} cases, Dice {dice.mean():.3f} ± {dice.std(ddof=1):.3f}, {dice.min():.3f} to {dice.max():.3f}")
    draws = np.random.default_rng(seed).integers(0, len(found), (2000, len(found)))
    for place, name in enumerate(FORMULAS, 1):
        value = spearmanr(dice, found[:, place]).statistic
        low, high = np.nanpercentile([spearmanr(dice[d], found[d, place]).statistic for d in draws], [2.5, 97.5])
        print(f"| {name} | {value:.2f} [{low:.2f}, {high:.2f}] | {found[:, place].mean():.3f} |", flush=True)


if __name__ == "__main__":
    main()
