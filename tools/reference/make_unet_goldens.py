"""Writes what packages/models/src/unet-2d is tested against: outputs of small UNet2DModels, as diffusers computes them.

Usage: python tools/reference/make_unet_goldens.py

Weights follow a formula, so that a test can make the same model without a file: arrays are taken by sorted name, and
element i of the k-th comes from b = sin(0.7 i + 1.3 k). See `write-formula-checkpoint.ts`.
"""

import json
import math
from pathlib import Path

import diffusers
import torch
from diffusers import UNet2DModel

OUTPUT = (
    Path(__file__).resolve().parents[2] / "packages" / "models" / "src" / "unet-2d" / "__fixtures__" / "unet-blocks.json"
)
BATCH = 2
RECORDED = 24

SMALL = {
    "sample_size": 8,
    "block_out_channels": [16, 32],
    "layers_per_block": 1,
    "attention_head_dim": 8,
    "norm_num_groups": 8,
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
}
SKIP = {
    **SMALL,
    "norm_num_groups": None,
    "down_block_types": ["SkipDownBlock2D", "SkipDownBlock2D"],
    "up_block_types": ["SkipUpBlock2D", "SkipUpBlock2D"],
}
K = {
    **SMALL,
    "block_out_channels": [32, 64],
    "down_block_types": ["KDownBlock2D", "KDownBlock2D"],
    "up_block_types": ["KUpBlock2D", "KUpBlock2D"],
}
RESNET = {"downsample_type": "resnet", "upsample_type": "resnet"}

