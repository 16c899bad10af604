"""``medopt coreset``: the cases to label first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medopt.cli.options import Events, EventsOption, JobOption, ProjectArgument
from medopt.cli.work import working
from medopt.errors import MedOptError

if TYPE_CHECKING:
    from medopt.events import Reporter
    from medopt.labelling.core_set import CoreSet
    from medopt.labelling.embeddings import Embeddings
    from medopt.project import Project

SUFFIXES = (".png", ".svg")


def command(
    project: ProjectArgument,
    count: Annotated[
        int | None,
        typer.Option(
            min=0, help="Cases to choose. By default as before, else a tenth of them, 5 to 40.", show_default=False
        ),
    ] = None,
    strata: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An attribute, such as site, whose values get cases in proportion. May be repeated.",
            show_default=False,
        ),
    ] = None,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="CASE", help="Put this case in. May be repeated.", show_default=False),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="CASE", help="Take this case out. May be repeated.", show_default=False),
    ] = None,
    anew: Annotated[
        bool, typer.Option("--new", help="Choose anew, and forget what was put in and taken out before.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw where a cohort has more than 4,000 cases.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The picture, .png or .svg. By default PROJECT/reports/core-set.png.",
            show_default=False,
        ),
    ] = None,
    job: JobOption = None,
    events: EventsOption = Events.text,
) -> None:
    """Choose the few cases to label first, from the images alone, and draw the cohort with them.

    Every image becomes some numbers (intensities, a low-resolution picture, gradients, extent), which are kept in the
    cache. The cases are chosen so that every case is like one that is chosen or labelled; images that repeat others,
    flagged cases and test subjects stay out. Writes PROJECT/labelling/core_set.json: `medopt next` and the panel take
    these cases first while there is no model. Repeated without options it shows the choice that is there.

    \b
    Examples:
      medopt coreset hippocampus --count 15
      medopt coreset hippocampus --count 15 --strata site
      medopt coreset hippocampus --add hippocampus_017 --drop hippocampus_003
    """
    from medopt.files import write_bytes, write_text
    from medopt.labelling.core_set import coverage, save_core_set
    from medopt.project import Project

    with working("coreset", project, events=events, job=job) as work:
        opened = Project.open(project)
        path = opened.reports_folder / "core-set.png" if output is None else output
        if path.suffix.lower() not in SUFFIXES:
            raise MedOptError("unknown kind of picture", where=path, expected=" or ".join(SUFFIXES))
        changes = _Changes(count, strata, tuple(add or ()), tuple(drop or ()), anew, seed)
        chosen, embeddings = changes.apply(opened, work.reporter)
        save_core_set(opened, chosen)
        _tell(opened, chosen, work.reporter)
        measured = coverage(opened, chosen, embeddings)
        if measured.chosen is not None and measured.random is not None:
            text = (
                f"{measured.cases} cases are {measured.chosen:.2f} from the nearest labelled or chosen one on average"
            )
            text += f"; with random choices as large {measured.random:.2f} (mean of {measured.draws})"
            work.reporter.emit("message", level="info", text=text)
        from medopt.labelling.cohort_map import map_cohort
        from medopt.report.figures.canvas import to_png, to_svg
        from medopt.report.figures.core_set import draw_core_set

        drawing = draw_core_set(map_cohort(opened, chosen, embeddings))
        if drawing is None:
            work.reporter.emit("message", level="warning", text="There are no cases to draw")
        elif path.suffix.lower() == ".svg":
            write_text(path, to_svg(drawing, "core-set"))
            work.reporter.emit("result", title="picture", path=path)
        else:
            write_bytes(path, to_png(drawing, dots_per_inch=150))
            work.reporter.emit("result", title="picture", path=path)


class _Changes:
    """What the user asked of the core set."""

    def __init__(
        self,
        count: int | None,
        strata: list[str] | None,
        add: tuple[str, ...],
        drop: tuple[str, ...],
        anew: bool,
        seed: int,
    ) -> None:
        self.count, self.strata, self.add, self.drop, self.anew, self.seed = count, strata, add, drop, anew, seed

    def apply(self, project: Project, reporter: Reporter) -> tuple[CoreSet, Embeddings]:
        """The core set with the changes, chosen anew where that is needed, and the descriptors of the cohort."""
        from medopt.labelling.core_set import choose_core_set, edit_core_set, load_core_set
        from medopt.labelling.embeddings import embed_cases
        from medopt.labelling.pool import pool

        stored = None if self.anew else load_core_set(project)
        if stored is not None and self.count is None and self.strata is None:
            edited = edit_core_set(project, stored, added=self.add, dropped=self.drop)
            return edited, embed_cases(project, [case.id for case in pool(project)], reporter=reporter)
        learnable = {case.id for case in pool(project)}
        before = [] if stored is None else [one.case for one in stored.cases if one.added and one.case in learnable]
        out = () if stored is None else stored.dropped
        return choose_core_set(
            project,
            self.count if self.count is not None or stored is None else stored.count,
            strata=tuple(self.strata) if self.strata is not None else () if stored is None else stored.strata,
            seed=self.seed,
            added=[*(case for case in before if case not in self.drop), *self.add],
            dropped={*(case for case in out if case not in self.add), *self.drop},
            reporter=reporter,
        )


def _tell(project: Project, chosen: CoreSet, reporter: Reporter) -> None:
    cases = {case.id: case for case in project.cases()}
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(chosen.cases, 1):
        case = cases.get(one.case)
        row: dict[str, Any] = {"number": number, "case": one.case}
        for name in chosen.strata:
            row[name] = "" if case is None else case.attributes.get(name, "")
        row["labelled"] = "yes" if case is not None and case.labelled else ""
        row["why"] = one.reason
        rows.append(row)
    reporter.emit("result", title="Core set", rows=rows)
    if chosen.repeated:
        named = ", ".join(f"{one.case} (as {one.of})" for one in chosen.repeated[:5])
        more = f" and {len(chosen.repeated) - 5} more" if len(chosen.repeated) > 5 else ""
        text = f"Passed over, since their images repeat others: {named}{more}"
        reporter.emit("message", level="info", text=text)
