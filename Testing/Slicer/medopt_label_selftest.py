"""Self tests of MedOptLabel inside Slicer: each test of the module's own class, alone. CTest runs this file."""

import MedOptLabel


class MedOptLabelSelfTest(MedOptLabel.MedOptLabelTest):
    """Its tests come from the module, so that the Self Tests module runs the same ones."""
