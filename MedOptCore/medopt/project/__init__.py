"""The project folder and its catalogue: cases, labels with their history, import, verification, splits."""

from medopt.project.checking import check_project
from medopt.project.class_counts import ClassCount, count_classes
from medopt.project.importing import import_folder
from medopt.project.label_kind import LabelContent
from medopt.project.project import Project
from medopt.project.proposal_scores import ProposalScores
from medopt.project.records import (
    Case,
    Draft,
    DraftRecord,
    Edits,
    Finding,
    ImportSummary,
    LabelVersion,
    Lease,
    Opening,
    ProjectStatus,
    ProposalRecord,
)
from medopt.project.settings import ClassInfo, ProjectSettings
from medopt.project.split import Split
from medopt.project.splitting import load_split, make_split

__all__ = [
    "Case",
    "ClassCount",
    "ClassInfo",
    "Draft",
    "DraftRecord",
    "Edits",
    "Finding",
    "ImportSummary",
    "LabelContent",
    "LabelVersion",
    "Lease",
    "Opening",
    "Project",
    "ProjectSettings",
    "ProjectStatus",
    "ProposalRecord",
    "ProposalScores",
    "Split",
    "check_project",
    "count_classes",
    "import_folder",
    "load_split",
    "make_split",
]
