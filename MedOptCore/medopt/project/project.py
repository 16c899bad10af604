"""The project folder: images, labels, proposals and runs of one question, and the catalogue that knows them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import update

from medopt.errors import MedOptError
from medopt.files import unwritable
from medopt.image import Image
from medopt.image.label import Label
from medopt.project import settings as settings_file
from medopt.project import splitting
from medopt.project.cases import count_cases, find_case, list_cases, lock_case
from medopt.project.catalogue import Catalogue
from medopt.project.drafts import DraftStore
from medopt.project.images import ImageStore
from medopt.project.label_kind import LabelContent
from medopt.project.label_rows import Effort
from medopt.project.labels import LabelStore
from medopt.project.leases import LeaseStore
from medopt.project.names import annotator_handle
from medopt.project.proposal_scores import ProposalScores
from medopt.project.proposals import ProposalStore, set_flag
from medopt.project.records import Case, Edits, LabelVersion, Opening, ProjectStatus, ProposalRecord
from medopt.project.schema import CASES
from medopt.project.settings import ClassInfo, ProjectSettings, load_settings

FOLDERS = ("images", "labels", "proposals", "runs", "models", "reports", "cache", "jobs")
"""What every project folder holds, besides ``project.yaml`` and the catalogue."""


class Project:
    """A project folder that is open. Make one with `Project.create` or `Project.open`.

    Objects are light, hold no connection and no lock, and may be used from several threads; several processes
    may have the same project open and write to it.
    """

    def __init__(self, folder: Path, settings: ProjectSettings, catalogue: Catalogue) -> None:
        self.folder, self.settings, self.catalogue = folder, settings, catalogue
        self.images = ImageStore(folder, catalogue, settings.channels)
        self.labels = LabelStore(folder, catalogue, settings)
        self.proposals = ProposalStore(folder, catalogue, settings)
        self.leases = LeaseStore(catalogue)
        self.drafts = DraftStore(folder, catalogue, settings)

    @classmethod
    def create(
        cls,
        folder: str | Path,
        *,
        name: str,
        classes: Sequence[ClassInfo],
        channels: Sequence[str] = ("image",),
        task: Literal["segmentation", "classification", "detection"] = "segmentation",
        multi_label: bool = False,
        ignored: int | None = None,
        catalogue: str | None = None,
    ) -> Project:
        """Make a new project; ``project.yaml`` is written last, so a kill leaves no half project.

        Raises MedOptError when the folder is a project already or cannot be written, and for wrong values.
        """
        folder = Path(folder).resolve()
        path = folder / settings_file.FILE_NAME
        if path.exists():
            raise MedOptError(
                "the folder is a project already",
                where=folder,
                remedy="Open it, or choose another folder for the new project",
            )
        values = {
            "id": uuid.uuid4().hex,
            "name": name,
            "task": task,
            "multi_label": multi_label,
            "ignored": ignored,
            "classes": [c.model_dump() for c in classes],
            "channels": list(channels),
            "catalogue": catalogue,
        }
        settings = ProjectSettings.parse(values, "the new project")
        try:
            for part in FOLDERS:
                (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        opened = Catalogue.create(folder, settings.catalogue, settings.id)
        settings.save(path)
        return cls(folder, settings, opened)

    @classmethod
    def open(cls, folder: str | Path) -> Project:
        """Open a project and mend what a killed process left behind.

        Raises MedOptError when the folder is no project, of a newer version, damaged, or cannot be written.
        """
        folder = Path(folder).resolve()
        settings = load_settings(folder)
        catalogue = Catalogue.open(folder, settings.catalogue, settings.id)
        project = cls(folder, settings, catalogue)
        project.labels.recover()
        project.proposals.recover()
        return project

    @property
    def id(self) -> str:
        """Random, made with the project; 32 hexadecimal digits."""
        return self.settings.id

    # ---- folders ---------------------------------------------------------------------------------------------

    @property
    def runs_folder(self) -> Path:
        """Training runs, one folder each."""
        return self._part("runs")

    @property
    def models_folder(self) -> Path:
        """Exported models, one folder each."""
        return self._part("models")

    @property
    def reports_folder(self) -> Path:
        """Reports that are not part of a run."""
        return self._part("reports")

    @property
    def cache_folder(self) -> Path:
        """What can be computed again; may be deleted at any time."""
        return self._part("cache")

    @property
    def jobs_folder(self) -> Path:
        """Jobs, one folder each."""
        return self._part("jobs")

    def _part(self, name: str) -> Path:
        folder = self.folder / name
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        return folder

    # ---- cases -----------------------------------------------------------------------------------------------

    def cases(self) -> list[Case]:
        """All cases, ordered by id."""
        with self.catalogue.read() as connection:
            return list_cases(connection)

    def case(self, case_id: str) -> Case:
        """One case; MedOptError for an unknown id."""
        with self.catalogue.read() as connection:
            return find_case(connection, case_id)

    def status(self) -> ProjectStatus:
        """Counts of what the project holds; quick for many thousands of cases."""
        with self.catalogue.read() as connection:
            cases, labelled, proposals, flagged = count_cases(connection)
        runs = _count_folders(self.folder / "runs", "run.json")
        models = _count_folders(self.folder / "models", "metadata.json")
        return ProjectStatus(cases, labelled, proposals, flagged, runs, models)

    def set_flag(self, case_id: str, note: str | None) -> None:
        """Flag a case with a note for whoever looks next; None takes the flag away."""
        set_flag(self.catalogue, case_id, note)

    def set_attributes(self, case_id: str, attributes: Mapping[str, str]) -> None:
        """Set what is known of a case besides its voxels (site, scanner, sex, age group …), in place of what was.

        Nothing that identifies a person belongs here.
        """
        values = json.dumps({str(k): str(v) for k, v in attributes.items()}, ensure_ascii=False, sort_keys=True)
        with self.catalogue.write() as connection:
            lock_case(connection, case_id)
            connection.execute(update(CASES).where(CASES.c.id == case_id).values(attributes=values))

    # ---- images ----------------------------------------------------------------------------------------------

    def image_paths(self, case_id: str) -> tuple[Path, ...]:
        """The image files of a case, one a channel."""
        return tuple(self.images.path(file) for file in self.images.files(case_id))

    def read_image(self, case_id: str) -> Image:
        """(channel, k, j, i) in the dtype of the source, channels in the project's order.

        Raises MedOptError when a file is missing or damaged, a referenced file has changed, or channels lie on
        different grids.
        """
        return self.images.read(case_id)

    # ---- labels and proposals ----------------------------------------------------------------------------------

    def label_path(self, case_id: str) -> Path | None:
        """The label file of a case, None when it has no label."""
        return self.labels.path(case_id) if self.case(case_id).labelled else None

    def read_label(self, case_id: str) -> Any:
        """The label that counts, with the values of the project's classes; MedOptError when there is none.

        A LabelMap in a project of segmentation, Boxes of detection, a ClassLabel of classification.
        """
        return self.labels.read(case_id)

    def save_label(
        self,
        case_id: str,
        label: Label,
        *,
        annotator: str,
        seconds: float | None = None,
        source: Literal["manual", "import", "proposal"] = "manual",
        note: str = "",
        edits: Edits | None = None,
        undos: int | None = None,
        blind: bool = False,
        started_from: ProposalRecord | None = None,
    ) -> int:
        """Save a label as a new version and return its number; earlier versions stay in ``labels/history/``.

        Parameters
        ----------
        annotator : a handle that the user chose; it is kept in the catalogue alone
        seconds : the time that the labelling took
        source : "proposal" when it began as one; the version then has the model and the round of the proposal
        edits : what was changed against what the annotator started from
        undos : how often something was taken back
        blind : whether the annotator saw no proposal
        started_from : the proposal that it began as, when it may have been replaced since; by default the present one

        Raises MedOptError when the label does not fit the case or cannot be written; the earlier label is then
        untouched.
        """
        annotator = annotator_handle(annotator)
        if seconds is not None and not 0 <= seconds < float("inf"):
            raise MedOptError("wrong labelling time", expected="seconds, 0 or more", found=str(seconds))
        effort = Effort(edits, undos, blind)
        if source == "proposal":
            effort = Effort.from_proposal(started_from or self.proposal(case_id), edits, undos, blind)
        return self.labels.save(
            case_id,
            label,
            annotator=annotator,
            seconds=seconds,
            source=source,
            note=note,
            proposal=self.read_proposal(case_id),
            effort=effort,
        )

    def label_values(self) -> dict[str, tuple[int, ...]]:
        """The class values in the label of each labelled case, as the catalogue knows them: fast, no file is read."""
        return {case: content.values for case, content in self.labels.contents().items()}

    def label_contents(self) -> dict[str, LabelContent]:
        """Classes, their voxels or boxes, and what nobody looked for, of each labelled case; no file is read."""
        return self.labels.contents()

    def label_history(self, case_id: str) -> list[LabelVersion]:
        """All versions of a case's label, the first one first."""
        return self.labels.history(case_id)

    def restore_label(self, case_id: str, version: int, *, by: str | None = None) -> int:
        """Make a new version that equals an earlier one, its annotator included, and return its number.

        ``by`` is the handle of who restores it. Raises MedOptError for a version that there is not, and for a file
        that is gone or cannot be read.
        """
        return self.labels.restore(case_id, version, None if by is None else annotator_handle(by))

    def save_proposal(
        self,
        case_id: str,
        label: Label,
        *,
        model: str,
        confidence: float | None = None,
        round: int | None = None,
        scores: NDArray[np.uint8] | None = None,
        catch: bool = False,
    ) -> None:
        """Save what a model suggests for a case, in place of an earlier proposal, rejected or not.

        Parameters
        ----------
        confidence : of the whole proposal, 0 to 1
        round : of teaching
        scores : of segmentation, (class, k, j, i) in the order of project.yaml, probability × 255
        catch : whether it is known to be wrong, to see if the annotator notices

        Raises MedOptError when something does not fit the case; the earlier proposal is then untouched.
        """
        self.proposals.save(case_id, label, model, confidence=confidence, round=round, scores=scores, catch=catch)

    def proposal(self, case_id: str) -> ProposalRecord | None:
        """Model, time, confidence and more of the proposal of a case, None when there is none."""
        return self.proposals.record(case_id)

    def read_proposal(self, case_id: str) -> Any:
        """What a model suggested, rejected or not; None when there is no proposal."""
        return self.proposals.read(case_id)

    def read_scores(self, case_id: str) -> ProposalScores | None:
        """How sure the model was of each voxel of its proposal, None when that is not known."""
        return self.proposals.read_scores(case_id)

    def reject_proposal(self, case_id: str, annotator: str) -> None:
        """Note that a proposal is useless: the case counts as without one until another is saved; the file stays."""
        self.proposals.reject(case_id, annotator)

    def proposal_path(self, case_id: str) -> Path | None:
        """The file of the proposal, None when there is none."""
        path = self.proposals.path(self.case(case_id).id)
        return path if path.is_file() else None

    # ---- the sealed test subjects ------------------------------------------------------------------------------

    def open_test(self, purpose: str) -> tuple[str, ...]:
        """Case ids of the test subjects; every look is counted, with what it was for."""
        return splitting.open_test(self, purpose)

    def test_openings(self) -> list[Opening]:
        """Every look at the test subjects so far."""
        return splitting.list_openings(self)


def _count_folders(folder: Path, holding: str) -> int:
    """Folders directly within ``folder`` that hold a file of this name."""
    try:
        return sum((entry / holding).is_file() for entry in folder.iterdir())
    except FileNotFoundError:
        return 0
