"""From a trained network to a model package that runs anywhere, with proof that it gives the same."""

from medopt.compression.export import export_run
from medopt.compression.parity import ParityCase, ParityProof, prove_parity

__all__ = ["ParityCase", "ParityProof", "export_run", "prove_parity"]
