"""Checks by hand that Python loads a pipeline of a user's own which was saved here, and the other way round.

Usage: npx tsc -b packages/onestep && python tools/reference/check_own_pipeline.py

The pipeline has three components, and one of them is of the library transformers. Prints a line for each thing that holds.
Ends with an AssertionError at the first that does not.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import diffusers
import torch
import transformers

ROOT = Path(__file__).resolve().parents[2]
WORK = Path(tempfile.mkdtemp(prefix="onestep-own-pipeline-"))
CHECKPOINT = ROOT / "packages/pipelines/src/__fixtures__/ddpm"

OURS = """
import { mkdir, writeFile } from "node:fs/promises";
import { DDPMPipeline, denoise, DiffusionPipelineBase } from "onestep";

class ImageProcessor {
  static library = "transformers";
  static className = "CLIPImageProcessor";
  static async fromRepository(repository, { subfolder }) {
    return new ImageProcessor(JSON.parse(await (await repository.get(`${subfolder}/preprocessor_config.json`)).text()));
  }
  constructor(config) { this.config = config; }
  async savePretrained(folder) {
    await mkdir(folder, { recursive: true });
    await writeFile(`${folder}/preprocessor_config.json`, JSON.stringify(this.config));
  }
}

class OwnPipeline extends DiffusionPipelineBase {
  static className = "OwnPipeline";
  static components = {
    scheduler: {},
    featureExtractor: {
      // The second is what transformers 5 names it where torchvision is not installed.
      classes: { "transformers/CLIPImageProcessor": ImageProcessor, "transformers/CLIPImageProcessorPil": ImageProcessor },
    },
    safetyChecker: { isOptional: true, classes: {} },
    unet: {},
  };
  async generate(options) {
    const { unet } = this.components;
    const shape = [1, unet.config.inChannels, unet.config.sampleSize, unet.config.sampleSize];
    const run = await this.beginSampling(options, { shape, defaultInferenceSteps: 3 });
    const predict = async (sample, timestep) => (await unet.forward({ sample, timestep })).sample;
    return denoise({ ...run, predict }, options);
  }
}

const [from, to] = process.argv.slice(1);
const loaded = to.endsWith("second")
  ? await OwnPipeline.fromPretrained(from)
  : OwnPipeline.fromPipe(await DDPMPipeline.fromPretrained(from), {
      featureExtractor: new ImageProcessor({ image_processor_type: "CLIPImageProcessor", size: { shortest_edge: 48 }, crop_size: { height: 40, width: 40 } }),
    });
await loaded.savePretrained(to);
const sample = await loaded.generate({ seed: 0 });
console.log(JSON.stringify({ names: Object.keys(loaded.components), sample: [...sample.data] }));
process.exit(0);
"""

PYTHON = '''
import torch
from diffusers import DiffusionPipeline, DDPMScheduler, UNet2DModel
from transformers import CLIPImageProcessor


class OwnPipeline(DiffusionPipeline):
    _optional_components = ["safety_checker"]

    def __init__(self, unet, scheduler, feature_extractor, safety_checker=None):
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler, feature_extractor=feature_extractor, safety_checker=safety_checker)

    @torch.no_grad()
    def __call__(self, seed, steps):
        generator = torch.Generator("cpu").manual_seed(seed)
        config = self.unet.config
        sample = torch.randn((1, config.in_channels, config.sample_size, config.sample_size), generator=generator)
        self.scheduler.set_timesteps(steps)
        for timestep in self.scheduler.timesteps:
            sample = self.scheduler.step(self.unet(sample, timestep).sample, timestep, sample, generator=generator).prev_sample
        return sample
'''


def holds(what, condition=True):
    assert condition, what
    print(f"holds: {what}")


def node(*arguments):
    command = ["node", "--input-type=module", "--eval", OURS, *map(str, arguments)]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout)


def close(ours, theirs):
    return torch.allclose(torch.tensor(ours["sample"]), theirs.flatten(), atol=1e-4)


first = WORK / "first"
ours = node(CHECKPOINT, first)
index = json.loads((first / "model_index.json").read_text())
print({name: value for name, value in index.items() if not name.startswith("_")})
holds("the index names the libraries", index["feature_extractor"] == ["transformers", "CLIPImageProcessor"])

custom = WORK / "own_pipeline.py"
custom.write_text(PYTHON)
pipe = diffusers.DiffusionPipeline.from_pretrained(first, custom_pipeline=str(custom), trust_remote_code=True)
holds(f"DiffusionPipeline.from_pretrained loads it as {type(pipe).__name__}", type(pipe).__name__ == "OwnPipeline")
holds(f"  with {type(pipe.feature_extractor).__name__}", "CLIPImageProcessor" in type(pipe.feature_extractor).__name__)
holds("  whose config is the one that was saved", pipe.feature_extractor.crop_size["height"] == 40)
holds(f"  and {type(pipe.unet).__name__}, {type(pipe.scheduler).__name__}", pipe.safety_checker is None)
holds("  and the same image, to 1e-4", close(ours, pipe(0, 3)))

second = WORK / "python"
pipe.save_pretrained(second)
again = node(second, WORK / "second")
holds("what Python saves again is loaded here", set(again["names"]) >= {"unet", "scheduler", "featureExtractor"})
holds("  with the same image, to 1e-4", close(again, pipe(0, 3)))
index = json.loads((WORK / "second" / "model_index.json").read_text())
print({name: value for name, value in index.items() if not name.startswith("_")})

known = WORK / "known"
subprocess.run(["cp", "-r", first, known], check=True)
index = json.loads((known / "model_index.json").read_text())
(known / "model_index.json").write_text(json.dumps({**index, "_class_name": "DDPMPipeline"}))
plain = diffusers.DiffusionPipeline.from_pretrained(known)
holds(f"under a name of diffusers it is loaded without a custom pipeline: {type(plain).__name__}", isinstance(plain, diffusers.DDPMPipeline))
print(f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
