"""The rules of the adviser: each has a name, which stands beside every value that it gives, and a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A rule of the adviser.

    Parameters
    ----------
    text : what it says, in one sentence
    source : where it comes from: a paper, a standard, a measurement of MedOpt's own, or "MedOpt" for a convention
    """

    text: str
    source: str


NNUNET = "Isensee et al., nnU-Net, Nat Methods 2021;18:203-211"
OWN = "MedOpt"

RULES: Mapping[str, Rule] = {
    "task.project": Rule("The recipe trains the task of the project.", OWN),
    "default": Rule("MedOpt's default, which the data give no reason to change.", OWN),
    "format": Rule("The version of the recipe's format.", OWN),
    "spacing.same": Rule("Images whose voxels are alike within 5 % are not resampled.", OWN),
    "spacing.median": Rule("All images get the median spacing of the training cases.", NNUNET),
    "spacing.anisotropic": Rule(
        "Where the coarse axis is more than 3 times as coarse as the others, and has 3 times fewer voxels, it gets the "
        "10th percentile of its spacings instead of the median.",
        NNUNET,
    ),
    "spacing.boxes": Rule(
        "For detection voxels are made a whole number of times coarser while 95 % of the boxes keep 16 voxels.", OWN
    ),
    "size.fit": Rule(
        "For classification images are scaled so that the long side fits and are padded: to the median shape, its "
        "longest side at most what the device trains in the time.",
        OWN,
    ),
    "intensity.ct": Rule(
        "CT is windowed to the percentiles 0.5 to 99.5 of the labelled voxels of the training cases.", NNUNET
    ),
    "intensity.ct_preset": Rule(
        "A radiologist's window takes the place of the percentiles when both share 70 % of the range that they cover.",
        OWN,
    ),
    "intensity.ct_body": Rule(
        "CT without outlined structures is windowed to the percentiles 0.5 to 99.5 of what is denser than air "
        "(above -900 HU).",
        OWN,
    ),
    "intensity.byte": Rule("Pictures of 8 bit are taken from 0…255 to 0…1, the same for all.", OWN),
    "intensity.xray": Rule("Radiographs of more than 8 bit are taken to 0…1, each by its own percentiles.", OWN),
    "intensity.zscore": Rule(
        "Images without a unit (MR, PET, ultrasound volumes) get mean 0 and standard deviation 1, each by itself.",
        NNUNET,
    ),
    "intensity.zscore_nonzero": Rule(
        "Where a quarter or more of the voxels are exactly 0, the background was blanked; only the others give mean "
        "and deviation.",
        NNUNET,
    ),
    "patch.cover": Rule("The patch is the median image, rounded up to what the network can halve.", NNUNET),
    "patch.limit": Rule("The longest sides of the patch are cut until it holds no more voxels than the limit.", NNUNET),
    "patch.memory": Rule("The longest sides of the patch are cut until a step of two patches fits the memory.", NNUNET),
    "patch.time": Rule(
        "On a CPU the patch is cut further while the smallest network could not make 150 steps in the time.", OWN
    ),
    "batch.step": Rule(
        "Patches are added to a step until it holds 2^18 voxels (a GPU: 2^22), 5 % of all training voxels, or what the "
        "memory holds; at least 2, at most 64.",
        NNUNET,
    ),
    "batch.images": Rule(
        "Whole images come 16 to 64 at a time, as many as hold 2^18 voxels (a GPU: 2^22), but at most a quarter of all "
        "cases and what the memory holds; down to 16 again while fewer than 150 steps fit the time.",
        OWN,
    ),
    "strides.isotropic": Rule(
        "An axis is halved while its voxels are finer than twice the finest axis and 8 of them are left.", NNUNET
    ),
    "network.family": Rule("A plain U-Net answers for voxels, the strongest baseline of the field.", NNUNET),
    "network.fine_head": Rule(
        "On a CPU the small U-Net for voxels is the larger one without the level at full resolution.", OWN
    ),
    "network.residual": Rule(
        "On a GPU with an hour and 50 subjects or more the encoder is residual.",
        "Isensee et al., nnU-Net revisited, MICCAI 2024",
    ),
    "network.classifier": Rule("A residual network answers for whole images.", "He et al., CVPR 2016"),
    "network.size": Rule(
        "A GPU gets nnU-Net's feature maps, a CPU half of them: four times the steps in the same time are worth more.",
        OWN,
    ),
    "network.time": Rule("The next smaller size is taken while fewer than 150 steps would fit the time.", OWN),
    "network.output_level": Rule(
        "The output of a detector is as coarse as the smallest boxes allow: 95 % of them are 2 cells wide or more.",
        "Zhou et al., Objects as Points, 2019 (stride 4)",
    ),
    "augment.standard": Rule("The standard techniques, which suit most data.", OWN),
    "augment.strong": Rule("Fewer than 20 subjects and half an hour or more: the strong preset.", OWN),
    "augment.light": Rule("1000 training cases or more repeat little by themselves: the light preset.", OWN),
    "augment.flip": Rule(
        "Images are mirrored from left to right only, and not at all where a class names its side or the images lie "
        "differently.",
        OWN,
    ),
    "balance.off": Rule("No class is met 3 times as often as another, so cases are taken as they come.", OWN),
    "balance.rare": Rule(
        "A class that is met less than a third as often as the commonest comes at least half as often as that.", OWN
    ),
    "loss.default": Rule(
        "The loss of the task: Dice and cross-entropy for voxels, cross-entropy for images, heat maps for boxes.",
        NNUNET,
    ),
    "loss.small": Rule(
        "A structure of less than 0.1 % of the voxels makes Tversky and cross-entropy, which count misses more than "
        "false alarms, the loss.",
        "Salehi et al., Tversky loss, MLMI 2017",
    ),
    "loss.imbalance": Rule(
        "For exclusive classes of whole images in a ratio above 3 the rare ones weigh more in the loss.", OWN
    ),
    "loss.uneven": Rule(
        "In a ratio of 2 to 3, in which cases are not balanced yet, they count alike in sum: the answer then does not "
        "lean to the class that the training part happens to hold more of.",
        OWN,
    ),
    "foreground.half": Rule(
        "Every other patch is centred on a structure.", "MONAI, RandCropByPosNegLabel: as many with as without"
    ),
    "foreground.rare": Rule("Two of three patches are centred on a structure when labels fill below 0.1 %.", OWN),
    "optimiser.muon": Rule(
        "Muon, which orthogonalises each update, where its own products are at most 30 % of a step's.",
        "Jordan et al., Muon, 2024",
    ),
    "optimiser.adamw": Rule("AdamW, where Muon's products would be more than that.", OWN),
    "rate.default": Rule(
        "Muon at 1e-2 or AdamW at 3e-3 trains the networks with normalization that MedOpt proposes.", OWN
    ),
    "rate.range_test": Rule(
        "The learning-rate range test of this project suggests it.", "Smith, Cyclical Learning Rates, WACV 2017"
    ),
    "time.minutes": Rule("Training ends by the clock, and the learning rate falls to zero with it.", OWN),
    "time.steps": Rule("Training ends after the steps that were asked for.", OWN),
    "validations.eight": Rule("Validation cases are looked at 8 times, evenly over the training.", OWN),
    "validations.fewer": Rule("They are looked at less often when that would take more than a fifth of the time.", OWN),
    "folds.five": Rule("5 folds by subject.", "Kohavi, IJCAI 1995; " + NNUNET),
    "folds.leave_one_out": Rule("With fewer than 5 subjects each is left out once.", OWN),
    "caution.no_split": Rule("Without a split all labelled cases are looked at.", OWN),
    "caution.one_subject": Rule("One subject alone can be learned by heart and cannot be judged.", OWN),
    "caution.few_subjects": Rule("An interval over fewer than 10 test subjects says little.", OWN),
    "caution.no_interval": Rule("Over fewer than 5 subjects no interval is told.", OWN),
    "caution.single_class": Rule("One exclusive class alone leaves nothing to tell apart.", OWN),
    "caution.missing_class": Rule("A class that no training case shows cannot be learned.", OWN),
    "caution.unseen_class": Rule("A class that no validation case shows cannot be judged.", OWN),
    "caution.sites": Rule("A site in one part only tells little of others.", OWN),
    "caution.constant": Rule("A constant image holds nothing to learn.", OWN),
    "caution.not_finite": Rule("Voxels that are no numbers stop the preparation of a case.", OWN),
    "caution.unreadable": Rule("A case that cannot be read is left out.", OWN),
    "caution.duplicates": Rule("The same image twice, worst of all in two parts of the split, flatters results.", OWN),
    "caution.memory": Rule("A step must fit the memory.", OWN),
    "caution.memory_now": Rule("Memory that other programs hold cannot be used.", OWN),
    "caution.few_steps": Rule("Fewer than 150 steps teach a network little.", OWN),
    "caution.device": Rule("A GPU that is there and cannot be used is told.", OWN),
    "caution.grey_as_colour": Rule("Grey pictures stored as colour need one channel, not three.", OWN),
}
"""Name → rule. ``Docs/advise.md`` explains each under its name; a test holds the two together."""
