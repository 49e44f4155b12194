"""Checks by hand that Python's libraries and ours use each other's caches and folders.

Usage: npx tsc -b packages/onestep tools/fake-hub && python tools/reference/check_python_interop.py

Makes a small pipeline with diffusers, serves it from the fake Hub, and prints a line for each thing that holds. Ends
with an AssertionError at the first that does not.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(tempfile.mkdtemp(prefix="onestep-interop-"))
REPOSITORY = "owner/name"

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    PORT = probe.getsockname()[1]
ENDPOINT = f"http://127.0.0.1:{PORT}"
os.environ.update(HF_ENDPOINT=ENDPOINT, HF_HUB_DISABLE_XET="1", HF_HUB_DISABLE_TELEMETRY="1", HF_HOME=str(WORK / "home"))

import diffusers  # noqa: E402
import huggingface_hub  # noqa: E402
import torch  # noqa: E402


class Hub:
    """The fake Hub, and the requests that it gets."""

    def __init__(self, folder):
        command = ["node", "tools/fake-hub/dist/program.js", "--log", "--port", str(PORT), f"{REPOSITORY}={folder}"]
        self.lines = []
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert "HF_ENDPOINT" in self.process.stdout.readline()
        threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")), daemon=True).start()

    def requests(self):
        """All since the last call."""
        time.sleep(0.2)
        lines, self.lines[:] = list(self.lines), []
        return [line.strip() for line in lines]

    def content_requests(self):
        return [line for line in self.requests() if line.startswith("cdn") or " GET " in line and "/resolve" in line]


def node(script, *arguments):
    """Runs a program of ours and returns what it prints, as JSON."""
    command = ["node", "--input-type=module", "--eval", script, *map(str, arguments)]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output or "null")


FETCH = """
import { openRepository } from "@onestep/hub";
const [endpoint, cacheDir, local, ...paths] = process.argv.slice(1);
const repository = await openRepository("owner/name", { endpoint, cacheDir, localFilesOnly: local === "local", environment: {} });
const sizes = {};
for (const path of paths) sizes[path] = (await repository.find(path))?.size ?? null;
console.log(JSON.stringify(sizes));
"""

SAVE = """
import { ConsistencyModelPipeline } from "onestep";
const [from, to, options, load] = process.argv.slice(1);
const pipe = await ConsistencyModelPipeline.fromPretrained(from, JSON.parse(load ?? "{}"));
await pipe.savePretrained(to, JSON.parse(options));
await pipe.dispose();
"""


def holds(what, condition=True):
    assert condition, what
    print(f"holds: {what}")


def same_weights(first, second):
    one, two = first.unet.state_dict(), second.unet.state_dict()
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name].to(one[name].dtype)) for name in one)


def load(source, **options):
    return diffusers.ConsistencyModelPipeline.from_pretrained(source, **options)


torch.manual_seed(0)
pipeline = diffusers.ConsistencyModelPipeline(
    unet=diffusers.UNet2DModel(
        sample_size=8, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, num_class_embeds=10,
        down_block_types=("ResnetDownsampleBlock2D", "AttnDownBlock2D"), attention_head_dim=8,
        up_block_types=("AttnUpBlock2D", "ResnetUpsampleBlock2D"), resnet_time_scale_shift="scale_shift",
    ),
    scheduler=diffusers.CMStochasticIterativeScheduler(),
)
served = WORK / "served"
pipeline.save_pretrained(served)
pipeline.save_pretrained(served, variant="fp16")
paths = sorted(str(path.relative_to(served)) for path in served.rglob("*") if path.is_file())
sizes = {path: (served / path).stat().st_size for path in paths}
hub = Hub(served)

# A cache of Python's, used here.
python_cache = WORK / "python-cache"
huggingface_hub.snapshot_download(REPOSITORY, cache_dir=python_cache)
try:
    huggingface_hub.hf_hub_download(REPOSITORY, "unet/none.bin", cache_dir=python_cache)
except huggingface_hub.errors.EntryNotFoundError:
    pass
hub.requests()
expected = {**sizes, "unet/none.bin": None}
holds("a cache of Python's is used online", node(FETCH, ENDPOINT, python_cache, "online", *expected) == expected)
lines = hub.requests()
holds(f"  with the requests {lines}", all("/revision/" in line for line in lines))
holds("a cache of Python's is used offline", node(FETCH, ENDPOINT, python_cache, "local", *expected) == expected)
holds("  without a request", hub.requests() == [])

# A cache of ours, used by Python.
own_cache = WORK / "own-cache"
node(FETCH, ENDPOINT, own_cache, "online", *expected)
hub.requests()
for variant in (None, "fp16"):
    loaded = load(REPOSITORY, cache_dir=own_cache, local_files_only=True, variant=variant)
    reference = load(served, variant=variant)
    holds(f"a cache of ours is used by diffusers offline, variant {variant}", same_weights(reference, loaded))
found = huggingface_hub.try_to_load_from_cache(REPOSITORY, "unet/none.bin", cache_dir=own_cache)
holds("  which knows what is not there", found is huggingface_hub._CACHED_NO_EXIST)
holds("  without a request", hub.requests() == [])
same_weights(pipeline, load(REPOSITORY, cache_dir=own_cache)) or sys.exit("other weights")
huggingface_hub.snapshot_download(REPOSITORY, cache_dir=own_cache)
holds("a cache of ours is used by Python online without a request for a content", hub.content_requests() == [])
report = huggingface_hub.scan_cache_dir(own_cache)
holds("  and its tools find nothing wrong with it", not report.warnings and len(report.repos) == 1)

# One made by both.
mixed_cache = WORK / "mixed-cache"
node(FETCH, ENDPOINT, mixed_cache, "online", "model_index.json", "unet/config.json")
huggingface_hub.snapshot_download(REPOSITORY, cache_dir=mixed_cache)
hub.requests()
holds("a cache begun here and completed by Python is used", node(FETCH, ENDPOINT, mixed_cache, "local", *sizes) == sizes)
hub.process.terminate()

# Folders of ours, loaded by Python.
for name, options, python_options in [
    ("single", {}, {}),
    ("sharded", {"maxShardSize": 20_000}, {}),
    ("variant", {"variant": "fp16"}, {"variant": "fp16"}),
    ("sharded variant", {"variant": "fp16", "maxShardSize": 20_000}, {"variant": "fp16"}),
]:
    target = WORK / name
    node(SAVE, served, target, json.dumps(options), json.dumps({}))
    files = len(list(target.glob("unet/*.safetensors")))
    holds(f"diffusers loads what is saved here: {name}, {files} file(s)", same_weights(pipeline, load(target, **python_options)))

shutil.rmtree(WORK)
print(f"huggingface_hub {huggingface_hub.__version__}, diffusers {diffusers.__version__}, torch {torch.__version__}")
