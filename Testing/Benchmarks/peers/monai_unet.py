"""A plain MONAI U-Net as MONAI's 3D segmentation tutorials set it up, for the minutes given.

Runs in the environment of the peers: ``python monai_unet.py JOB.json``; the job is that of nnunet_timed.py. Network,
loss, optimiser, sampling of crops and sliding window follow the tutorials on spleen and brain tumours (UNet 16-256 with
two residual units and batch norm, Dice loss, Adam 1e-4, positive and negative crops, flips and intensity shifts);
window and patch are those that fit these images.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import nibabel
import numpy as np
import torch
from monai.data import CacheDataset, DataLoader, decollate_batch
from monai.inferers import sliding_window_inference
from monai.losses import DiceLoss
from monai.networks.nets import UNet
from monai.transforms import (
    Compose,
    EnsureChannelFirstd,
    EnsureTyped,
    LoadImaged,
    NormalizeIntensityd,
    RandCropByPosNegLabeld,
    RandFlipd,
    RandScaleIntensityd,
    RandShiftIntensityd,
    SpatialPadd,
)
from monai.utils import set_determinism

PATCH = (32, 48, 32)
KEYS = ("image", "label")


def main(job: dict) -> None:
    """Train for the minutes, predict."""
    set_determinism(0)
    classes = len(job["classes"]) + 1
    read = [LoadImaged(KEYS), EnsureChannelFirstd(KEYS), NormalizeIntensityd("image"), SpatialPadd(KEYS, PATCH)]
    drawn = [
        RandCropByPosNegLabeld(KEYS, "label", PATCH, pos=1, neg=1, num_samples=4),
        RandFlipd(KEYS, prob=0.1, spatial_axis=0),
        RandFlipd(KEYS, prob=0.1, spatial_axis=1),
        RandFlipd(KEYS, prob=0.1, spatial_axis=2),
        RandScaleIntensityd("image", factors=0.1, prob=0.1),
        RandShiftIntensityd("image", offsets=0.1, prob=0.5),
        EnsureTyped(KEYS),
    ]
    files = [{"image": job["images"][case], "label": job["labels"][case]} for case in job["train"]]
    data = CacheDataset(files, Compose([*read, *drawn]), cache_rate=1.0, num_workers=0, progress=False)
    loader = DataLoader(data, batch_size=2, shuffle=True, num_workers=0)
    network = UNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=classes,
        channels=(16, 32, 64, 128, 256),
        strides=(2, 2, 2, 2),
        num_res_units=2,
        norm="batch",
    )
    loss = DiceLoss(to_onehot_y=True, softmax=True)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    steps, began, seconds = 0, time.monotonic(), 60 * job["minutes"]
    network.train()
    while time.monotonic() - began < seconds:
        for batch in loader:
            optimiser.zero_grad()
            value = loss(network(batch["image"].as_tensor()), batch["label"].as_tensor())
            value.backward()
            optimiser.step()
            steps += 1
            if time.monotonic() - began >= seconds:
                break
    print(f"MONAI: {steps} steps of 8 patches", flush=True)
    output = Path(job["output"])
    output.mkdir(parents=True, exist_ok=True)
    network.eval()
    alone = Compose([LoadImaged("image"), EnsureChannelFirstd("image"), NormalizeIntensityd("image")])
    for case in job["held_out"]:
        image = alone({"image": job["images"][case]})["image"][None].as_tensor()
        with torch.no_grad():
            scores = sliding_window_inference(image, PATCH, 4, network, overlap=0.25)
        label = decollate_batch(scores)[0].argmax(dim=0).numpy().astype(np.uint8)
        nibabel.save(nibabel.Nifti1Image(label, nibabel.load(job["images"][case]).affine), output / f"{case}.nii.gz")
    (output / "facts.json").write_text(json.dumps({"steps": steps, "batch": 8}))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
