"""Writes what packages/pipelines is tested against: images of small pipelines, as diffusers makes them.

Usage: python tools/reference/make_pipeline_goldens.py

Weights are drawn by torch's generator, so that a test can make the same model without a file: arrays are taken by sorted
name and drawn one after the other. See `draw-weights.ts`. Most models predict v, of which a network that was never trained
makes images that do not hang on the last digit; the script refuses cases that do.
"""

import inspect
import json
import math
from pathlib import Path

import diffusers
import numpy
import torch
from diffusers import DDPMScheduler, UNet2DModel
from diffusers.utils.torch_utils import randn_tensor

FIXTURES = Path(__file__).resolve().parents[2] / "packages" / "pipelines" / "src" / "__fixtures__"
OUTPUT = FIXTURES / "pipelines.json"
RECORDED = 12
# How far an image may move where weights move by a millionth.
TOLERANCE = 2e-5

SMALL = {
    "sample_size": 8,
    "block_out_channels": [16, 32],
    "layers_per_block": 1,
    "attention_head_dim": 8,
    "norm_num_groups": 8,
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
}
TINY = {
    **SMALL,
    "sample_size": 4,
    "block_out_channels": [16],
    "down_block_types": ["DownBlock2D"],
    "up_block_types": ["UpBlock2D"],
}
NOT_SQUARE = {**SMALL, "sample_size": [8, 12]}
LEARNED_VARIANCE = {**SMALL, "out_channels": 6}
SCORE = {
    **SMALL,
    "norm_num_groups": None,
    "attention_head_dim": None,
    "block_out_channels": [32, 32],
    "time_embedding_type": "fourier",
    "mid_block_scale_factor": math.sqrt(2),
    "down_block_types": ["SkipDownBlock2D", "AttnSkipDownBlock2D"],
    "up_block_types": ["AttnSkipUpBlock2D", "SkipUpBlock2D"],
}

V = {"prediction_type": "v_prediction"}

# Pipeline, scheduler and its config, model, options of the call.
PIPELINES = {
    "DDPM": ("DDPMPipeline", "DDPMScheduler", V, SMALL, {"num_inference_steps": 40}),
    "DDPM, predictions of noise": ("DDPMPipeline", "DDPMScheduler", {}, SMALL, {"num_inference_steps": 4}),
    "DDPM, predictions of images": (
        "DDPMPipeline",
        "DDPMScheduler",
        {"prediction_type": "sample", "clip_sample_range": 0.6},
        SMALL,
        {"num_inference_steps": 20},
    ),
    "DDPM, by default in 1000 steps": ("DDPMPipeline", "DDPMScheduler", V, TINY, {}),
    "DDPM, a batch, a seed for each image": (
        "DDPMPipeline",
        "DDPMScheduler",
        {**V, "variance_type": "fixed_large"},
        SMALL,
        {"num_inference_steps": 10, "batch_size": 2, "seeds": [1, 2]},
    ),
    "DDPM, a batch, one seed": ("DDPMPipeline", "DDPMScheduler", V, SMALL, {"num_inference_steps": 10, "batch_size": 3}),
    "DDPM, images that are not square": (
        "DDPMPipeline",
        "DDPMScheduler",
        {**V, "beta_schedule": "squaredcos_cap_v2"},
        NOT_SQUARE,
        {"num_inference_steps": 10},
    ),
    "DDPM, a variance that the model predicts": (
        "DDPMPipeline",
        "DDPMScheduler",
        {**V, "variance_type": "learned_range", "timestep_spacing": "trailing"},
        LEARNED_VARIANCE,
        {"num_inference_steps": 10},
    ),
    "DDIM": ("DDIMPipeline", "DDIMScheduler", V, SMALL, {"num_inference_steps": 10}),
    "DDIM, of the scheduler of a DDPM, by default in 50 steps": ("DDIMPipeline", "DDPMScheduler", V, SMALL, {}),
    "DDIM, with the noise of DDPM": (
        "DDIMPipeline",
        "DDIMScheduler",
        V,
        NOT_SQUARE,
        {"num_inference_steps": 10, "eta": 1.0, "batch_size": 2, "seeds": [3, 4]},
    ),
    "DDIM, of the clipped model output": (
        "DDIMPipeline",
        "DDIMScheduler",
        {**V, "set_alpha_to_one": False, "steps_offset": 1, "clip_sample_range": 0.3},
        SMALL,
        {"num_inference_steps": 10, "eta": 0.5, "use_clipped_model_output": True},
    ),
    "PNDM": ("PNDMPipeline", "PNDMScheduler", V, SMALL, {"num_inference_steps": 10}),
    "PNDM, of the scheduler of a DDPM, by default in 50 steps": ("PNDMPipeline", "DDPMScheduler", V, SMALL, {}),
    "PNDM, without Runge-Kutta steps": (
        "PNDMPipeline",
        "PNDMScheduler",
        {**V, "skip_prk_steps": True},
        SMALL,
        {"num_inference_steps": 10, "batch_size": 2},
    ),
    "score SDE": ("ScoreSdeVePipeline", "ScoreSdeVeScheduler", {"sigma_max": 2.0}, SCORE, {"num_inference_steps": 10}),
    "score SDE, a batch, two corrections in each step": (
        "ScoreSdeVePipeline",
        "ScoreSdeVeScheduler",
        {"sigma_max": 2.0, "correct_steps": 2, "snr": 0.1},
        SCORE,
        {"num_inference_steps": 5, "batch_size": 2, "seeds": [5, 6]},
    ),
    "score SDE, predictions alone": (
        "ScoreSdeVePipeline",
        "ScoreSdeVeScheduler",
        {"sigma_max": 2.0, "correct_steps": 0},
        SCORE,
        {"num_inference_steps": 5},
    ),
}

