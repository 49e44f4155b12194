"""Writes the files of torch that packages/models is tested against, and what is in them.

Usage: python tools/reference/make_torch_files.py

What the bytes of float8 types stand for is written into `packages/models/src/graph/__fixtures__`. Every array of a file is listed in `contents.json` with its type, its shape and its bytes in hexadecimal; a file that is
to be refused has no arrays there.
"""

import collections
import io
import json
import os
import zipfile
from pathlib import Path

import torch

OUTPUT = Path(__file__).resolve().parents[2] / "packages/models/src/checkpoint/torch-file/__fixtures__"
contents = {"torch": torch.__version__, "files": {}}


def describe(tensors):
    listed = {}
    for name, tensor in tensors.items():
        whole = tensor.detach().clone().contiguous()
        listed[name] = {
            "elementType": str(whole.dtype).removeprefix("torch."),
            "shape": list(whole.shape),
            "bytes": bytes(whole.untyped_storage()).hex(),
        }
    return listed


def save(name, content, tensors=None, **options):
    torch.save(content, OUTPUT / name, **options)
    contents["files"][name] = describe(tensors or {})


def ramp(*shape, start=0):
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape) + start


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(3, 2)
        self.norm = torch.nn.BatchNorm1d(2)
        with torch.no_grad():
            self.linear.weight.copy_(ramp(2, 3))
            self.linear.bias.copy_(ramp(2, start=10))


class Crafted:
    def __reduce__(self):
        return os.system, ("echo unsafe",)


OUTPUT.mkdir(parents=True, exist_ok=True)
torch.manual_seed(0)
network = Network()
state = network.state_dict()
save("state-dict.bin", state, state)

types = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
types += [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]
typed = {str(dtype).removeprefix("torch."): ramp(2, 2).to(dtype) for dtype in types}
save("element-types.pt", typed, typed)

newer = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu]
newer += [torch.uint16, torch.uint32, torch.uint64, torch.complex64, torch.complex128]
typed = {str(dtype).removeprefix("torch."): ramp(2, 2).to(dtype) for dtype in newer}
typed["quint8"] = torch.quantize_per_tensor(ramp(2, 2), 0.5, 3, torch.quint8)
typed["qint8"] = torch.quantize_per_channel(ramp(2, 2), torch.ones(2), torch.zeros(2, dtype=torch.int64), 0, torch.qint8)
save("newer-types.pt", typed, typed)

extras = {
    "weight": ramp(2),
    "coo": torch.eye(2).to_sparse(),
    "csr": torch.eye(2).to_sparse_csr(),
    "meta": torch.zeros(3, device="meta"),
    "nested": torch.nested.nested_tensor([ramp(2), ramp(3)]),
}
save("left-out.pt", extras, {"weight": extras["weight"]})

every_byte = torch.arange(256, dtype=torch.uint8)
values = {str(dtype).removeprefix("torch."): every_byte.view(dtype).float().tolist() for dtype in newer[:5]}
target = OUTPUT.parents[2] / "graph/__fixtures__/float8-values.json"
target.parent.mkdir(exist_ok=True)
target.write_text(json.dumps({name: [str(number) for number in numbers] for name, numbers in values.items()}) + "\n")

whole = ramp(4, 3)
views = {
    "whole": whole,
    "rows": whole[1:3],
    "one element": whole[2, 1],
    "shared": whole.view(12),
    "dimensions of one": whole[1:2].unsqueeze(0).transpose(0, 1),
    "empty": torch.zeros(0, 5),
    "scalar": torch.tensor(7.5),
}
save("views.pt", views, views)

annotated = torch.nn.Parameter(ramp(2))
annotated.note = "kept by torch, not by us"
marked = ramp(3)
marked.note = {"a": 1}
parameters = {"plain": torch.nn.Parameter(ramp(2, 2)), "annotated": annotated, "marked": marked}
save("parameters.pt", parameters, parameters)

training = {
    "epoch": 3,
    "loss": 0.25,
    "best": None,
    "names": ["a", ("b", b"c"), {1, 2}, frozenset([3]), bytearray(b"d")],
    "size": torch.Size([1, 2]),
    "type": torch.float16,
    "device": torch.device("cpu"),
    "large": 2**70,
    "state_dict": state,
    "optimizer": {"state": {0: {"momentum": ramp(2)}}, "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999)}]},
}
save("training.pt", training, state)
for protocol in (1, 3, 4, 5):
    save(f"protocol-{protocol}.pt", training, state, pickle_protocol=protocol)

averaged = collections.OrderedDict((name, tensor + 1) for name, tensor in state.items())
save("model-and-ema.pt", {"model": state, "ema": averaged}, averaged)

save("transposed.pt", {"kept": ramp(2), "transposed": ramp(2, 3).t()})
save("expanded.pt", {"expanded": ramp(1, 3).expand(4, 3)})
save("sparse.pt", {"sparse": torch.eye(2).to_sparse()})
save("crafted.pt", {"weight": ramp(2), "other": Crafted()})
save("legacy.pt", state, _use_new_zipfile_serialization=False)

buffer = io.BytesIO()
torch.save(state, buffer)
with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(OUTPUT / "compressed.pt", "w", zipfile.ZIP_DEFLATED) as target:
    for name in source.namelist():
        target.writestr(zipfile.ZipInfo(name), source.read(name), zipfile.ZIP_DEFLATED)
with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(OUTPUT / "stored-again.pt", "w") as target:
    for name in source.namelist():
        target.writestr(zipfile.ZipInfo(name), source.read(name))
contents["files"]["compressed.pt"] = {}
contents["files"]["stored-again.pt"] = describe(state)

torch.jit.script(torch.nn.Linear(1, 1)).save(str(OUTPUT / "program.pt"))
contents["files"]["program.pt"] = {}

(OUTPUT / "contents.json").write_text(json.dumps(contents, indent=1) + "\n")
