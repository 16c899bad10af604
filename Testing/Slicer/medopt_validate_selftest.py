"""Self tests of MedOptValidate inside Slicer: each test of the module's own class, alone. CTest runs this file."""

import MedOptValidate


class MedOptValidateSelfTest(MedOptValidate.MedOptValidateTest):
    """Its tests come from the module, so that the Self Tests module runs the same ones."""
