"""Writes what becomes of a scheduler's configuration when another class of diffusers takes it, for packages/schedulers.

Usage: python tools/reference/make_swap_goldens.py

For each class: some fields to set, as they stand in its file then, and the file of a scheduler with none set. For each
pair of classes: how the file of the second, made with the configuration of the first, differs from the second's
defaults with the fields of the first put over them. Most do not; those pairs are left out. Where diffusers refuses, it
is null.
"""

import json
import logging
import warnings
from pathlib import Path

import diffusers

from diffusion_scheduler_choices import CHOICES

FIXTURES = Path(__file__).resolve().parents[2] / "packages" / "schedulers" / "src" / "__fixtures__"
OUTPUT = FIXTURES / "scheduler-swaps.json"

# Of classes that are not in CHOICES. Those of the others are there, as "settings".
SETTINGS = {
    "CMStochasticIterativeScheduler": {"num_train_timesteps": 151, "sigma_max": 50.0, "clip_denoised": False},
    "EDMEulerScheduler": {"sigma_max": 50.0, "sigma_schedule": "exponential", "num_train_timesteps": 40},
    **{name: choices["settings"] for name, choices in CHOICES.items()},
}


def file_of(scheduler):
    """The entries of a file, each as it is written there."""
    entries = json.loads(scheduler.to_json_string())
    return {key: json.dumps(value, indent=2, sort_keys=True).replace("\n", "\n  ") for key, value in entries.items()}


def main():
    classes = {name: getattr(diffusers, name) for name in sorted(SETTINGS)}
    settings, defaults, compatibles, exceptions = {}, {}, {}, {}
    for name, cls in classes.items():
        settings[name] = {key: value for key, value in file_of(cls(**SETTINGS[name])).items() if key in SETTINGS[name]}
        defaults[name] = file_of(cls())
        known = {compatible.__name__ for compatible in cls().compatibles}
        compatibles[name] = sorted(known & classes.keys())
    for name, cls in classes.items():
        for other, other_class in classes.items():
            # `from_config` changes what it is given.
            try:
                actual = file_of(other_class.from_config(cls(**SETTINGS[name]).config))
            except (ValueError, NotImplementedError) as error:
                exceptions[f"{name} {other}"] = None
                print(f"{name} -> {other}: {error}")
                continue
            expected = {**defaults[other], **settings[name]}
            changed = {key: value for key, value in actual.items() if expected.get(key, "?") != value}
            assert expected.keys() <= actual.keys(), (name, other)
            if changed:
                exceptions[f"{name} {other}"] = changed
    content = {
        "versions": {"diffusers": diffusers.__version__},
        "settings": settings,
        "compatibles": compatibles,
        "defaults": defaults,
        "exceptions": exceptions,
    }
    text = json.dumps(content, separators=(",", ":"))
    OUTPUT.write_text(text + "\n")
    print(f"{OUTPUT.name}: {len(text)} bytes, {len(classes) ** 2} pairs")


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    main()
