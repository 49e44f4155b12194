"""What openai/consistency_models makes of images that it edits, for packages/pipelines/src/editing/__fixtures__/editing.json.

    python tools/reference/make_editing_goldens.py folder-of-consistency_models

The functions are taken from its karras_diffusion.py as they are. Two things are not: the network, which is a formula, and
the mask of iterative_inpainting, which is the letter "S" there, in a font that few machines have.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch as th

repository = Path(sys.argv[1])
target = Path(__file__).parents[2] / "packages/pipelines/src/editing/__fixtures__/editing.json"
shape = (2, 3, 32, 32)
sigma_data, sigma_min = 0.5, 0.002


class Generator:
    """As in cm/random_util.py, which needs MPI."""

    def __init__(self):
        self.generator = th.Generator().manual_seed(0)

    def randn(self, size):
        return th.randn(size, generator=self.generator)

    def randn_like(self, x):
        return self.randn(x.shape)


def load_functions():
    source = (repository / "cm/karras_diffusion.py").read_text()
    start = source.index("@th.no_grad()\ndef iterative_colorization")
    inpainting = source.index("    from PIL import")
    mask_end = source.index("    def replacement(x0, x1):\n        x_mix = x0 * mask")
    source = source[start:inpainting] + "    mask = known\n\n" + source[mask_end:]
    functions = {"th": th, "np": np, "dist_util": SimpleNamespace(dev=lambda: "cpu")}
    exec(source, functions)
    return functions


def distiller(x, sigma):
    sigma = sigma[:, None, None, None]
    c_skip = sigma_data**2 / ((sigma - sigma_min) ** 2 + sigma_data**2)
    c_out = (sigma - sigma_min) * sigma_data / (sigma**2 + sigma_data**2) ** 0.5
    c_in = 1 / (sigma**2 + sigma_data**2) ** 0.5
    time = 1000 * 0.25 * th.log(sigma + 1e-44)
    output = 0.3 * (c_in * x) + 0.1 * th.tanh(time / 1000)
    return c_out * output + c_skip * x


def known_masks():
    """1 where pixels are known: around a square in the first image, the right half of the second. No mask has soft edges,
    since iterative_inpainting would apply it twice."""
    known = th.ones(shape)
    known[0, :, 8:24, 8:24] = 0
    known[1, :, :, :16] = 0
    return known


def summarize(x):
    flat = x.double().flatten()
    return {
        "sum": flat.sum().item(),
        "abs": flat.abs().sum().item(),
        "first4": flat[:4].tolist(),
        "last4": flat[-4:].tolist(),
    }


functions = load_functions()
functions["known"] = known_masks()
goldens = {"torch": th.__version__, "shape": shape, "timesteps": [22, 0]}
for name in ("colorization", "superres", "inpainting"):
    generator = Generator()
    images = th.tanh(th.linspace(-2, 2, 2 * 3 * 32 * 32)).reshape(shape)
    noise = generator.randn(shape) * 80
    x, degraded = functions[f"iterative_{name}"](distiller, images, noise, [0, 22, 39], generator=generator)
    goldens[name] = {"x": summarize(x), "images": summarize(degraded)}
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps(goldens, indent=2) + "\n")