# Configuration, and what is not as usual: timesteps, labels, factors on single arrays, the size of the images.
CASES = {
    "convolutions between blocks": (SMALL, {}),
    "convolutions, padded right and bottom, one head, sines first": (
        {
            **SMALL,
            "block_out_channels": [16, 32, 32],
            "layers_per_block": 2,
            "attention_head_dim": None,
            "downsample_padding": 0,
            "flip_sin_to_cos": False,
            "freq_shift": 1,
            "norm_eps": 1e-6,
            "down_block_types": ["AttnDownBlock2D", "DownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D"],
        },
        {"timesteps": [0, 999]},
    ),
    "sampler types of null": (
        {
            **SMALL,
            "downsample_type": None,
            "upsample_type": None,
            "down_block_types": ["AttnDownBlock2D", "DownBlock2D"],
        },
        {},
    ),
    "residual samplers, the timestep added": (
        {
            **SMALL,
            **RESNET,
            "down_block_types": ["AttnDownBlock2D", "ResnetDownsampleBlock2D"],
            "up_block_types": ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
        },
        {},
    ),
    "residual samplers asked for, and blocks that have convolutions whatever is asked": (
        {**SMALL, **RESNET, "up_block_types": ["UpBlock2D", "AttnUpBlock2D"]},
        {},
    ),
    "scale and shift, convolutions": ({**SMALL, "resnet_time_scale_shift": "scale_shift"}, {}),
    "other groups in the middle": ({**SMALL, "attn_norm_num_groups": 4}, {}),
    "a scale in the middle": ({**SMALL, "mid_block_scale_factor": 1.5}, {}),
    "no middle": ({**SMALL, "mid_block_type": None}, {}),
    "no attention in the middle": ({**SMALL, "add_attention": False}, {}),
    "heads that do not fill the channels": ({**SMALL, "attention_head_dim": 12}, {}),
    "swish": ({**SMALL, "act_fn": "swish"}, {}),
    "mish": ({**SMALL, "act_fn": "mish", "resnet_time_scale_shift": "scale_shift"}, {}),
    "gelu": ({**SMALL, "act_fn": "gelu"}, {}),
    "relu": ({**SMALL, "act_fn": "relu"}, {}),
    "a centred sample": ({**SMALL, "center_input_sample": True}, {}),
    "images that are not square": ({**SMALL, "sample_size": [8, 12]}, {}),
    "other channels in and out": ({**SMALL, "in_channels": 2, "out_channels": 5}, {}),
    "one block": (
        {
            **SMALL,
            "block_out_channels": [16],
            "down_block_types": ["AttnDownBlock2D"],
            "up_block_types": ["UpBlock2D"],
        },
        {},
    ),
    "names with the old prefix": (
        {
            **SMALL,
            "down_block_types": ["UNetResDownBlock2D", "UNetResAttnDownBlock2D"],
            "up_block_types": ["UNetResAttnUpBlock2D", "UNetResUpBlock2D"],
        },
        {},
    ),
    "an odd number of channels": (
        {**SMALL, "block_out_channels": [15, 30], "norm_num_groups": 5, "attention_head_dim": 5},
        {},
    ),
    "a narrow time embedding": ({**SMALL, "time_embedding_dim": 24, "freq_shift": 2}, {}),
    "a learned time embedding": (
        {**SMALL, "time_embedding_type": "learned", "num_train_timesteps": 20},
        {"timesteps": [0, 19]},
    ),
    "a Fourier time embedding": (
        {**SMALL, "time_embedding_type": "fourier"},
        # Frequencies up to 16, the scale of their distribution: angles up to 700 rad.
        {"timesteps": [1348.0, 0.01], "factors": {"time_proj.weight": 320}},
    ),
    "class labels as rows of a table": ({**SMALL, "num_class_embeds": 7}, {"labels": [0, 6]}),
    "class labels like timesteps": ({**SMALL, "class_embed_type": "timestep"}, {"labels": [3, 250]}),
    "class labels like timesteps, Fourier": (
        {**SMALL, "class_embed_type": "timestep", "time_embedding_type": "fourier"},
        {"timesteps": [10.0, 3.0], "labels": [0.5, 2.0]},
    ),
    "class labels like timesteps, learned": (
        {
            **SMALL,
            "class_embed_type": "timestep",
            "time_embedding_type": "learned",
            "num_train_timesteps": 20,
            "num_class_embeds": 3,
        },
        {"timesteps": [4, 12], "labels": [7, 1]},
    ),
    "embeddings as class labels": ({**SMALL, "class_embed_type": "identity"}, {"labels": "embeddings"}),
    "skip blocks": (
        {
            **SKIP,
            "block_out_channels": [16, 24, 32],
            "layers_per_block": 2,
            "down_block_types": ["SkipDownBlock2D"] * 3,
            "up_block_types": ["SkipUpBlock2D"] * 3,
        },
        {},
    ),
    "skip blocks, centred, scale and shift, a group count for middle and end": (
        {
            **SKIP,
            "norm_num_groups": 8,
            "center_input_sample": True,
            "resnet_time_scale_shift": "scale_shift",
            "act_fn": "mish",
        },
        {},
    ),
    "skip blocks with attention": (
        {
            **SKIP,
            "block_out_channels": [32, 32, 64],
            "attention_head_dim": None,
            "time_embedding_type": "fourier",
            "mid_block_scale_factor": math.sqrt(2),
            "down_block_types": ["AttnSkipDownBlock2D", "SkipDownBlock2D", "AttnSkipDownBlock2D"],
            "up_block_types": ["AttnSkipUpBlock2D", "AttnSkipUpBlock2D", "SkipUpBlock2D"],
        },
        {"timesteps": [10.0, 3.0]},
    ),
    "skip blocks with attention, over fewer channels from below": (
        {
            **SKIP,
            "block_out_channels": [32, 16],
            "up_block_types": ["SkipUpBlock2D", "AttnSkipUpBlock2D"],
        },
        {},
    ),
    "skip blocks down, others up": (
        {
            **SMALL,
            "down_block_types": ["SkipDownBlock2D", "AttnDownBlock2D"],
            "up_block_types": ["UpBlock2D", "SkipUpBlock2D"],
        },
        {},
    ),
    "others down, skip blocks up": (
        {
            **SMALL,
            "block_out_channels": [16, 32, 32],
            "down_block_types": ["DownBlock2D", "DownBlock2D", "SkipDownBlock2D"],
            "up_block_types": ["AttnUpBlock2D", "SkipUpBlock2D", "SkipUpBlock2D"],
        },
        {},
    ),
    "k blocks": ({**K, "act_fn": "gelu", "layers_per_block": 2}, {}),
    "k blocks, one layer, three sizes": (
        {
            **K,
            "block_out_channels": [32, 64, 64],
            "down_block_types": ["KDownBlock2D"] * 3,
            "up_block_types": ["KUpBlock2D"] * 3,
        },
        {},
    ),
    "a k block at the bottom": (
        {**SMALL, "block_out_channels": [32, 64], "down_block_types": ["DownBlock2D", "KDownBlock2D"]},
        {},
    ),
    "images of another size than the config's": (SMALL, {"size": [12, 18]}),
    "skip blocks, images of another size": (SKIP, {"size": [16, 4]}),
    "k blocks, images of another size": (K, {"size": [4, 10]}),
    "one block, images of odd size": (
        {
            **SMALL,
            "block_out_channels": [16],
            "down_block_types": ["AttnDownBlock2D"],
            "up_block_types": ["UpBlock2D"],
        },
        {"size": [7, 5]},
    ),
    "an activation in capital letters": ({**SMALL, "act_fn": "Mish"}, {}),
    "null for conditions": (
        {**SMALL, "center_input_sample": None, "add_attention": None, "flip_sin_to_cos": None},
        {},
    ),
    "numbers for conditions": ({**SMALL, "center_input_sample": 1, "add_attention": 0, "flip_sin_to_cos": 1}, {}),
    "another name of the middle": ({**SMALL, "mid_block_type": "UNetMidBlock2DSimple"}, {}),
}


