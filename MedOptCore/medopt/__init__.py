"""MedOpt: from a folder of scans to a validated, lightweight deep-learning model.

Importing this package imports nothing heavy: torch, monai and onnxruntime are loaded only by the
rooms that need them, in the process that runs them.
"""

from medopt.errors import MedOptError

__version__ = "0.1.0"
__all__ = ["MedOptError", "__version__"]
