"""Writes packages/emoji32/reference-outputs.json: what diffusers makes of the checkpoint that ships.

Usage: python tools/reference/make_emoji32_outputs.py

Images are NHWC in [0, 1]. diffusers computes in float32 with the float16 weights of the file, as Onestep does.
"""

import json
from pathlib import Path

import diffusers
import torch
from diffusers import ConsistencyModelPipeline

FOLDER = Path(__file__).resolve().parents[2] / "packages" / "emoji32"
RECORDED = 12
SPACING = 257  # A prime beside the sizes of images: recorded values lie in all rows, columns and channels.

# Options of the call as they are named in TypeScript.
CALLS = {
    "one step": {"classLabels": [0], "seed": 0},
    "another class and seed": {"classLabels": [8], "seed": 7},
    "three classes, one generator": {"classLabels": [2, 13, 29], "seed": 11},
    "two steps": {"classLabels": [11], "seed": 3, "timesteps": [17, 0]},
    "three steps": {"classLabels": [23], "seed": 4, "timesteps": [26, 13, 0]},
    "every step of the grid": {"classLabels": [14], "seed": 1, "numInferenceSteps": 40},
}
FORWARD = {"seed": 5, "timestep": [1095.5066, 250, -1553.6520], "classLabels": [0, 8, 29]}


def describe(values):
    flat = values.double().flatten()
    return {
        "shape": list(values.shape),
        "sum": flat.sum().item(),
        "first": flat[:RECORDED].tolist(),
        "last": flat[-RECORDED:].tolist(),
        f"every{SPACING}th": flat[::SPACING].tolist(),
    }


def call(pipe, options):
    labels = options["classLabels"]
    steps = {"num_inference_steps": options.get("numInferenceSteps", 1)}
    if "timesteps" in options:
        steps = {"num_inference_steps": None, "timesteps": options["timesteps"]}
    images = pipe(
        batch_size=len(labels),
        class_labels=labels,
        generator=torch.Generator("cpu").manual_seed(options["seed"]),
        output_type="np",
        **steps,
    ).images
    return describe(torch.from_numpy(images))


def main():
    torch.set_num_threads(1)
    pipe = ConsistencyModelPipeline.from_pretrained(FOLDER)
    pipe.set_progress_bar_config(disable=True)
    sample = torch.randn(3, 3, 32, 32, generator=torch.Generator("cpu").manual_seed(FORWARD["seed"]))
    with torch.no_grad():
        labels = torch.tensor(FORWARD["classLabels"])
        output = pipe.unet(sample, torch.tensor(FORWARD["timestep"]), class_labels=labels).sample
    document = {
        "versions": {"torch": torch.__version__, "diffusers": diffusers.__version__},
        "forward": {"options": FORWARD, "output": describe(output)},
        "images": {name: {"options": options, "output": call(pipe, options)} for name, options in CALLS.items()},
    }
    (FOLDER / "reference-outputs.json").write_text(json.dumps(document, indent=1) + "\n")


main()
