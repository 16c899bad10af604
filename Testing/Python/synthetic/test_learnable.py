"""A small network learns the made-up structures: neither trivial (see test_case) nor hopeless."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from medopt.synthetic import make_case

SPACING = (1.8, 1.1, 1.1)
SHAPE = (40, 56, 40)


def _prepared(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Image and label on one spacing and one shape, intensities of mean 0 and deviation 1."""
    image, label = make_case(seed)
    shape = np.maximum(1, np.rint(np.array(image.geometry.extent) / SPACING)).astype(int)
    factors = shape / image.geometry.shape
    grey = ndimage.zoom(image.array[0].astype(np.float32), factors, order=1, grid_mode=True, mode="nearest")
    known = ndimage.zoom(label.array, factors, order=0, grid_mode=True, mode="nearest")
    grey = (grey - grey.mean()) / grey.std()
    found = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.int64)
    cut = tuple(
        slice(first, first + m) for n, m in zip(grey.shape, SHAPE, strict=True) for first in [max(0, (n - m) // 2)]
    )
    place = tuple(slice((m - n) // 2, (m + n) // 2) for n, m in zip(grey[cut].shape, SHAPE, strict=True))
    found[0][place], found[1][place] = grey[cut], known[cut]
    return found


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_small_network_learns_it_from_eighteen_subjects() -> None:
    torch = pytest.importorskip("torch")
    from monai.losses import DiceCELoss
    from monai.networks.nets import UNet

    torch.manual_seed(0)
    cases = [_prepared(seed) for seed in range(1000, 1024)]
    images = torch.tensor(np.stack([c[0] for c in cases]))[:, None]
    labels = torch.tensor(np.stack([c[1] for c in cases]))[:, None]
    steps, training = 900, 18
    network = UNet(3, 1, 3, (16, 32, 64, 128), (2, 2, 2), num_res_units=2, norm="instance")
    optimiser = torch.optim.AdamW(network.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.PolynomialLR(optimiser, steps, power=0.9)
    loss = DiceCELoss(softmax=True, to_onehot_y=True, include_background=False)
    for _ in range(steps):
        drawn = torch.randint(0, training, (2,))
        x, y = images[drawn], labels[drawn]
        if torch.rand(1) < 0.5:
            x, y = x.flip(4), y.flip(4)
        linear = torch.eye(3).repeat(2, 1, 1) * (1 + 0.08 * torch.randn(2, 1, 1)) + 0.06 * torch.randn(2, 3, 3)
        matrix = torch.cat([linear, 0.06 * torch.randn(2, 3, 1)], dim=2)
        grid = torch.nn.functional.affine_grid(matrix, list(x.shape), align_corners=False)
        x = torch.nn.functional.grid_sample(x, grid, align_corners=False)
        y = torch.nn.functional.grid_sample(y.float(), grid, mode="nearest", align_corners=False).long()
        x = x * (1 + 0.2 * torch.randn(2, 1, 1, 1, 1)) + 0.2 * torch.randn(2, 1, 1, 1, 1)
        optimiser.zero_grad()
        loss(network(x), y).backward()
        optimiser.step()
        schedule.step()
    network.eval()
    with torch.no_grad():
        found = network(images[training:]).argmax(1).numpy()
    known = labels[training:, 0].numpy()
    scores = [
        2 * ((f == v) & (k == v)).sum() / ((f == v).sum() + (k == v).sum())
        for f, k in zip(found, known, strict=True)
        for v in (1, 2)
    ]
    assert np.mean(scores) > 0.84
