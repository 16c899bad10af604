"""How much each source of evidence counts: the weights of MedOpt Assist."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trust:
    """How much each source counts, in log-odds; chosen by hand on a few hippocampus and left ventricle cases.

    Parameters
    ----------
    model : factor of the model's log-odds at the first stroke of a structure
    corrected : the same at a later one, which says that the model is wrong around there
    intensity : factor of the intensities' log-likelihood ratio
    mask : log-odds that a voxel far inside or outside of the present mask stays so
    lock : the same, in addition, far from the stroke
    first : ``lock`` of the first stroke of a structure without a model
    softness : voxels from the mask's border to where three quarters of ``mask`` count
    margin : least log-odds that the stroke has where it was drawn
    reach : of a stroke, as a share of its distance to the mask's border
    share : of the histogram of what is marked, that the stroke gets beside the mask
    coupling : of neighbours at most, see `random_field.solve`
    stiffness : how far neighbours hold together at most, as a share of the stroke's distance to the mask's border
    sharpness : of edges, see `random_field.Links`
    """

    model: float = 1.0
    corrected: float = 0.3
    intensity: float = 0.5
    mask: float = 0.65
    lock: float = 3.0
    first: float = 0.5
    softness: float = 1.5
    margin: float = 1.5
    reach: float = 1.5
    share: float = 0.6
    coupling: float = 24.0
    stiffness: float = 0.75
    sharpness: float = 0.6


TRUST = Trust()
SURE = 4.0
"""Log-odds of a stroke."""
