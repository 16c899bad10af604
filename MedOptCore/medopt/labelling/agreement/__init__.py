"""Agreement between annotators: pairs, kappa, STAPLE, consensus. Needs no torch."""

from medopt.labelling.agreement.consensus import WrittenConsensus, write_consensus
from medopt.labelling.agreement.measure import measure_agreement
from medopt.labelling.agreement.opinions import CONSENSUS, IMPORTED, Opinion, find_opinions, read_opinion
from medopt.labelling.agreement.records import (
    EVERYBODY,
    MEASURES,
    Agreement,
    AgreementRow,
    CaseRow,
    RaterRow,
)
from medopt.labelling.agreement.staple import Consensus, Staple, staple, staple_labels
from medopt.labelling.agreement.tables import write_agreement_tables

__all__ = [
    "CONSENSUS",
    "EVERYBODY",
    "IMPORTED",
    "MEASURES",
    "Agreement",
    "AgreementRow",
    "CaseRow",
    "Consensus",
    "Opinion",
    "RaterRow",
    "Staple",
    "WrittenConsensus",
    "find_opinions",
    "measure_agreement",
    "read_opinion",
    "staple",
    "staple_labels",
    "write_agreement_tables",
    "write_consensus",
]
