"""That MedOpt and its peers do the same where they are told the same: the ground for comparing their times.

Every peer gets MedOpt's own drawn matrix, and its elastic field where it takes one; ``augmentation.py`` prints how far
the outcomes lie apart.
"""

from __future__ import annotations

import numpy as np
import torch
from augmentation_cases import SPACING, Case, make_case, sampling_grid, source_places
from augmentation_peers import Way
from scipy.spatial.transform import Rotation
from torch.nn import functional

from medopt.augment import AugmentSettings, Drawn, content_matrix, draw, sample_patches

Result = tuple[torch.Tensor, torch.Tensor]
"""Image and label of a patch, (k, j, i)."""

TURN = {"technique": "rotation", "probability": 1.0}
ZOOM = {"technique": "scaling", "probability": 1.0}
SHEAR = {"technique": "shear", "probability": 1.0}
FLIP = {"technique": "flip", "probability": 0.5}
SHAPES = {"3D": ((96, 96, 96), (64, 64, 64)), "2D": ((1, 512, 512), (1, 512, 512))}

CONVENTIONS = """\
  'inside': voxels read from at least one voxel inside the volume. 'border': all others, where conventions differ:
  MedOpt, MONAI, batchgeneratorsv2 and grid_sample with zeros fade to 0 within the voxel beyond the last centre;
  TorchIO (SimpleITK) holds the last value up to the voxel's outer edge and is 0 from there.
  All count voxel centres from the centre of the volume, which is grid_sample's align_corners=False; with True the same
  grid would mean another scale. Peers that take angles instead of a matrix (TorchIO, batchgeneratorsv2) get the angles
  of the same matrix, without shear, and a mirrored volume where it mirrors. TorchIO's control points span a domain that
  MedOpt's are made to match, on a patch as large as the volume. Labels differ where rounding tips a tie."""


def ours(case: Case, drawn: Drawn) -> Result:
    """MedOpt's patch."""
    images, labels = sample_patches([case.volume], [case.label], [case.center], [drawn], case.patch, [SPACING])
    if labels is None:
        raise ValueError("no labels came back")
    return images[0, 0], labels[0]


def by_grid_sample(case: Case, drawn: Drawn) -> Result:
    """torch."""
    image, label = case.tensors()
    grid = sampling_grid(drawn, case.label.shape, case.flat)
    moved = functional.grid_sample(label[None].float(), grid, mode="nearest", align_corners=False)
    return functional.grid_sample(image[None], grid, align_corners=False)[0, 0], moved[0, 0].long()


def by_monai(case: Case, drawn: Drawn) -> Result:
    """MONAI's Affine with the matrix, or its Resample with the field."""
    from monai.transforms import Affine, Resample

    image, label = case.tensors()
    axes = [1, 2] if case.flat else [0, 1, 2]
    if any(a.technique == "elastic" for a in drawn.actions):
        grid = source_places(drawn)[axes].reshape(len(axes), *case.size)
        grid = torch.cat([grid, torch.ones_like(grid[:1])])
        out = [
            Resample(mode, padding_mode="zeros")(x, grid=grid) for x, mode in ((image, "bilinear"), (label, "nearest"))
        ]
    else:
        matrix = np.linalg.inv(content_matrix(drawn))[np.ix_([*axes, 3], [*axes, 3])]
        options = {"affine": matrix, "spatial_size": case.size, "padding_mode": "zeros", "image_only": True}
        out = [Affine(mode=mode, **options)(x) for x, mode in ((image, "bilinear"), (label, "nearest"))]
    return out[0][0].as_tensor(), out[1][0].as_tensor().long()


def by_batchgenerators(case: Case, drawn: Drawn) -> Result:
    """batchgeneratorsv2's SpatialTransform with angles and factor; with a field, given its grid."""
    from batchgeneratorsv2.transforms.spatial.spatial import SpatialTransform

    options = {"patch_center_dist_from_border": 0, "random_crop": False, "mode_seg": "nearest"}
    if any(a.technique == "elastic" for a in drawn.actions):
        image, label = case.tensors()
        grid = sampling_grid(drawn, case.label.shape, case.flat)[0]
        data = SpatialTransform(case.size, **options).apply({"image": image, "segmentation": label}, grid=grid)
        return data["image"][0], data["segmentation"][0].long()
    case, turn, factor = _without_mirror(case, drawn)
    if case.flat:
        angles = [0.0, float(np.arctan2(turn[1, 2], turn[1, 1]))]
    else:
        angles = Rotation.from_matrix(turn.T).as_euler("xyz").tolist()
    image, label = case.tensors()
    data = SpatialTransform(
        case.size,
        p_rotation=1,
        rotation=lambda image, dim: angles[dim],
        p_scaling=1,
        scaling=lambda image, dim: 1 / factor,
        p_synchronize_scaling_across_axes=1,
        **options,
    )(image=image, segmentation=label)
    return data["image"][0], data["segmentation"][0].long()


