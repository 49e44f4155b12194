"""What Stable Diffusion's safety checker makes of images, for a small one with random weights.

    python tools/reference/make_safety_checker_goldens.py

writes packages/models/src/safety-checker/__fixtures__/safety-checker.json. Needs torch, diffusers, transformers and Pillow.
"""

import json
from pathlib import Path

import diffusers
import numpy as np
import torch
import transformers
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from transformers import CLIPImageProcessor

models = Path(__file__).resolve().parents[2] / "packages/models/src"
folder = models / "__fixtures__/text/sd15-legacy-bin-tiny"
target = models / "safety-checker/__fixtures__/safety-checker.json"


def picture(seed: int, height: int, width: int) -> np.ndarray:
    """Bytes that a test can make too: noise of torch, in blocks of four pixels."""
    generator = torch.Generator("cpu").manual_seed(seed)
    noise = torch.randn((3, -(-height // 4), -(-width // 4)), generator=generator)
    values = (0.5 + 0.25 * noise).clamp(0, 1).repeat_interleave(4, 1).repeat_interleave(4, 2)
    return (values[:, :height, :width].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()


def numbers(tensor: torch.Tensor) -> list[float]:
    return [float(np.float32(value)) for value in tensor.detach().flatten().tolist()]


def main() -> None:
    checker = StableDiffusionSafetyChecker.from_pretrained(folder, subfolder="safety_checker").eval()
    processor = CLIPImageProcessor.from_pretrained(folder, subfolder="feature_extractor")
    cases = []
    for seed, height, width in [(1, 64, 64), (2, 64, 96), (3, 90, 40), (4, 32, 32), (5, 20, 24)]:
        image = Image.fromarray(picture(seed, height, width))
        pixels = processor(image, return_tensors="pt").pixel_values
        with torch.no_grad():
            embeds = checker.visual_projection(checker.vision_model(pixels)[1])
            black, flags = checker(images=[np.ones((4, 4, 3))], clip_input=pixels)
            own = [tensor.data.clone() for tensor in (checker.concept_embeds_weights, checker.special_care_embeds_weights)]
            raised = {}
            for concept, special in [(0.3, 1.0), (0.5, 1.0), (0.7, 1.0), (0.7, -1.0), (1.0, 1.0)]:
                checker.concept_embeds_weights.data.fill_(concept)
                checker.special_care_embeds_weights.data.fill_(special)
                _, changed = checker(images=[np.ones((4, 4, 3))], clip_input=pixels)
                raised[f"{concept} {special}"] = bool(changed[0])
            checker.concept_embeds_weights.data, checker.special_care_embeds_weights.data = own
        cases.append(
            {
                "seed": seed,
                "height": height,
                "width": width,
                "pixelValues": {"sum": float(pixels.double().sum()), "first": numbers(pixels)[:12]},
                "imageEmbeds": numbers(embeds),
                "nsfw": bool(flags[0]),
                "nsfwAtThresholds": raised,
                "isBlack": bool((black[0] == 0).all()),
            }
        )
    versions = {
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"versions": versions, "cases": cases}, indent=1) + "\n")


main()
