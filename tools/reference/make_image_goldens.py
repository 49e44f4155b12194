"""Writes packages/core/src/image/__fixtures__/resized-images.json: what torch makes of small random images when it
resamples them with its antialiased bicubic filter, in float64."""

import json
from pathlib import Path

import torch

SEED = 0
# (height, width) before and after: larger, smaller, the same, both at once. No width of 1: there torch 2.13 repeats its
# first row, which Pillow does not.
SIZES = [((3, 5), (7, 4)), ((8, 8), (3, 3)), ((4, 4), (4, 4)), ((1, 6), (2, 2)), ((2, 3), (5, 2))]


def main():
    generator = torch.Generator("cpu").manual_seed(SEED)
    cases = []
    for before, after in SIZES:
        images = torch.rand((1, 2, *before), generator=generator)
        resized = torch.nn.functional.interpolate(
            images.double(), size=after, mode="bicubic", antialias=True, align_corners=False
        )
        cases.append({"shape": list(images.shape), "size": list(after), "output": resized.float().flatten().tolist()})
    folder = Path(__file__).resolve().parents[2] / "packages/core/src/image/__fixtures__"
    folder.mkdir(exist_ok=True)
    document = {"versions": {"torch": torch.__version__}, "seed": SEED, "cases": cases}
    (folder / "resized-images.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
