"""Self tests of MedOptTrain inside Slicer: each test of the module's own class, alone. CTest runs this file."""

import MedOptTrain


class MedOptTrainSelfTest(MedOptTrain.MedOptTrainTest):
    """Its tests come from the module, so that the Self Tests module runs the same ones."""
