"""Makes images of a text with diffusers on PyTorch, and prints what it measured as one line of JSON.

The argument is a task as in src/text-to-image/measure-text-to-image.ts.
"""

import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
task = json.loads(sys.argv[1])

import diffusers  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(task["threads"])
pipeline = getattr(diffusers, task["className"]).from_pretrained(task["checkpoint"])
pipeline.set_progress_bar_config(disable=True)
ready = time.time() * 1000 - task["startedAt"]


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024


images = []
for repeat in range(task["repeats"] + 1):
    steps = []
    start = last = time.perf_counter()

    def on_step_end(_pipe, _step, _timestep, kwargs):
        global last
        now = time.perf_counter()
        steps.append((now - last) * 1000)
        last = now
        return kwargs

    pipeline(
        prompt="a lighthouse in a storm, oil on canvas",
        height=task["height"],
        width=task["width"],
        num_inference_steps=task["steps"],
        guidance_scale=task["guidanceScale"],
        generator=torch.Generator("cpu").manual_seed(repeat),
        output_type="np",
        callback_on_step_end=on_step_end,
    )
    end = time.perf_counter()
    images.append(
        {
            "milliseconds": (end - start) * 1000,
            "stepMilliseconds": steps,
            "decodeMilliseconds": (end - last) * 1000,
        }
    )

print(
    json.dumps(
        {
            "readyMilliseconds": ready,
            "firstMilliseconds": images[0]["milliseconds"],
            "images": images[1:],
            "peakBytes": peak_bytes(),
        }
    )
)