# Schedulers that take the place of DDPMScheduler.
SWAPS = [
    "DDIMScheduler",
    "PNDMScheduler",
    "LMSDiscreteScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "DEISMultistepScheduler",
    "UniPCMultistepScheduler",
]
SWAP_STEPS = 10
# All that has other defaults in some of the classes is set: defaults do not travel from one to another.
SWAPPED = {**V, "beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}


def draw_weights(model):
    """Draws a model's weights: a test makes the same ones with TorchGenerator."""
    generator = torch.Generator("cpu").manual_seed(0)
    arrays = model.state_dict()
    for name in sorted(arrays):
        array = arrays[name]
        drawn = torch.randn(array.shape, generator=generator)
        if array.ndim > 1:
            array.copy_(drawn / math.sqrt(array.numel() / array.shape[0]))
        else:
            array.copy_(1 + drawn / 10 if "norm" in name and name.endswith("weight") else drawn / 20)


def make_model(config, scale=1):
    model = UNet2DModel(**config).eval()
    with torch.no_grad():
        draw_weights(model)
        model.conv_in.weight *= scale
    return model


def make_generator(seeds):
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds or [0]]
    return generators if seeds else generators[0]


def record(images):
    """Of images [batch, height, width, channels]: the first and the last elements, and the sum."""
    flat = images.flatten()
    return {
        "shape_nhwc": list(images.shape),
        "sum": float(flat.astype(numpy.float64).sum()),
        "first": [float(f"{value:.9g}") for value in flat[:RECORDED]],
        "last": [float(f"{value:.9g}") for value in flat[-RECORDED:]],
    }


def require_stable(name, run, *arguments):
    """The images, where they do not hang on rounding: machines round differently."""
    images, others = run(*arguments, scale=1), run(*arguments, scale=1 + 1e-6)
    difference = numpy.abs(images - others).max()
    if difference > TOLERANCE:
        raise ValueError(f"{name}: moves by {difference}")
    return images


def run_pipeline(pipeline, scheduler, scheduler_config, model_config, options, scale):
    scheduler = getattr(diffusers, scheduler).from_config(scheduler_config)
    pipe = getattr(diffusers, pipeline)(unet=make_model(model_config, scale), scheduler=scheduler)
    pipe.set_progress_bar_config(disable=True)
    options = dict(options)
    generator = make_generator(options.pop("seeds", None))
    return pipe(**options, generator=generator, output_type="np").images


def run_swap(name, scale):
    """The loop that diffusers documents, which scales the first sample and the input of the model; DDPMPipeline does not."""
    unet = make_model(SMALL, scale)
    scheduler = getattr(diffusers, name).from_config(DDPMScheduler(**SWAPPED).config)
    generator = make_generator(None)
    scheduler.set_timesteps(SWAP_STEPS)
    size = unet.config.sample_size
    sample = randn_tensor((1, unet.config.in_channels, size, size), generator=generator) * scheduler.init_noise_sigma
    takes_generator = "generator" in inspect.signature(scheduler.step).parameters
    options = {"generator": generator} if takes_generator else {}
    with torch.no_grad():
        for timestep in scheduler.timesteps:
            output = unet(scheduler.scale_model_input(sample, timestep), timestep).sample
            sample = scheduler.step(output, timestep, sample, **options).prev_sample
    return (sample / 2 + 0.5).clamp(0, 1).permute(0, 2, 3, 1).numpy()


def format_cases(cases):
    """A line for each case, so that a new one is one line of a diff."""
    lines = (f"{json.dumps(name)}:{json.dumps(case, separators=(',', ':'))}" for name, case in cases.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def main():
    pipelines = {}
    for name, case in PIPELINES.items():
        pipeline, scheduler, scheduler_config, model, options = case
        images = require_stable(name, run_pipeline, *case)
        pipelines[name] = {
            "pipeline": pipeline,
            "scheduler": {"_class_name": scheduler, **scheduler_config},
            "unet": model,
            "options": options,
            "output": record(images),
        }
    swaps = {name: record(require_stable(name, run_swap, name)) for name in SWAPS}
    versions = json.dumps({"torch": torch.__version__, "diffusers": diffusers.__version__})
    swapped = {"unet": SMALL, "scheduler": SWAPPED, "steps": SWAP_STEPS}
    OUTPUT.write_text(
        f'{{"versions":{versions},\n"pipelines":{format_cases(pipelines)},\n'
        f'"swapped":{json.dumps(swapped, separators=(",", ":"))},"swaps":{format_cases(swaps)}}}\n'
    )


main()
