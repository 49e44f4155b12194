import type { RepositoryFile } from "@onestep/hub";

/** How to turn a file of torch that is not read here into a safetensors file beside it, in one line of Python. */
export function resaveRemedy(file: RepositoryFile): string {
  const ownName = file.path.slice(file.path.lastIndexOf("/") + 1);
  // The line is there to be copied into a shell: a name that is more than a name does not go into it.
  const name = /^[\w.-]+$/.test(ownName) ? ownName : "model.bin";
  const target = name.replace(/(\.\w+)?$/, ".safetensors");
  const source = `torch.load('${name}', map_location='cpu', weights_only=True)`;
  const tensors = `{k: v.clone().contiguous() for k, v in ${source}.items()}`;
  return `Convert it once, where the file lies: python -c "import torch, safetensors.torch as s; s.save_file(${tensors}, '${target}')".`;
}
