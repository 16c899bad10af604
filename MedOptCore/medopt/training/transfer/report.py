"""What was taken over from a source of weights, what was changed to fit, and what starts fresh."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from medopt.errors import MedOptError

FORMAT = 1
Fate = Literal["transferred", "adapted", "skipped"]
Role = Literal["encoder", "decoder", "head"]


@dataclass(frozen=True)
class Layer:
    """The fate of one tensor of the network.

    Parameters
    ----------
    name : in the network's state
    role : which part of the network it belongs to
    shape : its sizes
    fate : transferred as it is, adapted to fit, or skipped
    why : how it was adapted or why it was skipped; empty when it was transferred
    source : its name at the source; empty when it was skipped
    learns : whether it is a parameter; counters and running statistics are not
    """

    name: str
    role: Role
    shape: tuple[int, ...]
    fate: Fate
    why: str = ""
    source: str = ""
    learns: bool = True

    @property
    def numbers(self) -> int:
        """How many it holds."""
        product = 1
        for side in self.shape:
            product *= side
        return product


@dataclass(frozen=True)
class TransferReport:
    """Which layers of a network came from a source.

    Parameters
    ----------
    source : as the user called it
    kind : "run", "pretraining", "bundle" or "file"
    digest : SHA-256 of the file with the weights
    layers : every tensor of the network, in its order
    unused : tensors of the source that found no place
    """

    source: str
    kind: str
    digest: str
    layers: tuple[Layer, ...]
    unused: tuple[str, ...] = ()
    format: int = field(default=FORMAT)

    def share(self, role: Role | None = None) -> float:
        """Share of the parameters, of the whole network or of one part, that came from the source; 0 when empty."""
        wanted = [layer for layer in self.layers if layer.learns and role in (None, layer.role)]
        taken = sum(layer.numbers for layer in wanted if layer.fate != "skipped")
        return taken / max(1, sum(layer.numbers for layer in wanted))

    def names(self, *fates: Fate) -> tuple[str, ...]:
        """Tensors with one of these fates."""
        return tuple(layer.name for layer in self.layers if layer.fate in fates)

    @property
    def sentence(self) -> str:
        """What happened, for people."""
        learned = [layer for layer in self.layers if layer.learns]
        adapted = [layer for layer in learned if layer.fate == "adapted"]
        taken = sum(layer.fate != "skipped" for layer in learned)
        parts = [
            f"{_percent(self.share('encoder'))} of the encoder and {_percent(self.share())} of all parameters come "
            f"from {self.source} ({taken} of {len(learned)} tensors)"
        ]
        if adapted:
            how = dict.fromkeys(layer.why for layer in adapted)
            named = ", ".join(f"{sum(one.why == why for one in adapted)} {why}" for why in list(how)[:4])
            parts.append(f"adapted: {named}" + (" and more" if len(how) > 4 else ""))
        fresh = dict.fromkeys((one.role, one.why) for one in learned if one.fate == "skipped")
        if fresh:
            shown = "; ".join(f"{role}: {why}" for role, why in list(fresh)[:3])
            parts.append(f"starts fresh: {shown}" + (" and more" if len(fresh) > 3 else ""))
        if self.unused:
            count = len(self.unused)
            parts.append(f"{count} tensors of the source are not used" if count > 1 else "one tensor of it is not used")
        return ". ".join(part[:1].upper() + part[1:] for part in parts) + "."

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the shares and the sentence beside the layers for whoever reads the file."""
        roles: tuple[Role, ...] = ("encoder", "decoder", "head")
        shares = {role: round(self.share(role), 6) for role in roles}
        return {**asdict(self), "shares": {**shares, "all": round(self.share(), 6)}, "sentence": self.sentence}

    @classmethod
    def from_json(cls, value: Any) -> TransferReport:
        """Back from `to_json`; raises MedOptError for other content and for that of a newer MedOpt."""
        try:
            if int(value["format"]) > FORMAT:
                raise MedOptError("the transfer report is of a newer MedOpt", remedy="Update MedOpt")
            layers = tuple(Layer(**{**one, "shape": tuple(one["shape"])}) for one in value["layers"])
            return cls(
                str(value["source"]), str(value["kind"]), str(value["digest"]), layers, tuple(map(str, value["unused"]))
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MedOptError("the transfer report is damaged", found=f"{type(error).__name__}: {error}") from error


def _percent(share: float) -> str:
    return "100 %" if share == 1 else f"{min(99, round(100 * share))} %"
