"""Writes the numbers and files that packages/schedulers is tested against, as diffusers computes them.

Usage: python tools/reference/make_scheduler_goldens.py

Floats are written with 9 significant digits where they are float32 and with 17 where they are float64: enough to get
the same bits back.
"""

import json
import logging
import tempfile
from pathlib import Path

import diffusers
import torch
from diffusers import CMStochasticIterativeScheduler, EDMEulerScheduler

OUTPUT = Path(__file__).resolve().parents[2] / "packages" / "schedulers" / "src" / "__fixtures__"
SHAPE = (2, 1, 4, 4)
CLASSES = {"CMStochasticIterativeScheduler": CMStochasticIterativeScheduler, "EDMEulerScheduler": EDMEulerScheduler}


def numbers(tensor):
    """A flat list of a tensor's elements, written short without losing a bit."""
    digits = 17 if tensor.dtype == torch.float64 else 9
    return [float(f"{value:.{digits}g}") for value in tensor.flatten().tolist()]


def ramp_sample():
    """Numbers from 0 to 31/32 in row-major order."""
    count = torch.Size(SHAPE).numel()
    return (torch.arange(count) / count).reshape(SHAPE)


def dummy_model(sample, timestep):
    """The stand-in for a network in diffusers' scheduler tests."""
    timestep = timestep.reshape(-1, 1, 1, 1).to(sample.dtype)
    return sample * timestep / (timestep + 1)


def schedule(scheduler):
    return {"timesteps": numbers(scheduler.timesteps), "sigmas": numbers(scheduler.sigmas)}


def run(scheduler, seeds, step_options=None):
    """Every step of a run, from a sample that is the same for all runs but for its scale."""
    generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
    generator = generators if len(generators) > 1 else generators[0]
    sample = ramp_sample() * scheduler.init_noise_sigma
    steps = []
    for timestep in scheduler.timesteps:
        model_input = scheduler.scale_model_input(sample, timestep)
        output = scheduler.step(
            dummy_model(model_input, timestep), timestep, sample, generator=generator, **(step_options or {})
        )
        sample = output.prev_sample
        steps.append({name: numbers(value) for name, value in output.items()})
    return steps


def consistency_cases():
    schedules = [
        ({}, {"num_inference_steps": count}) for count in (1, 2, 3, 4, 39, 40)
    ] + [
        ({}, {"timesteps": timesteps}) for timesteps in ([22, 0], [17, 0], [18, 0], [22], [5, -3], [5.7, 2.2], [39, 0])
    ] + [
        ({"num_train_timesteps": 201}, request)
        for request in ({"timesteps": [106, 0]}, *({"num_inference_steps": count} for count in (1, 2, 3, 10)))
    ] + [
        ({"num_train_timesteps": 151}, request)
        for request in ({"timesteps": [67, 0]}, {"timesteps": [62, 0]}, {"num_inference_steps": 2})
    ] + [
        ({"num_train_timesteps": 7, "sigma_min": 0.01, "sigma_max": 50.0, "rho": 5.0}, {"num_inference_steps": 7}),
    ]
    odd = {"sigma_min": 0.01, "sigma_max": 50.0, "sigma_data": 0.7, "s_noise": 1.007, "rho": 5.0}
    runs = [
        ({}, {"num_inference_steps": 1}, [0]),
        ({}, {"timesteps": [22, 0]}, [0]),
        ({}, {"timesteps": [22, 0]}, [3, 4]),
        ({}, {"num_inference_steps": 4}, [1]),
        ({"num_train_timesteps": 201}, {"timesteps": [106, 0]}, [0]),
        ({"clip_denoised": False}, {"timesteps": [22, 0]}, [0]),
        (odd, {"num_inference_steps": 3}, [2]),
        ({**odd, "clip_denoised": False}, {"timesteps": [30, 12, 5]}, [2]),
        # Without set_timesteps the noise levels are float64 and the run goes through the whole grid.
        ({"num_train_timesteps": 5}, None, [0]),
        ({**odd, "num_train_timesteps": 4, "clip_denoised": False}, None, [5]),
    ]
    cases = {"grids": [], "schedules": [], "scalings": [], "noised": [], "runs": []}
    for config in ({}, {"num_train_timesteps": 201}, {"num_train_timesteps": 7, "sigma_min": 0.01, "rho": 5.0}):
        cases["grids"].append({"config": config, **schedule(CMStochasticIterativeScheduler(**config))})
    for config, request in schedules:
        scheduler = CMStochasticIterativeScheduler(**config)
        scheduler.set_timesteps(**request)
        cases["schedules"].append({"config": config, "request": request, **schedule(scheduler)})
    for config in ({}, odd):
        scheduler = CMStochasticIterativeScheduler(**config)
        scheduler.set_timesteps(num_inference_steps=10)
        for sigma in scheduler.sigmas:
            cases["scalings"].append({
                "config": config,
                "sigma": numbers(sigma)[0],
                "edm": numbers(torch.stack(scheduler.get_scalings(sigma))),
                "boundary": numbers(torch.stack(scheduler.get_scalings_for_boundary_condition(sigma))),
            })
    for config, request, seeds in runs:
        scheduler = CMStochasticIterativeScheduler(**config)
        if request is not None:
            scheduler.set_timesteps(**request)
        cases["runs"].append({"config": config, "request": request, "seeds": seeds, "steps": run(scheduler, seeds)})
    scheduler = CMStochasticIterativeScheduler()
    scheduler.set_timesteps(num_inference_steps=4)
    noise = ramp_sample().flip(-1)
    for indices in ([1], [0, 3]):
        noised = scheduler.add_noise(ramp_sample(), noise, scheduler.timesteps[indices])
        cases["noised"].append({"indices": indices, "samples": numbers(noised)})
    return cases


