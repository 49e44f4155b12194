"""Does one task of the benchmark with diffusers on PyTorch, and prints what it measured as one line of JSON.

The argument is a task as in src/task.ts, or {"kind": "image", ...} to make one image and save it.
"""

import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
task = json.loads(sys.argv[1])

import torch  # noqa: E402

torch.set_num_threads(task["threads"])


def class_labels(config):
    return None if config.num_class_embeds is None else 145 % config.num_class_embeds


def load_pipeline():
    from diffusers import ConsistencyModelPipeline

    pipeline = ConsistencyModelPipeline.from_pretrained(task["checkpoint"])
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_images(pipeline, batch_size, seed):
    label = class_labels(pipeline.unet.config)
    return pipeline(
        batch_size=batch_size,
        num_inference_steps=1,
        class_labels=None if label is None else [label] * batch_size,
        generator=torch.Generator("cpu").manual_seed(seed),
    ).images


def prepare_images():
    pipeline = load_pipeline()
    return lambda repeat: make_images(pipeline, task["batchSize"], repeat)


def prepare_forward():
    from diffusers import UNet2DModel

    unet = UNet2DModel.from_pretrained(task["checkpoint"], subfolder="unet").eval()
    size = unet.config.sample_size
    batch_size = task["batchSize"]
    sample = torch.randn(batch_size, unet.config.in_channels, size, size)
    label = class_labels(unet.config)
    labels = None if label is None else torch.full((batch_size,), label)

    def forward(_repeat):
        with torch.no_grad():
            return unet(sample, 1000.0, class_labels=labels).sample

    return forward


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def measure(prepare):
    call = prepare()
    ready = time.time() * 1000 - task["startedAt"]
    milliseconds = []
    for repeat in range(task["repeats"] + 1):
        start = time.perf_counter()
        call(repeat)
        milliseconds.append((time.perf_counter() - start) * 1000)
    return {
        "readyMilliseconds": ready,
        "callMilliseconds": milliseconds[1:],
        "peakBytes": peak_bytes(),
    }


if task["kind"] == "image":
    make_images(load_pipeline(), 1, 0)[0].save(task["out"])
else:
    print(json.dumps(measure({"forward": prepare_forward, "images": prepare_images}[task["kind"]])))
