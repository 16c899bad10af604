"""Which packages are missing, and how they are installed."""

from pathlib import Path

import pytest

from MedOptCoreLib import packages
from MedOptCoreLib.packages import PackageGroup, install, installText, lightPackages, workerPackages


class Recorder:
    def __init__(self, fail=None):
        self.calls, self.fail = [], fail

    def install(self, requirements, requester):
        if self.fail:
            raise self.fail
        self.calls.append(("pip", tuple(requirements), requester))

    def installTorch(self, requirement):
        self.calls.append(("torch", requirement))


@pytest.fixture
def group(tmp_path):
    file = tmp_path / "requirements.txt"
    file.write_text("# a comment\nnumpy>=1.0  # there\nnumpy>=999\nno-such-package-of-anyone>=1\ntorch>=999\n\n")
    return PackageGroup("test", "about 1 MB", file)


def test_missing_are_absent_and_too_old_packages(group):
    assert [str(r) for r in group.missing()] == ["numpy>=999", "no-such-package-of-anyone>=1", "torch>=999"]


def test_the_text_says_what_how_large_and_where(group):
    text = installText(group)
    for part in ("numpy>=999", "no-such-package-of-anyone>=1", "about 1 MB", "site-packages", "needed to test"):
        assert part in text


def test_torch_goes_through_its_extension_and_the_rest_through_pip(group):
    installer = Recorder()
    install(group, installer)
    assert installer.calls == [
        ("torch", ">=999"),
        ("pip", ("numpy>=999", "no-such-package-of-anyone>=1"), "MedOpt"),
    ]


def test_a_refusal_passes_on(group):
    with pytest.raises(RuntimeError, match="declined"):
        install(group, Recorder(RuntimeError("User declined package installation")))


def test_groups_agree_with_pyproject():
    """One list for pip, one for Slicer: they must not drift apart."""
    tomllib = pytest.importorskip("tomllib")
    root = Path(packages.__file__).resolve().parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    slicer_brings = {"numpy", "scipy", "simpleitk", "pydicom"}

    def named(lines):
        from packaging.requirements import Requirement

        found = [Requirement(str(line)) for line in lines]
        return {(r.name.lower(), str(r.specifier)) for r in found if r.name.lower() not in slicer_brings}

    assert named(lightPackages().lines()) == named(project["dependencies"])
    assert named(workerPackages().lines()) == named(project["optional-dependencies"]["worker"])
    for group in (lightPackages(), workerPackages()):
        assert "==" not in group.requirements.read_text(encoding="utf-8")
