"""The files beside the weights: metadata that MONAI tools read as a bundle, and MedOpt's own description in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import medopt
from medopt.files import write_json
from medopt.inference import ModelDescription


def package_metadata(description: ModelDescription, section: dict[str, Any]) -> dict[str, Any]:
    """``metadata.json`` after MONAI's bundle specification, with MedOpt's section ``medopt`` beside it."""
    background = {"0": "background"}
    channels = {str(n): info.name for n, info in enumerate(description.classes, start=1)}
    versions = section.get("versions", {})
    space = list(description.patch)[3 - description.dims :]
    return {
        "version": "1.0.0",
        "changelog": {"1.0.0": "exported by MedOpt"},
        "monai_version": versions.get("monai", ""),
        "pytorch_version": versions.get("torch", ""),
        "numpy_version": versions.get("numpy", ""),
        "required_packages_version": {"onnxruntime": versions.get("onnxruntime", "")},
        "name": description.name,
        "task": f"{description.dims}D {description.task}",
        "description": f"Made by MedOpt {medopt.__version__}; see card.md",
        "authors": "",
        "copyright": "",
        "network_data_format": {
            "inputs": {
                "image": {
                    "type": "image",
                    "format": "magnitude",
                    "num_channels": len(description.channels),
                    "spatial_shape": [f"{d}*n" for d in description.divisor[3 - description.dims :]],
                    "dtype": "float32",
                    "value_range": [],
                    "is_patch_data": True,
                    "patch_shape": space,
                    "channel_def": {str(n): name for n, name in enumerate(description.channels)},
                }
            },
            "outputs": {
                "pred": {
                    "type": "image",
                    "format": "segmentation",
                    "num_channels": description.build_task().outputs,
                    "spatial_shape": [f"{d}*n" for d in description.divisor[3 - description.dims :]],
                    "dtype": "float32",
                    "value_range": [],
                    "is_patch_data": True,
                    "channel_def": {**background, **channels},
                }
            },
        },
        "medopt": section,
    }


def write_configs(folder: Path, description: ModelDescription) -> None:
    """``configs/``: the metadata again where MONAI looks for it, and what MedOpt's runtime does, for people to read."""
    (folder / "configs").mkdir(exist_ok=True)
    metadata = (folder / "metadata.json").read_bytes()
    (folder / "configs" / "metadata.json").write_bytes(metadata)
    write_json(
        folder / "configs" / "inference.json",
        {
            "steps": [
                "prepare the image by 'preprocess', in order; arrays are (channel, k, j, i)",
                "cut it into windows that share 'overlap' of their side, sides multiples of 'divisor', 0 outside",
                "run the network on each window and take the softmax over the classes",
                "average the windows with Gaussian weights (sigma an eighth of the side)",
                "bring the probabilities back to the image's own grid (linear) and take the largest class",
            ],
            "preprocess": description.preprocess.model_dump(mode="json"),
            "patch": list(description.patch),
            "divisor": list(description.divisor),
            "overlap": description.inference.overlap,
            "mirror": description.inference.mirror,
        },
    )
