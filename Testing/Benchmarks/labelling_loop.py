"""How much work does the labelling loop save? An annotator made of rules labels a whole data set in several ways.

    from scratch     every case by hand from nothing
    fixed model      a tenth by hand, then proposals of one model, corrected by hand
    loop, random     rounds of labelling and training, cases by random_foreground, corrected by hand
    loop, STRATEGY   the same, the next case by the best strategy
    loop, clicks     the same cases and models, corrected by clicks of MedOpt Assist, then by hand what is left

and, on the same proposals as ``loop, clicks``, the same rules with a plain random walker and with growing from the
strokes as seeds; of every fourth proposal also how many clicks each tool needs where there is no pencil. The rules
stand in Docs/simulated-annotator.md. A case is done when each structure reaches its target.
Each way is repeated with other seeds; the interval is that of the mean over seeds by Student's t. What is done is kept
in the work folder, so that an interrupted run goes on. Run:
    python Testing/Benchmarks/labelling_loop.py hippocampus IMAGES LABELS [--minutes 2] [--seeds 1 2 3]
    python Testing/Benchmarks/labelling_loop.py lv_cine IMAGES LABELS --target 0.93 --subject '(SC-[A-Z-]+[0-9]+)'
Without arguments it labels a small made-up cohort, to show that all of it works.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from labelling_peers import PEERS
from numpy.typing import NDArray
from scipy import stats

from medopt.files import read_json, write_json
from medopt.image import LabelMap
from medopt.labelling.assist import Assistant, Strokes
from medopt.labelling.next_case import next_case
from medopt.labelling.save import save_edited
from medopt.labelling.simulated_annotator import MOST_ALONE, Refine, SimulatedAnnotator, Work
from medopt.labelling.teach import teach
from medopt.project import ClassInfo, Project, import_folder
from medopt.synthetic import write_cohort

COLORS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
SHARES = (0.05, 0.1, 0.2, 0.4, 0.7)
"""Of the cases, after which a round of training begins."""
FIXED = 0.1
"""Of the cases that the fixed starter model learns from."""
EARLY = 0.2
"""Share of labelled cases after which the proposals for the rest are judged."""
ALONE = 4
"""Every so many-th proposal is also corrected by clicks alone, with each tool."""


@dataclass
class Course:
    """What one way of labelling took, over all cases."""

    work: Work = field(default_factory=Work)
    peers: dict[str, Work] = field(default_factory=dict)
    alone: dict[str, list[tuple[int, bool]]] = field(default_factory=dict)
    minutes: float = 0.0
    as_is: int = 0
    proposed: int = 0
    early: float | None = None
    cases: int = 0
    seconds: list[float] = field(default_factory=list)


class Cohort:
    """A project without labels, and the references that only the annotator knows."""

    def __init__(self, name: str, images: Path, labels: Path, subject: str | None, target: float, work: Path) -> None:
        self.name, self.images, self.subject, self.target, self.work = name, images, subject, target, work
        known = work / "reference"
        if not (known / "project.yaml").is_file():
            shutil.rmtree(known, ignore_errors=True)
            values = _values(labels)
            classes = [
                ClassInfo(value=v, name=f"structure {v}", color=COLORS[n % len(COLORS)]) for n, v in enumerate(values)
            ]
            project = Project.create(known, name=name, classes=classes)
            import_folder(project, images, labels, subject_pattern=subject)
        self.reference = Project.open(known)
        self.cases = [case.id for case in self.reference.cases() if case.labelled]
        self.classes = tuple(info.value for info in self.reference.settings.classes)

    def fresh(self, folder: Path) -> Project:
        """The same cases, none of them labelled."""
        shutil.rmtree(folder, ignore_errors=True)
        project = Project.create(folder, name=self.name, classes=list(self.reference.settings.classes))
        import_folder(project, self.images, subject_pattern=self.subject)
        return project

    def annotator(self, case: str) -> SimulatedAnnotator:
        """Who knows how the case should look."""
        label = self.reference.read_label(case)
        return SimulatedAnnotator(label.array, self.classes, self.target, label.geometry.spacing[::-1])


def _values(labels: Path) -> list[int]:
    from medopt.io import read_label_map

    found: set[int] = set()
    for path in sorted(p for p in labels.rglob("*") if p.is_file() and not p.name.startswith(".")):
        found |= {int(v) for v in np.unique(read_label_map(path).array) if v}
    return sorted(found)


def start_of(project: Project, case: str) -> tuple[NDArray[Any], LabelMap | None]:
    """The proposal, or nothing."""
    proposal = project.read_proposal(case)
    if proposal is None:
        return np.zeros(project.case(case).geometry.shape, np.uint8), None
    return proposal.array, proposal


def assist(project: Project, case: str, seconds: list[float]) -> Refine:
    """MedOpt Assist on a case, as a function of class, mask and strokes."""
    image = project.read_image(case)
    scores = project.read_scores(case)
    made: dict[int, Assistant] = {}

    def refine(value: int, mask: NDArray[np.bool_], strokes: Strokes) -> NDArray[np.bool_]:
        if value not in made:
            probability = None if scores is None else scores.probability(value)
            made[value] = Assistant(
                np.asarray(image.array, np.float32), image.geometry.spacing[::-1], probability=probability
            )
        began = time.perf_counter()
        answer = made[value].refine(mask, strokes).applied(mask)
        seconds.append(time.perf_counter() - began)
        return answer

    return refine


def label_case(cohort: Cohort, project: Project, case: str, course: Course, *, clicks: bool) -> None:
    """Correct a case, count it, and save it."""
    annotator = cohort.annotator(case)
    labels, proposal = start_of(project, case)
    if clicks:
        tool = assist(project, case, course.seconds)
        final, work = annotator.by_clicks(labels, tool)
        image = project.read_image(case)
        tools = {"MedOpt Assist": tool}
        for name, make in PEERS.items():
            tools[name] = make(image.array, image.geometry.spacing[::-1])
            _, other = annotator.by_clicks(labels, tools[name])
            course.peers[name] = course.peers.get(name, Work()) + other
        if proposal is not None and work != Work() and course.proposed % ALONE == 0:
            for name, one in tools.items():
                course.alone.setdefault(name, []).append(annotator.clicks_alone(labels, one))
        _, hand = annotator.by_hand(labels)
        course.peers["by hand"] = course.peers.get("by hand", Work()) + hand
    else:
        final, work = annotator.by_hand(labels)
    course.work += work
    course.cases += 1
    if proposal is not None:
        course.proposed += 1
        course.as_is += int(work == Work())
    label = LabelMap(final.astype(np.uint8), project.case(case).geometry)
    source = "manual" if proposal is None else "proposal"
    save_edited(project, case, label, annotator="rules", source=source, start=proposal)


def from_scratch(cohort: Cohort, seed: int, minutes: float) -> Course:
    """Every case by hand; no seed changes anything."""
    course = Course()
    for case in cohort.cases:
        labels = np.zeros(cohort.reference.case(case).geometry.shape, np.uint8)
        course.work += cohort.annotator(case).by_hand(labels)[1]
        course.cases += 1
    return course


def fixed_model(cohort: Cohort, seed: int, minutes: float) -> Course:
    """One model from the first cases proposes for all others."""
    return _loop(cohort, seed, minutes, "random_foreground", (FIXED,), clicks=False, name="fixed")


def loop(strategy: str, *, clicks: bool) -> Callable[[Cohort, int, float], Course]:
    """Rounds by a strategy."""

    def run(cohort: Cohort, seed: int, minutes: float) -> Course:
        kind = "clicks" if clicks else "hand"
        return _loop(cohort, seed, minutes, strategy, SHARES, clicks=clicks, name=f"{strategy}-{kind}")

    return run


def _loop(
    cohort: Cohort, seed: int, minutes: float, strategy: str, shares: Sequence[float], *, clicks: bool, name: str
) -> Course:
    project = cohort.fresh(cohort.work / f"{name}-{seed}")
    course = Course()
    rounds = sorted({max(5, round(share * len(cohort.cases))) for share in shares})
    early = max(5, round(EARLY * len(cohort.cases)))
    while (chosen := next_case(project, "rules", strategy, lease=False, seed=seed)) is not None:
        label_case(cohort, project, chosen.case_id, course, clicks=clicks)
        if course.cases in rounds and course.cases < len(cohort.cases):
            teach(project, minutes=minutes, seed=seed)
            course.minutes += minutes
            if course.cases == early:
                course.early = _proposal_dice(cohort, project)
    return course


def _proposal_dice(cohort: Cohort, project: Project) -> float:
    """Mean Dice of the waiting proposals over cases and structures."""
    found = []
    for case in project.cases():
        if not case.labelled and (proposal := project.read_proposal(case.id)) is not None:
            found.append(np.mean(list(cohort.annotator(case.id).dice(proposal.array).values())))
    return float(np.mean(found))


def measured(cohort: Cohort, way: str, run: Callable[[Cohort, int, float], Course], seed: int, minutes: float) -> dict:
    """The course, from the work folder where it is there."""
    file = cohort.work / f"{way.replace(', ', '-').replace(' ', '-')}-{seed}.json"
    if not file.is_file():
        write_json(file, asdict(run(cohort, seed, minutes)))
    return read_json(file)


def interval(values: Sequence[float]) -> str:
    """Mean, and its 95 % interval over seeds."""
    mean = float(np.mean(values))
    if len(values) < 2 or len(set(values)) == 1:
        return f"{mean:,.3g}" if abs(mean) < 10 else f"{mean:,.0f}"
    half = float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return f"{mean:,.3f} ± {half:.3f}" if abs(mean) < 10 else f"{mean:,.0f} ± {half:,.0f}"


def show(name: str, courses: Sequence[Mapping[str, Any]], works: Sequence[Mapping[str, int]], whole: float) -> None:
    """A row of the table."""
    cells = [interval([one[key] for one in works]) for key in ("path", "voxels", "slices", "clicks", "strokes")]
    share = interval([100 * one["path"] / whole for one in works])
    early = [one["early"] for one in courses if one["early"] is not None]
    minutes = interval([one["minutes"] for one in courses])
    as_is = interval([one["as_is"] / max(1, one["proposed"]) for one in courses])
    told = interval(early) if early else "-"
    print(
        f"{name:<24}{share:>16}{cells[0]:>20}{cells[1]:>20}{cells[2]:>16}{cells[3]:>14}{cells[4]:>16}"
        f"{minutes:>17}{as_is:>16}{told:>18}",
        flush=True,
    )


def main() -> None:
    """Run what is missing and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", help="what the data are called")
    parser.add_argument("images", type=Path, nargs="?")
    parser.add_argument("labels", type=Path, nargs="?")
    parser.add_argument("--subject", help="regular expression of the subject in an image's path")
    parser.add_argument("--target", type=float, default=0.9, help="Dice that each structure must reach")
    parser.add_argument("--minutes", type=float, default=2.0, help="of training a round")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--strategy", default="clasp_pe", help="of the loop that is compared with random")
    parser.add_argument("--ways", nargs="+", help="only these, by their first words")
    parser.add_argument("--work", type=Path, help="keep everything here, and go on from it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = given.work or Path(temporary)
        if given.images is None:
            write_cohort(work / "cohort", subjects=11, seed=3)
            given.name, given.images, given.labels = "made-up", work / "cohort" / "images", work / "cohort" / "labels"
            given.minutes, given.seeds = 0.2, [1]
        measure(given, work)


def measure(given: argparse.Namespace, work: Path) -> None:
    """All ways on one data set."""
    work.mkdir(parents=True, exist_ok=True)
    cohort = Cohort(given.name, given.images, given.labels, given.subject, given.target, work)
    ways: dict[str, Callable[[Cohort, int, float], Course]] = {
        "from scratch": from_scratch,
        "fixed model": fixed_model,
        "loop, random": loop("random_foreground", clicks=False),
        f"loop, {given.strategy}": loop(given.strategy, clicks=False),
        "loop, clicks": loop(given.strategy, clicks=True),
    }
    print(f"{given.name}: {len(cohort.cases)} cases, target Dice {given.target:g}, {given.minutes:g} min a round")
    print(
        f"{'way':<24}{'% of the path':>16}{'path, voxels':>20}{'voxels':>20}{'slices':>16}{'clicks':>14}{'strokes':>16}"
        f"{'minutes':>17}{'as is':>16}{'Dice at 20 %':>18}"
    )
    whole = measured(cohort, "from scratch", from_scratch, 0, given.minutes)
    for way, run in ways.items():
        if given.ways and not any(way.startswith(wanted) for wanted in given.ways):
            continue
        seeds = [0] if way == "from scratch" else given.seeds
        courses = [measured(cohort, way, run, seed, given.minutes) for seed in seeds]
        show(way, courses, [one["work"] for one in courses], whole["work"]["path"])
        for peer in courses[0]["peers"]:
            show(f"  there, {peer}", courses, [one["peers"][peer] for one in courses], whole["work"]["path"])
        for tool in courses[0].get("alone", ()):
            counts = [np.mean([clicks for clicks, _ in one["alone"][tool]]) for one in courses]
            reached = [100 * np.mean([content for _, content in one["alone"][tool]]) for one in courses]
            cases = sum(len(one["alone"][tool]) for one in courses)
            told = f"{interval(counts)} of at most {MOST_ALONE} clicks, content with {interval(reached)} %"
            print(f"  by clicks alone, {tool}: {told} of {cases} proposals")
        seconds = [s for one in courses for s in one["seconds"]]
        if seconds:
            told = f"{np.median(seconds):.3f} s (longest {max(seconds):.3f}, n = {len(seconds)})"
            print(f"  an answer of MedOpt Assist took {told}")


if __name__ == "__main__":
    main()
