"""Square roots, logarithms and exponentials of torch that are rounded to the nearest number.

Those that torch takes from MKL differ from it by a unit in the last place, as often as every fifth square root on some
processors and on others not. Where a scheduler multiplies that, the library itself gives other numbers on other machines.
"""

from contextlib import contextmanager
from unittest.mock import patch

import torch

NAMES = ("sqrt", "log", "exp", "expm1")


def nearest(function):
    """The function of float32 numbers computed in float64 and rounded once."""

    def rounded(value, *arguments):
        is_float32 = isinstance(value, torch.Tensor) and value.dtype == torch.float32
        return function(value.double(), *arguments).float() if is_float32 else function(value, *arguments)

    return rounded


@contextmanager
def nearest_functions():
    """Makes torch compute so, until the block ends."""
    power = torch.Tensor.__pow__
    root = nearest(torch.sqrt)
    patches = [patch.object(torch, name, nearest(getattr(torch, name))) for name in NAMES]
    patches += [patch.object(torch.Tensor, name, nearest(getattr(torch.Tensor, name))) for name in NAMES]
    patches.append(
        patch.object(
            torch.Tensor,
            "__pow__",
            lambda value, exponent: root(value) if exponent == 0.5 else power(value, exponent),
        )
    )
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()