def edm_cases():
    churn = {"s_churn": 40.0, "s_tmin": 0.05, "s_tmax": 50.0, "s_noise": 1.003}
    odd = {"sigma_min": 0.01, "sigma_max": 50.0, "sigma_data": 0.7, "rho": 5.0}
    runs = [
        ({}, {"num_inference_steps": 1}, {}),
        ({}, {"num_inference_steps": 5}, {}),
        (odd, {"num_inference_steps": 4}, {}),
        ({"prediction_type": "v_prediction"}, {"num_inference_steps": 4}, {}),
        ({"sigma_schedule": "exponential"}, {"num_inference_steps": 6}, {}),
        ({"sigma_schedule": "exponential"}, {"num_inference_steps": 1}, {}),
        ({"final_sigmas_type": "sigma_min"}, {"num_inference_steps": 4}, {}),
        ({}, {"num_inference_steps": 6}, churn),
        (odd, {"num_inference_steps": 3}, {"s_churn": 1.0}),
        ({}, {"sigmas": [0.0, 0.3, 0.5, 1.0]}, {}),
        ({"num_train_timesteps": 4}, None, {}),
        ({"num_train_timesteps": 4, "sigma_schedule": "exponential"}, None, {}),
    ]
    cases = {"schedules": [], "runs": []}
    for config, request in (
        ({}, None),
        ({"sigma_schedule": "exponential"}, None),
        ({}, {"num_inference_steps": 37}),
        ({"sigma_schedule": "exponential"}, {"num_inference_steps": 37}),
    ):
        scheduler = EDMEulerScheduler(**{"num_train_timesteps": 40, **config})
        if request is not None:
            scheduler.set_timesteps(**request)
        cases["schedules"].append({
            "config": {"num_train_timesteps": 40, **config}, "request": request, **schedule(scheduler)
        })
    for config, request, step_options in runs:
        scheduler = EDMEulerScheduler(**config)
        if request is not None:
            arguments = {name: torch.tensor(value) if name == "sigmas" else value for name, value in request.items()}
            scheduler.set_timesteps(**arguments)
        # diffusers takes the tensor `sigmas` for positions on the schedule.
        ours = {"ramp": request["sigmas"]} if request is not None and "sigmas" in request else request
        cases["runs"].append({
            "config": config,
            "request": ours,
            "stepOptions": step_options,
            "seeds": [0],
            **schedule(scheduler),
            "steps": run(scheduler, [0], step_options),
        })
    return cases


def file_cases():
    """Texts of scheduler_config.json; `from` is the text that the scheduler was loaded from first."""

    def load(class_name, text):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "scheduler_config.json").write_text(text)
            return CLASSES[class_name].from_pretrained(folder)

    saved = [
        CMStochasticIterativeScheduler(),
        CMStochasticIterativeScheduler(num_train_timesteps=201, sigma_max=80, rho=7, s_noise=1),
        CMStochasticIterativeScheduler(sigma_min=1e-05, sigma_max=157.25, sigma_data=0.1, clip_denoised=False),
        EDMEulerScheduler(),
        EDMEulerScheduler(sigma_max=50, rho=5, prediction_type="v_prediction", sigma_schedule="exponential"),
    ]
    cases = [{"className": type(scheduler).__name__, "text": scheduler.to_json_string()} for scheduler in saved]
    stranger = json.loads(cases[0]["text"])
    stranger.update({"_note": "kept", "beta_start": 1e-4, "nested": {"z": [1, 2.0, None, True], "a": "\u00e9\u2028"}})
    text = json.dumps(stranger)
    cases.append({
        "className": "CMStochasticIterativeScheduler",
        "from": text,
        "text": load("CMStochasticIterativeScheduler", text).to_json_string(),
    })
    original = cases[1]["text"]
    there = load("EDMEulerScheduler", original)
    cases.append({"className": "EDMEulerScheduler", "from": original, "text": there.to_json_string()})
    back = CMStochasticIterativeScheduler.from_config(there.config)
    cases.append({"className": "CMStochasticIterativeScheduler", "from": original, "text": back.to_json_string()})
    return cases


def write(name, content):
    versions = {"torch": torch.__version__, "diffusers": diffusers.__version__}
    text = json.dumps({"versions": versions, **content}, separators=(",", ":"))
    (OUTPUT / name).write_text(text + "\n")
    print(f"{name}: {len(text)} bytes")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    OUTPUT.mkdir(parents=True, exist_ok=True)
    write("cm-stochastic-iterative-scheduler.json", consistency_cases())
    write("edm-euler-scheduler.json", edm_cases())
    write("scheduler-config-files.json", {"files": file_cases()})
