"""Exports a UNet2DModel with torch.onnx, as somebody without Onestep would.

    python tools/reference/export_unet_onnx.py <folder of a unet> <file to write, .onnx>

The batch is fixed at 1, which gives the exported graph every advantage. The file is for tools/benchmark to measure
against, and is not committed.
"""

import sys

import torch
from diffusers import UNet2DModel

OPERATOR_SET = 20


class Prediction(torch.nn.Module):
    """The tensor alone instead of diffusers' output class."""

    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep, class_labels=None):
        return self.unet(sample, timestep, class_labels=class_labels, return_dict=False)[0]


def main(folder, path):
    unet = UNet2DModel.from_pretrained(folder)
    config = unet.config
    names = ["sample", "timestep"]
    arguments = [
        torch.randn(1, config.in_channels, config.sample_size, config.sample_size),
        torch.tensor([1.0]),
    ]
    if config.num_class_embeds is not None:
        names.append("class_labels")
        arguments.append(torch.tensor([0]))
    with torch.no_grad():
        torch.onnx.export(
            Prediction(unet).eval(),
            tuple(arguments),
            path,
            dynamo=True,
            opset_version=OPERATOR_SET,
            input_names=names,
            output_names=["model_output"],
            external_data=False,
        )
    print(f"{path}: torch {torch.__version__}, opset {OPERATOR_SET}")


main(*sys.argv[1:])
