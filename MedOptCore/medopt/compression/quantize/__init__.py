"""Fewer bits for each number: weights in 16 bit, or weights and activations in 8 bit (QDQ)."""

from medopt.compression.quantize.package import QuantizeSettings, quantize_package

__all__ = ["QuantizeSettings", "quantize_package"]