def by_torchio(case: Case, drawn: Drawn) -> Result:
    """TorchIO's Affine with angles and factor, or its ElasticDeformation with the control points, and a crop."""
    import torchio as tio

    elastic = [a.parameters for a in drawn.actions if a.technique == "elastic"]
    case, turn, factor = _without_mirror(case, drawn)
    if elastic:
        k, j, i = np.asarray(elastic[0]["field"]).transpose(0, 3, 2, 1)
        points = np.stack([-i, -j, k], axis=-1)[::-1, ::-1]  # ITK's run to the left and to the back, the voxels do not
        transform = tio.ElasticDeformation(points, max_displacement=(1, 1, 1))
    else:
        z, x, y = Rotation.from_matrix(turn[::-1, ::-1]).as_euler("ZXY", degrees=True)
        transform = tio.Affine((factor,) * 3, (x, y, z), (0, 0, 0), default_pad_value=0)
    subject = tio.Subject(
        image=tio.ScalarImage(tensor=torch.from_numpy(case.volume.transpose(0, 3, 2, 1))),
        label=tio.LabelMap(tensor=torch.from_numpy(case.label[None].transpose(0, 3, 2, 1))),
    )
    margins = [(n - p) // 2 for n, p in zip(case.label.shape, case.patch, strict=True)]
    inner = tuple(slice(m, m + p) for m, p in zip(margins, case.patch, strict=True))
    moved = transform(subject)
    return tuple(moved[name].data[0].permute(2, 1, 0)[inner] for name in ("image", "label"))


def _without_mirror(case: Case, drawn: Drawn) -> tuple[Case, np.ndarray, float]:
    """Rotation (k, j, i) and factor of the drawn matrix, and the case, mirrored along i if the matrix mirrors."""
    linear = content_matrix(drawn)[:3, :3]
    volume, label = case.volume, case.label
    if np.linalg.det(linear) < 0:
        linear = linear @ np.diag([1.0, 1.0, -1.0])
        volume, label = volume[..., ::-1].copy(), label[..., ::-1].copy()
    factor = float(np.linalg.norm(linear[2]))
    turn = linear / factor
    if case.flat:  # one slice is not scaled along k
        turn[0] = [np.sign(turn[0, 0]), 0, 0]
    return Case(volume, label, case.patch), turn, factor


def _matching_elastic(case: Case) -> dict[str, object]:
    """Elastic settings whose control points lie where ITK puts TorchIO's: thirds of the volume and an eighth of a voxel
    at each end.
    """
    return {"technique": "elastic", "probability": 1.0, "spacing": (case.patch[2] + 0.25) / 3, "magnitude": 4}


def compare(case: Case, techniques: list[dict[str, object]], seed: int, peers: dict[str, object]) -> None:
    """Print one block: how far each peer lies from MedOpt."""
    drawn = draw(AugmentSettings.parse({"techniques": techniques}, "benchmark"), seed, case.patch, SPACING)
    reference, labels = ours(case, drawn)
    places = source_places(drawn)
    inside = torch.ones(case.patch, dtype=torch.bool)
    for axis, n in enumerate(case.label.shape):
        if n > 1:
            inside &= places[axis].abs() <= (n - 1) / 2 - 1
    said = " + ".join(a.technique for a in drawn.actions)
    print(f"\n  {said}, {'x'.join(map(str, case.label.shape))} -> {'x'.join(map(str, case.patch))}")
    print(f"    {'inside: ' + format(float(inside.float().mean()), '.1%'):<38}{'largest':>10}{'mean':>10}"
          f"{'labels differ':>15}{'border, largest':>17}")  # fmt: skip
    for name, peer in peers.items():
        image, label = (x.reshape(case.patch) for x in peer(case, drawn))
        apart = (image - reference).abs()
        wrong = float((label != labels)[inside].float().mean())
        border = f"{float(apart[~inside].max()):17.1e}" if bool((~inside).any()) else f"{'none':>17}"
        print(f"    {name:<38}{float(apart[inside].max()):10.1e}{float(apart[inside].mean()):10.1e}"
              f"{wrong:15.4%}{border}", flush=True)  # fmt: skip


def show_agreement(found: dict[str, Way]) -> None:
    """Print how far each installed peer lies from MedOpt, where it is told to do the same."""
    affine = {
        "torch grid_sample": by_grid_sample,
        "MONAI Affine": by_monai,
        "batchgeneratorsv2 SpatialTransform": by_batchgenerators,
        "TorchIO Affine": by_torchio,
    }
    keys = {"MONAI": "MONAI, lazy", "batchgeneratorsv2": "batchgeneratorsv2", "TorchIO": "TorchIO"}
    affine = {n: p for n, p in affine.items() if n.split()[0] not in keys or not found[keys[n.split()[0]]].absent}
    by_matrix = {n: p for n, p in affine.items() if n.startswith(("torch", "MONAI"))}
    by_field = {n.replace("Affine", "Resample"): p for n, p in affine.items() if not n.startswith("TorchIO")}
    print("\nAgreement with MedOpt, told the same matrix and field; the image's standard deviation is 1")
    for shape, patch in SHAPES.values():
        case = make_case(shape, patch)
        compare(case, [FLIP, TURN, ZOOM], 2, affine)
        compare(case, [FLIP, TURN, ZOOM, SHEAR], 3, by_matrix)
        compare(case, [FLIP, TURN, ZOOM, {"technique": "elastic", "probability": 1.0}], 4, by_field)
    if not found["TorchIO"].absent:
        case = make_case((64, 64, 64), (64, 64, 64))
        compare(case, [_matching_elastic(case)], 5, {"TorchIO ElasticDeformation": by_torchio})
    print(f"\n{CONVENTIONS}")
