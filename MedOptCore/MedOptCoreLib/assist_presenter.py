"""MedOpt Assist without Qt: what was drawn, which part of the image it concerns, the answer, and what is told of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medopt.errors import MedOptError
from MedOptCoreLib.assist_modes import GESTURES, Mode
from MedOptCoreLib.assist_question import Drawn, Question, corners
from MedOptCoreLib.assist_region import MOST_VOXELS, is_cut_off
from MedOptCoreLib.assist_server import AssistServer
from MedOptCoreLib.assist_task import AssistTask
from MedOptCoreLib.case_probability import CaseProbability
from MedOptCoreLib.edit_target import EditTarget
from MedOptCoreLib.i18n import _
from MedOptCoreLib.presenter import ButtonState, Presenter
from MedOptCoreLib.stroke_book import Step, StrokeBook, as_voxels

SMALLEST_MM, LARGEST_MM = 0.5, 50.0
"""Radius of the brush."""
PATIENCE_S = 1.0
"""An answer that runs into the border of its region is sought in a larger one while that is expected to end by then."""
GROWTH = 2.0
"""How much farther each larger region reaches."""


class AssistPresenter(Presenter):
    """Gathers a line while it is drawn, and answers it when the button of the mouse is let go.

    Parameters
    ----------
    probability : finds what a model has said about the structure
    answer : `medopt_answer`, or a test's own
    server : answers clicks and scribbles in three dimensions instead while it is `active`; None for never
    now : a clock in seconds
    """

    def __init__(
        self,
        probability: CaseProbability,
        answer: Callable[[Mode, AssistTask], Any],
        now: Callable[[], float] = time.perf_counter,
        server: AssistServer | None = None,
    ) -> None:
        super().__init__()
        self._probability, self._answer, self._now, self._server = probability, answer, now, server
        self._books: dict[tuple[str, str], _Pages] = {}
        self._points: list[tuple[float, float, float]] = []
        self._axes, self._belongs = np.eye(3), True
        self.mode, self.takesAway, self.sliceOnly, self.radius = Mode.STROKES, False, False, 5.0
        self.knownText, self.status, self.seconds = "", "", 0.0

    # ---- options -----------------------------------------------------------------------------------------------

    def set(
        self,
        *,
        mode: Mode | None = None,
        takesAway: bool | None = None,
        sliceOnly: bool | None = None,
        radius: float | None = None,
    ) -> None:
        """Change options; None leaves one as it is. A line that is being drawn is given up."""
        self.mode = self.mode if mode is None else mode
        self.takesAway = self.takesAway if takesAway is None else takesAway
        self.sliceOnly = self.sliceOnly if sliceOnly is None else sliceOnly
        if radius is not None:
            self.radius = min(max(radius, SMALLEST_MM), LARGEST_MM)
        self.cancel()

    @property
    def help(self) -> str:
        """What the present mode does."""
        return GESTURES[self.mode].help

    def strokes(self, target: EditTarget) -> int:
        """How many strokes count for the segment in hand."""
        try:
            return len(self._book(target))
        except MedOptError:
            return 0

    def buttons(self) -> dict[str, ButtonState]:
        """The button that forgets the strokes."""
        some = any(len(pages.book) for pages in self._books.values())
        missing = "" if some else _("There are no strokes yet.")
        tip = _("Forget all strokes; the segments stay as they are.")
        return {"forgetButton": ButtonState(missing=missing, tip=tip)}

    # ---- a line ------------------------------------------------------------------------------------------------

    @property
    def drawing(self) -> bool:
        """Whether a line is being drawn."""
        return bool(self._points)

    @property
    def belongs(self) -> bool:
        """Whether the line that is drawn says "this is the structure"."""
        return self._belongs

    def press(self, point: Any, axes: Any, *, other: bool = False) -> None:
        """Begin a line at ``point``, RAS mm, in a view with these axes (see `Drawn`).

        ``other`` is True with the key that swaps what the left button means.
        """
        self._axes = np.asarray(axes, float)
        self._belongs = self.takesAway == other
        self._points = [tuple(float(x) for x in point)]  # type: ignore[list-item]

    def drag(self, point: Any) -> None:
        """The line goes on to ``point``, RAS mm; nothing happens while none is drawn."""
        if self._points:
            self._points.append(tuple(float(x) for x in point))  # type: ignore[arg-type]

    def cancel(self) -> None:
        """Give the line up."""
        self._points = []
        self.changed.emit()

    def outline(self) -> NDArray[np.float64]:
        """(n, 3) RAS points of the line to show: as drawn, closed, or the corners of a box; empty without one."""
        points = np.asarray(self._points, float).reshape(-1, 3)
        gesture = GESTURES[self.mode]
        if gesture.rectangle and len(points) > 1:
            points = corners(points[0], points[-1], self._axes)
        return np.concatenate([points, points[:1]]) if gesture.closed and len(points) > 1 else points

    def release(self, target: EditTarget) -> bool:
        """The line ends: answer it, and write the answer into the segment. True when the segment has changed.

        What goes wrong is told in ``status`` and changes nothing.
        """
        if not self._points:
            return False
        drawn = Drawn(np.asarray(self._points, float), self._axes, self._belongs)
        self._points = []
        before = self._now()
        try:
            added, taken = self._work(target, drawn)
        except MedOptError as error:
            self.status = str(error)
            self.changed.emit()
            return False
        self.seconds = self._now() - before
        self.status = _told(self.seconds, added, taken)
        self.changed.emit()
        return added + taken > 0

    # ---- around the lines --------------------------------------------------------------------------------------

    def prepare(self, target: EditTarget) -> Iterator[None]:
        """What can be done before the first stroke, in steps that each leave the application free in between."""
        import medopt.labelling.assist.patch  # noqa: F401 - reads the libraries from disk

        yield
        try:
            target.image((0, 0, 0), (1, 1, 1))
            yield
            self.knownText = self._probability.of(target).text
        except MedOptError as error:
            self.status = str(error)
        self.changed.emit()

    def forgetStrokes(self) -> None:
        """Forget what was drawn; the segments stay as they are."""
        self._books = {}
        self.status = ""
        self.changed.emit()

    def forgetCase(self) -> None:
        """Another case is shown, or what is known of this one may have changed."""
        self._probability.forget()
        self.knownText = self.status = ""
        self.cancel()

    # ---- how an answer comes about -----------------------------------------------------------------------------

    def _work(self, target: EditTarget, drawn: Drawn) -> tuple[int, int]:
        """(voxels added, voxels taken away)."""
        question = Question(target, drawn, self.mode, sliceOnly=self.sliceOnly, radius=self.radius)
        voxels = question.voxels
        if not len(voxels):
            raise MedOptError(_("the stroke lies outside of the image"), remedy=_("Draw inside the image"))
        known = self._probability.of(target)
        self.knownText = known.text
        book = self._book(target)
        book.follow(target.segment)
        task, patch = self._seek(question, known, book)
        corner = tuple(int(a + b) for a, b in zip(patch.corner, task.corner, strict=True))
        before = task.current[patch.slices]
        changed = before != patch.values
        if changed.any():
            target.write(corner, before, patch.values)  # type: ignore[arg-type]
        after = target.segment(corner, patch.values.shape)  # type: ignore[arg-type]
        if self.mode is Mode.STROKES:
            positive, negative = (voxels, as_voxels([])) if drawn.belongs else (as_voxels([]), voxels)
            book.push(Step(positive, negative, corner, before.copy(), after))  # type: ignore[arg-type]
        return int((after & ~before).sum()), int((before & ~after).sum())

    def _seek(self, question: Question, known: Any, book: StrokeBook) -> tuple[AssistTask, Any]:
        """The answer and the region it was found in: a larger one as long as the answer is cut off by its border."""
        if self._server is not None and self._server.active and self.mode is Mode.STROKES and not question.planar:
            task = question.task(question.whole, known, book)
            return task, self._server.answer(task)
        factor, begun = 1.0, self._now()
        box = question.region(factor)
        while True:
            task = question.task(box, known, book)
            patch = self._answer(self.mode, task)
            corner = tuple(a + b for a, b in zip(patch.corner, box.start, strict=True))
            if question.planar or not is_cut_off(corner, patch.values.shape, box, question.geometry.shape):
                return task, patch
            factor *= GROWTH
            larger = question.region(factor)
            share = float(np.prod(larger.shape, dtype=float) / np.prod(box.shape, dtype=float))
            elapsed = self._now() - begun
            if larger == box or elapsed * (1 + share) > PATIENCE_S or np.prod(larger.shape) > MOST_VOXELS:
                return task, patch
            box = larger

    def _book(self, target: EditTarget) -> StrokeBook:
        """The strokes of the segment in hand; begun afresh when the grid is another one."""
        grid, node = target.geometry(), target.node
        pages = self._books.get(target.key)
        if pages is None or pages.node.Get() is not node or pages.grid != grid:
            pages = self._books[target.key] = _Pages(_weakly(node), grid, StrokeBook())
        return pages.book


@dataclass(frozen=True, eq=False)
class _Pages:
    """A book, and what it was written on: another node may get the same id, and a node another grid."""

    node: Any
    grid: Any
    book: StrokeBook


def _weakly(node: Any) -> Any:
    import vtk

    reference = vtk.vtkWeakReference()
    reference.Set(node)
    return reference


def _told(seconds: float, added: int, taken: int) -> str:
    if not added and not taken:
        return _("{s:.2f} s · nothing changed").format(s=seconds)
    return _("{s:.2f} s · {added:,} voxels added, {taken:,} taken away").format(s=seconds, added=added, taken=taken)
