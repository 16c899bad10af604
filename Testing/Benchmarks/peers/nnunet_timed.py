"""nnU-Net v2 as it is, but for its length: it trains for the minutes given, its learning rate falling to zero in them.

Runs in the environment of the peers: ``python nnunet_timed.py JOB.json``. The job names ``images`` and ``labels``
(case → file), ``train`` and ``held_out`` (cases), ``minutes``, ``work`` (kept between jobs: the prepared data are made
once) and ``output``, where ``CASE.nii.gz`` is written for each held-out case. Plans, network, patch, batch, loss,
augmentation and test-time mirroring are nnU-Net's own for 3d_fullres.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

DATASET = "Dataset004_Peer"


def main(job: dict) -> None:
    """Prepare once, train for the minutes, predict."""
    work, output = Path(job["work"]), Path(job["output"])
    for name in ("raw", "preprocessed", "results"):
        os.environ[f"nnUNet_{name}"] = str(work / name)
    os.environ["nnUNet_compile"] = "f"  # noqa: SIM112 (the name that nnU-Net reads)
    os.environ.setdefault("nnUNet_n_proc_DA", "1")
    import torch
    from nnunetv2.experiment_planning.plan_and_preprocess_api import (
        extract_fingerprints,
        plan_experiments,
        preprocess,
    )
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    raw, prepared = work / "raw" / DATASET, work / "preprocessed" / DATASET
    if not (prepared / "nnUNetPlans_3d_fullres").is_dir():
        lay_out(job, raw)
        extract_fingerprints([4], num_processes=1)
        plan_experiments([4])
        preprocess([4], configurations=["3d_fullres"], num_processes=[1])
    splits = [{"train": job["train"], "val": job["held_out"]}]
    (prepared / "splits_final.json").write_text(json.dumps(splits))

    class Timed(nnUNetTrainer):
        """nnU-Net's trainer with a clock in place of the number of epochs."""

        def run_training(self) -> None:
            self.on_train_start()
            self.on_train_epoch_start()
            began, seconds, self.steps = time.monotonic(), 60 * job["minutes"], 0
            while (share := (time.monotonic() - began) / seconds) < 1:
                for group in self.optimizer.param_groups:
                    group["lr"] = self.initial_lr * (1 - share) ** 0.9
                self.train_step(next(self.dataloader_train))
                self.steps += 1
            for loader in (self.dataloader_train, self.dataloader_val):
                if hasattr(loader, "_finish"):
                    loader._finish()

    plans = json.loads((prepared / "nnUNetPlans.json").read_text())
    described = json.loads((prepared / "dataset.json").read_text())
    plans["continue_training"] = False
    trainer = Timed(plans, "3d_fullres", 0, described, device=torch.device("cpu"))
    trainer.initialize()
    trainer.run_training()
    print(f"nnU-Net: {trainer.steps} steps of {trainer.batch_size} patches", flush=True)
    trainer.perform_actual_validation(False)
    output.mkdir(parents=True, exist_ok=True)
    for case in job["held_out"]:
        shutil.copyfile(Path(trainer.output_folder) / "validation" / f"{case}.nii.gz", output / f"{case}.nii.gz")
    (output / "facts.json").write_text(json.dumps({"steps": trainer.steps, "batch": trainer.batch_size}))


def lay_out(job: dict, raw: Path) -> None:
    """The folders that nnU-Net reads."""
    cases = [*job["train"], *job["held_out"]]
    for folder, files, ending in (("imagesTr", job["images"], "_0000"), ("labelsTr", job["labels"], "")):
        (raw / folder).mkdir(parents=True, exist_ok=True)
        for case in cases:
            shutil.copyfile(files[case], raw / folder / f"{case}{ending}.nii.gz")
    values = {"background": 0, **job["classes"]}
    described = {
        "channel_names": {"0": "MRI"},
        "labels": values,
        "numTraining": len(cases),
        "file_ending": ".nii.gz",
    }
    (raw / "dataset.json").write_text(json.dumps(described))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
