"""Run the self tests of all MedOpt modules inside Slicer and end it with 0 when they passed, 1 when not.

Slicer --testing --no-splash --no-main-window \
    --additional-module-paths MedOptCore MedOptLabel MedOptTrain MedOptValidate \
    --python-script Testing/Slicer/run_selftests.py
"""

import os
import sys
import unittest

import slicer

MODULES = ("core", "label", "train", "validate")


def main() -> int:
    """0 when every test passed or was skipped with a reason."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    suite = unittest.TestSuite()
    for name in MODULES:
        suite.addTests(unittest.defaultTestLoader.loadTestsFromName(f"medopt_{name}_selftest"))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    status = 1
    try:
        status = main()
    finally:
        slicer.util.exit(status)
