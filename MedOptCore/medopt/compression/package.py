"""The files beside the weights: metadata that MONAI tools read as a bundle, and MedOpt's own description in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import medopt
from medopt.files import write_json
from medopt.inference import ModelDescription


def package_metadata(description: ModelDescription, section: dict[str, Any]) -> dict[str, Any]:
    """``metadata.json`` after MONAI's bundle specification, with MedOpt's section ``medopt`` beside it."""
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
            "outputs": {"pred": _output(description)},
        },
        "medopt": section,
    }


def _output(description: ModelDescription) -> dict[str, Any]:
    """What comes out, after MONAI's metadata schema."""
    classes = [info.name for info in description.classes]
    sides = description.divisor[3 - description.dims :]
    if description.task == "classification":
        return {
            "type": "probabilities",
            "format": "classes",
            "num_channels": len(classes),
            "spatial_shape": [],
            "dtype": "float32",
            "value_range": [],
            "is_patch_data": False,
            "channel_def": {str(n): name for n, name in enumerate(classes)},
        }
    if description.task == "detection":
        axes = ("k", "j", "i")[3 - description.dims :]
        outputs = [*(f"center of {name}" for name in classes), *(f"log size {a}" for a in axes)]
        outputs += [f"offset {a}" for a in axes]
        stride = description.stride[3 - description.dims :]
        return {
            "type": "object",
            "format": "center heat map, log size and offset",
            "num_channels": len(outputs),
            "spatial_shape": [f"{d // s}*n" for d, s in zip(sides, stride, strict=True)],
            "dtype": "float32",
            "value_range": [],
            "is_patch_data": True,
            "channel_def": {str(n): name for n, name in enumerate(outputs)},
        }
    return {
        "type": "image",
        "format": "segmentation",
        "num_channels": description.build_task().outputs,
        "spatial_shape": [f"{d}*n" for d in sides],
        "dtype": "float32",
        "value_range": [],
        "is_patch_data": True,
        "channel_def": {str(n): name for n, name in enumerate(["background", *classes])},
    }


def _steps(description: ModelDescription) -> list[str]:
    """How the outputs become an answer, for people."""
    first = [
        "prepare the image by 'preprocess', in order; arrays are (channel, k, j, i)",
        "cut it into windows that share 'overlap' of their side, sides multiples of 'divisor', 0 outside",
    ]
    if description.task == "classification":
        over = "sigmoid of each class" if description.multi_label else "softmax over the classes"
        call = "classes of at least one half are" if description.multi_label else "the most probable class is"
        return [
            *first,
            f"run the network on each window and take the {over}",
            "take the mean over the windows",
            f"{call} the answer",
        ]
    if description.task == "detection":
        return [
            *first,
            "run the network on each window; the first channels are logits of centres, one a class: take their sigmoid",
            "average the windows with Gaussian weights (sigma an eighth of the side)",
            "a cell that is the largest of its neighbours (3 cells along each axis) is the centre of a box; its "
            "value is "
            "the score",
            "cell c of stride s has its middle at (c + 1/2) s - 1/2 voxels; add 'offset' times s; sizes are e to "
            "the 'log "
            "size' in voxels",
            "bring the boxes from the prepared grid to the patient (LPS mm)",
        ]
    return [
        *first,
        "run the network on each window and take the softmax over the classes",
        "average the windows with Gaussian weights (sigma an eighth of the side)",
        "bring the probabilities back to the image's own grid (linear) and take the largest class",
    ]


def write_configs(folder: Path, description: ModelDescription) -> None:
    """``configs/``: the metadata again where MONAI looks for it, and what MedOpt's runtime does, for people to read."""
    (folder / "configs").mkdir(exist_ok=True)
    metadata = (folder / "metadata.json").read_bytes()
    (folder / "configs" / "metadata.json").write_bytes(metadata)
    write_json(
        folder / "configs" / "inference.json",
        {
            "steps": _steps(description),
            "preprocess": description.preprocess.model_dump(mode="json"),
            "patch": list(description.patch),
            "divisor": list(description.divisor),
            "stride": list(description.stride),
            "overlap": description.inference.overlap,
            "mirror": list(description.inference.mirror),
        },
    )
