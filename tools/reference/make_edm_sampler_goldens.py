"""Writes what the samplers of OpenAI's consistency models compute, for the tests of packages/schedulers.

Usage: python tools/reference/make_edm_sampler_goldens.py FOLDER

FOLDER is a checkout of github.com/openai/consistency_models. Of its packages only `cm/karras_diffusion.py` and what
samplers need of it are loaded; its losses, which want more of Python's packages, are not.
"""

import json
import random
import sys
import types
from pathlib import Path

import torch

OUTPUT = Path(__file__).resolve().parents[2] / "packages" / "schedulers" / "src" / "__fixtures__" / "edm-samplers.json"
SHAPE = (2, 1, 2, 4)
CHOICES = {
    "sigma_min": [0.01, 0.1],
    "sigma_max": [50.0, 10.0],
    "rho": [5.0, 3.0],
    "clip_denoised": [False],
}
CHURN = {"s_churn": [1.0, 5.0, 40.0], "s_tmin": [0.05], "s_tmax": [20.0], "s_noise": [1.003, 0.9]}


def load(folder):
    """OpenAI's module, with empty ones in the place of packages that only its losses need."""
    for name, names in {"piq": ["LPIPS"], "torchvision": [], "torchvision.transforms": ["RandomCrop"]}.items():
        module = types.ModuleType(name)
        for attribute in names:
            setattr(module, attribute, None)
        sys.modules.setdefault(name, module)
    package = types.ModuleType("cm")
    package.__path__ = [str(Path(folder) / "cm")]
    sys.modules["cm"] = package
    dist_util = types.ModuleType("cm.dist_util")
    dist_util.dev = lambda: torch.device("cpu")
    sys.modules["cm.dist_util"] = dist_util
    package.dist_util = dist_util
    from cm import karras_diffusion

    return karras_diffusion


def model(sample, timestep):
    """A stand-in for a network: part of its input, and a function of the timestep."""
    return 0.3 * sample + 0.1 * torch.tanh(timestep / 1000).reshape(-1, 1, 1, 1)


def run(karras_diffusion, sampler, steps, options):
    timesteps = []

    def recording(sample, timestep):
        timesteps.append(timestep[0].item())
        return model(sample, timestep)

    known = {name: value for name, value in options.items() if name in ("sigma_min", "sigma_max", "rho")}
    diffusion = karras_diffusion.KarrasDenoiser(loss_norm="l2", **known)
    torch.manual_seed(0)
    sample = karras_diffusion.karras_sample(
        diffusion, recording, SHAPE, steps, model_kwargs={}, sampler=sampler, **options
    )
    return {
        "sampler": sampler,
        "steps": steps,
        "options": options,
        "timesteps": [float(f"{value:.9g}") for value in timesteps],
        "sample": [float(f"{value:.9g}") for value in sample.flatten().tolist()],
        # What the generator gives next says how much noise was drawn.
        "next": float(f"{torch.randn(16)[0].item():.9g}"),
    }


def main(folder):
    karras_diffusion = load(folder)
    generator = random.Random("edm")
    cases = []
    for sampler in ("heun", "dpm", "euler", "ancestral", "progdist"):
        choices = {**CHOICES, **(CHURN if sampler in ("heun", "dpm") else {})}
        for count in (1, 2, 3, 4, 5, 6, 7, 8):
            drawn = {name: generator.choice(values) for name, values in choices.items() if generator.random() < 0.5}
            cases.append(run(karras_diffusion, sampler, count, drawn))
    text = json.dumps({"versions": {"torch": torch.__version__}, "cases": cases}, separators=(",", ":"))
    OUTPUT.write_text(text + "\n")
    print(f"{OUTPUT.name}: {len(text)} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
