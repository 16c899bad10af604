"""Copy the part of a dump of Slicer's Python interface that the panels use into api_facts.json.

    python Testing/Python/panels/standins/copy_api_facts.py slicer-api.json

The dump holds, for each Qt, CTK and qMRML class, its properties, signals and callable names as a running Slicer
shows them, and the signatures of slicer's own Python functions. A panel that uses a further class or function
needs it in the lists below.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

CLASSES = (
    "qt.QObject",
    "qt.QWidget",
    "qt.QPushButton",
    "qt.QLabel",
    "qt.QLineEdit",
    "qt.QDoubleSpinBox",
    "qt.QCheckBox",
    "qt.QComboBox",
    "qt.QProgressBar",
    "qt.QPlainTextEdit",
    "qt.QTableWidget",
    "qt.QFrame",
    "qt.QTimer",
    "qt.QFileDialog",
    "qt.QFormLayout",
    "qt.QVBoxLayout",
    "qt.QHBoxLayout",
    "qt.QSettings",
    "ctk.ctkCollapsibleButton",
    "ctk.ctkPathLineEdit",
    "ctk.ctkSearchBox",
    "ctk.ctkSliderWidget",
    "slicer.qMRMLWidget",
    "slicer.qMRMLNodeComboBox",
    "slicer.qMRMLSegmentEditorWidget",
    "slicer.qMRMLLayoutManager",
    "slicer.qMRMLSliceWidget",
    "slicer.qMRMLSliceView",
    "scriptedEffect (qSlicerSegmentEditorScriptedEffect)",
    "slicer.app",
)
FUNCTIONS = (
    "slicer.util.VTKObservationMixin",
    "slicer.util.childWidgetVariables",
    "slicer.util.errorDisplay",
    "slicer.util.loadUI",
    "slicer.util.mainWindow",
    "slicer.util.setSliceViewerLayers",
    "slicer.util.showStatusMessage",
    "slicer.util.settingsValue",
    "slicer.i18n.tr",
    "slicer.i18n.translate",
    "slicer.packaging.pip_ensure",
    "slicer.packaging.load_requirements",
    "slicer.ScriptedLoadableModule.ScriptedLoadableModule",
    "slicer.ScriptedLoadableModule.ScriptedLoadableModuleLogic",
    "slicer.ScriptedLoadableModule.ScriptedLoadableModuleTest",
    "slicer.ScriptedLoadableModule.ScriptedLoadableModuleWidget",
    "slicer.parameterNodeWrapper.parameterNodeWrapper",
    "slicer.parameterNodeWrapper.WithinRange",
)
TARGET = Path(__file__).with_name("api_facts.json")


def main(source: str) -> int:
    """Write api_facts.json from the dump at ``source``."""
    dump = json.loads(Path(source).read_text(encoding="utf-8"))
    facts = {
        "about": dump["about"],
        "classes": {name: dump["classes"][name] for name in CLASSES},
        "functions": {name: dump["functions"][name] for name in FUNCTIONS},
        "names": {space: dump["names"][space] for space in ("qt", "ctk", "slicer")},
    }
    TARGET.write_text(json.dumps(facts, indent=0, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
