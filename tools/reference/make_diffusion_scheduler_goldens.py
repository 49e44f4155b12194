"""Writes what diffusers' schedulers compute for random configurations, for the tests of packages/schedulers.

Usage: python tools/reference/make_diffusion_scheduler_goldens.py [class name ...]

Each case is a configuration, a run on a small sample with a stand-in for the network, and the sample at its end.
Configurations that diffusers itself refuses, or whose numbers are not finite, are left out. Where the end depends on how
torch's own functions are rounded, which differs between machines, the case has beside it the one with functions that
round to the nearest number: `nearest`.
"""

import json
import logging
import random
import re
import sys
import warnings
from pathlib import Path

import diffusers
import torch

from diffusion_scheduler_choices import CHOICES
from nearest_functions import nearest_functions

OUTPUT = Path(__file__).resolve().parents[2] / "packages" / "schedulers" / "src" / "__fixtures__"
SHAPE = (2, 1, 2, 4)
# What the tests allow each to differ by, of its largest number.
TOLERANCES = {"sigmas": 1e-6, "sample": 1e-5, "predOriginalSample": 1e-5}


def numbers(tensor, digits=7):
    """A flat list, with enough digits for comparisons to one part in a million."""
    return [float(f"{value:.{digits}g}") for value in torch.as_tensor(tensor).flatten().tolist()]


def ramp_sample():
    """Numbers from -1 to 7/8 in row-major order."""
    count = torch.Size(SHAPE).numel()
    return (torch.arange(count) / (count / 2) - 1).reshape(SHAPE)


def pattern_model(sample, timestep, has_variance):
    """A stand-in for a network: part of its input, and a pattern that is not in it; with a variance behind it."""
    timestep = timestep.to(torch.float32)
    pattern = ramp_sample().flip(0, -1) * 0.25
    output = sample * 0.5 * timestep / (timestep + 1) + pattern
    return torch.cat([output, ramp_sample().abs() * 0.5], dim=1) if has_variance else output


def scale_model_input(scheduler, sample, timestep):
    """What the model is given. The schedulers of flow matching have no such method, and scale nothing."""
    return scheduler.scale_model_input(sample, timestep) if hasattr(scheduler, "scale_model_input") else sample


def run(name, config, request, step_options):
    scheduler = getattr(diffusers, name)(**config)
    if any(timestep >= len(scheduler) for timestep in request.get("timesteps", [])):
        return None
    scheduler.set_timesteps(**request)
    if not torch.isfinite(scheduler.timesteps.double()).all():
        return None
    if not name.startswith("EDM") and (scheduler.timesteps < 0).any():
        return None
    generator = torch.Generator("cpu").manual_seed(0)
    has_generator = "generator" in scheduler.step.__code__.co_varnames
    has_variance = str(config.get("variance_type")).startswith("learned") and name == "DDPMScheduler"
    sample = ramp_sample() * getattr(scheduler, "init_noise_sigma", 1.0)
    output = None
    for timestep in scheduler.timesteps:
        model_input = scale_model_input(scheduler, sample, timestep)
        options = {**step_options, **({"generator": generator} if has_generator else {})}
        output = scheduler.step(pattern_model(model_input, timestep, has_variance), timestep, sample, **options)
        sample = output.prev_sample
        if not torch.isfinite(sample).all() or sample.abs().max() > 1e6:
            return None
    case = {"config": config, "request": request}
    if step_options:
        case["stepOptions"] = step_options
    case["timesteps"] = numbers(scheduler.timesteps)
    if hasattr(scheduler, "sigmas"):
        case["sigmas"] = numbers(scheduler.sigmas)
    case["sample"] = numbers(sample)
    for key in ("pred_original_sample", "denoised"):
        if output.get(key) is not None:
            case["predOriginalSample"] = numbers(output[key])
    return case


def run_score_sde_ve(name, config, request, step_options):
    """The loop of ScoreSdeVePipeline, with the score of a distribution around a pattern."""
    scheduler = getattr(diffusers, name)(**config)
    scheduler.set_timesteps(**request)
    scheduler.set_sigmas(**request)
    generator = torch.Generator("cpu").manual_seed(0)
    sample = ramp_sample() * scheduler.init_noise_sigma

    def score(sigma):
        return (ramp_sample().flip(0, -1) * 0.25 - sample) / (sigma * sigma + 1)

    for timestep, sigma in zip(scheduler.timesteps, scheduler.sigmas):
        for _ in range(scheduler.config.correct_steps):
            sample = scheduler.step_correct(score(sigma), sample, generator=generator).prev_sample
        sample = scheduler.step_pred(score(sigma), timestep, sample, generator=generator).prev_sample
        if not torch.isfinite(sample).all():
            return None
    return {
        "config": config,
        "request": request,
        "timesteps": numbers(scheduler.timesteps),
        "sigmas": numbers(scheduler.sigmas),
        "sample": numbers(sample),
    }


def draw(choices, generator):
    """A value for some of the fields."""
    drawn = {name: generator.choice(values) for name, values in choices.items() if generator.random() < 0.4}
    if "trained_betas" in drawn:
        drawn["num_train_timesteps"] = len(drawn["trained_betas"])
    return drawn


def differs(one, other, tolerance):
    """Whether two lists differ by more than half of what the tests allow."""
    scale = max(map(abs, other))
    return max(abs(left - right) for left, right in zip(one, other)) > tolerance / 2 * scale


def with_nearest(case, runner, arguments):
    """The case, and its numbers with functions that round to the nearest number where those are others."""
    with nearest_functions():
        run_nearest = runner(*arguments)
    if run_nearest is None:
        return None
    nearest = {key: run_nearest[key] for key in TOLERANCES if key in case}
    is_other = any(differs(case[key], nearest[key], TOLERANCES[key]) for key in nearest)
    return {**case, "nearest": nearest} if is_other else case


def cases_of(name):
    choices = CHOICES[name]
    runner = run_score_sde_ve if name == "ScoreSdeVeScheduler" else run
    generator = random.Random(name)
    cases = []
    seen = set()
    candidates = [*choices.get("always", [])]
    while len(cases) < choices["count"]:
        if candidates:
            config, request, step_options = candidates.pop(0)
        else:
            config = draw(choices["config"], generator)
            request = generator.choice(choices["requests"])
            step_options = draw(choices.get("step", {}), generator)
        key = json.dumps([config, request, step_options], sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        try:
            arguments = (name, config, request, step_options)
            case = runner(*arguments)
            case = case and with_nearest(case, runner, arguments)
        except (ValueError, NotImplementedError, IndexError, RuntimeError, AttributeError, TypeError, AssertionError):
            continue
        if case is not None:
            cases.append(case)
    return cases


def file_name(name):
    spelled = name.replace("UniPC", "Unipc").replace("EDMDPM", "Edm-DPM")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", spelled)
    return words.lower() + ".json"


def main(names):
    total = 0
    for name in names:
        versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
        text = json.dumps({"versions": versions, "cases": cases_of(name)}, separators=(",", ":"))
        (OUTPUT / file_name(name)).write_text(text + "\n")
        total += len(text)
        print(f"{file_name(name)}: {len(text)} bytes")
    print(f"{total} bytes in all")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    main(sys.argv[1:] or list(CHOICES))