def numbers(tensor):
    """A flat list of a float32 tensor's elements, written short without losing a bit."""
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def wave(shape):
    return torch.sin(0.7 * torch.arange(math.prod(shape), dtype=torch.float64)).float().reshape(shape)


def fill(model, factors):
    """Gives a model the weights of the formula."""
    arrays = model.state_dict()
    for k, name in enumerate(sorted(arrays)):
        array = arrays[name]
        base = torch.sin(0.7 * torch.arange(array.numel(), dtype=torch.float64) + 1.3 * k)
        if array.ndim == 1:
            values = 1 + 0.1 * base if "norm" in name and name.endswith("weight") else 0.05 * base
        elif name == "class_embedding.weight":
            values = 0.1 * base
        else:
            values = base / math.sqrt(array.numel() / array.shape[0])
        array.copy_((values * factors.get(name, 1)).reshape(array.shape))


def embeddings(config):
    width = config.get("time_embedding_dim") or 4 * config["block_out_channels"][0]
    return wave((BATCH, width))


def run(config, timesteps=(3, 750), labels=None, factors=None, size=None):
    factors = factors or {}
    model = UNet2DModel(**config).eval()
    with torch.no_grad():
        fill(model, factors)
        size = size or config["sample_size"]
        height, width = size if isinstance(size, list) else (size, size)
        shape = (BATCH, config.get("in_channels", 3), height, width)
        sample = torch.randn(shape, generator=torch.Generator("cpu").manual_seed(0))
        class_labels = embeddings(config) if labels == "embeddings" else labels and torch.tensor(labels)
        output = model(sample, torch.tensor(timesteps), class_labels).sample
    flat = output.flatten()
    step = len(flat) // RECORDED
    return {
        "config": config,
        "timesteps": list(timesteps),
        "labels": labels,
        "factors": factors,
        "params": sum(array.numel() for array in model.state_dict().values()),
        "tensors": len(model.state_dict()),
        "output": {
            "shape": list(output.shape),
            "sum": output.double().sum().item(),
            "magnitude": output.double().abs().sum().item(),
            "step": step,
            "values": numbers(flat[::step]),
        },
    }


def main():
    cases = {name: run(config, **options) for name, (config, options) in CASES.items()}
    versions = json.dumps({"torch": torch.__version__, "diffusers": diffusers.__version__})
    # A line for each case, so that a new one is one line of a diff.
    lines = (f"{json.dumps(name)}:{json.dumps(case, separators=(',', ':'))}" for name, case in cases.items())
    OUTPUT.write_text(f'{{"versions":{versions},"cases":{{\n' + ",\n".join(lines) + "\n}}\n")


main()
