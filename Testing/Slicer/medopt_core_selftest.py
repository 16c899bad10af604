"""Self tests of MedOptCore inside Slicer: each test of the module's own class, alone. CTest runs this file."""

import MedOptCore


class MedOptCoreSelfTest(MedOptCore.MedOptCoreTest):
    """Its tests come from the module, so that the Self Tests module runs the same ones."""
