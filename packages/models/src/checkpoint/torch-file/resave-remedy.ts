import type { RepositoryFile } from "@onestep/hub";

/** A line of Python that converts an unsupported torch file to a safetensors file next to it. */
export function resaveRemedy(file: RepositoryFile): string {
  const ownName = file.path.slice(file.path.lastIndexOf("/") + 1);
  // The line will be pasted into a shell, so it must not contain unsafe names.
  const name = /^[\w.-]+$/.test(ownName) ? ownName : "model.bin";
  const target = name.replace(/(\.\w+)?$/, ".safetensors");
  const source = `torch.load('${name}', map_location='cpu', weights_only=True)`;
  const tensors = `{k: v.clone().contiguous() for k, v in ${source}.items()}`;
  return `Convert it once, where the file lies: python -c "import torch, safetensors.torch as s; s.save_file(${tensors}, '${target}')".`;
}
