"""How quickly does MedOpt Assist answer, and how many clicks does it take without a model, beside other tools?

    latency   a 256³ volume with a noisy ball: seconds of the first click in its middle and of later ones into voxels
              that are still wrong, drawn at random; in the whole volume as region and in a region that Assist
              chooses; the Assistant is made anew for each volume, which counts for the first click
    quality   from nothing, clicks into the middle of the largest wrong part (the deepest voxel of it) until a
              structure has its Dice: 0.90 on the hippocampus's two structures, 0.93 on the left ventricle in slices

The peers (labelling_peers.py) get the same clicks rule. Run:
    python Testing/Benchmarks/assist.py [--data ../shared/data] [--cases 6] [--slices 12] [--most 20] [--seed 0]
Hippocampus cases are drawn with the seed from imagesTr, slices from lv_cine/Test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from labelling_peers import PEERS, Make
from numpy.typing import NDArray

from medopt.io import read_image, read_label_map
from medopt.labelling.assist import Assistant, Box3, Strokes
from medopt.labelling.simulated_annotator import Refine, SimulatedAnnotator

SIDE = 256
RADII = (20, 45, 80)
MARKS = (1, 3, 5, 10, 20)
Case = tuple[NDArray[np.float32], NDArray[np.integer], tuple[float, ...], tuple[int, ...]]


def medopt_assist(image: NDArray, spacing: Sequence[float]) -> Refine:
    """MedOpt Assist without a model."""
    assistant = Assistant(image, spacing)
    return lambda _value, current, strokes: assistant.refine(current, strokes).applied(current)


def latency(repeats: int) -> None:
    """Print the seconds of first and later clicks."""
    whole = Box3.whole((SIDE, SIDE, SIDE))
    places = np.arange(SIDE, dtype=np.float32) - SIDE / 2
    distance = np.sqrt(places[:, None, None] ** 2 + places[None, :, None] ** 2 + places[None, None] ** 2)
    for name, region in (("256³ as region", whole), ("region chosen", None)):
        first: list[float] = []
        later: list[float] = []
        worked: list[float] = []
        for seed, radius in enumerate(RADII * repeats):
            mask = distance < radius
            noise = np.random.default_rng(seed).standard_normal(mask.shape, np.float32)
            image = (np.float32(100) * mask + np.float32(20) * noise)[np.newaxis]
            began = time.perf_counter()
            assistant = Assistant(image, (1, 1, 1))
            made = time.perf_counter() - began
            current = np.zeros_like(mask)
            positive: list[list[int]] = []
            negative: list[list[int]] = []
            random = np.random.default_rng(seed)
            for click in range(5):
                wrong = np.argwhere(current != mask) if click else np.array([[SIDE // 2] * 3])
                if not len(wrong):
                    break
                voxel = wrong[random.integers(len(wrong))].tolist()
                (positive if mask[tuple(voxel)] else negative).append(voxel)
                strokes = Strokes(np.array(positive, int), np.array(negative, int))
                began, busy = time.perf_counter(), time.process_time()
                patch = assistant.refine(current, strokes, region=region)
                seconds = time.perf_counter() - began
                worked.append(time.process_time() - busy)
                (later if click else first).append(seconds if click else seconds + made)
                current = patch.applied(current)
        for which, taken in (("first click", first), ("later clicks", later)):
            print(
                f"{name:<18}{which:<14}median {np.median(taken):.3f} s, longest {max(taken):.3f} s (n = {len(taken)})"
            )
        print(f"{name:<18}{'CPU time':<14}median {np.median(worked):.3f} s, longest {max(worked):.3f} s")


def hippocampus(folder: Path, count: int, seed: int) -> Iterator[Case]:
    """Images with the label values 1 and 2."""
    names = sorted(path.name for path in (folder / "labelsTr").glob("*.nii.gz"))
    for number in np.random.default_rng(seed).permutation(len(names))[:count]:
        image, label = (
            read_image(folder / "imagesTr" / names[number]),
            read_label_map(folder / "labelsTr" / names[number]),
        )
        yield image.array.astype(np.float32), label.array, image.geometry.spacing, (1, 2)


def ventricle(folder: Path, count: int, seed: int) -> Iterator[Case]:
    """Slices with the label value 255."""
    paths = sorted((folder / "Test" / "Images").rglob("*.png"))
    for number in np.random.default_rng(seed).permutation(len(paths))[:count]:
        path = paths[number]
        label = read_label_map(folder / "Test" / "Labels" / path.relative_to(folder / "Test" / "Images"))
        image = read_image(path)
        yield image.array[:1].astype(np.float32), label.array, image.geometry.spacing, (255,)


def clicked(refine: Refine, case: Case, value: int, target: float, most: int) -> tuple[list[float], list[float]]:
    """Dice after each click, and seconds of each."""
    _, labels, spacing, _ = case
    reference = np.where(labels == value, labels, 0)
    annotator = SimulatedAnnotator(reference, (value,), target, spacing)
    mask = np.zeros(labels.shape, bool)
    strokes: dict[bool, list[tuple[int, ...]]] = {True: [], False: []}
    dice: list[float] = []
    seconds: list[float] = []
    done: set[tuple[int, ...]] = set()
    while len(dice) < most and (not dice or dice[-1] < target):
        found = annotator.next_click(np.where(mask, value, 0), done)
        if found is None:
            break
        strokes[found[1]].append(found[2])
        done.add(found[2])
        drawn = Strokes(np.array(strokes[True], int), np.array(strokes[False], int))
        began = time.perf_counter()
        mask = refine(value, mask, drawn)
        seconds.append(time.perf_counter() - began)
        dice.append(annotator.dice(np.where(mask, value, 0))[value])
    return dice, seconds


def quality(name: str, cases: list[Case], target: float, most: int) -> None:
    """Print a row for each tool."""
    tools: dict[str, Make] = {"MedOpt Assist": medopt_assist, **PEERS}
    structures = [(case, value) for case in cases for value in case[3] if (case[1] == value).any()]
    print(f"\n{name}: Dice {target:g} from nothing, at most {most} clicks, n = {len(structures)} structures")
    heads = "".join(f"{f'after {n}':>10}" for n in MARKS if n <= most)
    print(f"{'':<18}{'clicks, median (quartiles)':>30}{'reached':>9}{heads}{'s a click':>11}")
    for tool, make in tools.items():
        runs = [clicked(make(case[0], case[2]), case, value, target, most) for case, value in structures]
        clicks = [len(dice) if dice[-1] >= target else most for dice, _ in runs]
        low, middle, high = np.percentile(clicks, (25, 50, 75))
        reached = sum(dice[-1] >= target for dice, _ in runs)
        means = [np.mean([dice[min(n, len(dice)) - 1] for dice, _ in runs]) for n in MARKS if n <= most]
        told = "".join(f"{mean:>10.3f}" for mean in means)
        taken = np.median([s for _, seconds in runs for s in seconds])
        print(f"{tool:<18}{f'{middle:g} ({low:g}-{high:g})':>30}{reached:>9}{told}{taken:>11.3f}", flush=True)


def main() -> None:
    """Latency, then quality where the data are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[3] / "shared" / "data")
    parser.add_argument("--cases", type=int, default=6, help="of the hippocampus")
    parser.add_argument("--slices", type=int, default=12, help="of the left ventricle")
    parser.add_argument("--most", type=int, default=20, help="clicks a structure")
    parser.add_argument("--repeats", type=int, default=3, help="volumes of each size for the latency")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    latency(given.repeats)
    for name, target, read, count in (
        ("hippocampus", 0.90, hippocampus, given.cases),
        ("lv_cine", 0.93, ventricle, given.slices),
    ):
        if not (given.data / name).is_dir():
            print(f"\n{name}: skipped, {given.data / name} is not there")
            continue
        quality(name, list(read(given.data / name, count, given.seed)), target, given.most)


if __name__ == "__main__":
    main()
