import { CheckpointError } from "../checkpoint-error.ts";
import { describePickleValue, PickleDict, type PickleValue } from "../pickle/pickle-value.ts";
import { TorchTensor } from "./torch-tensor.ts";

/**
 * Finds the dict with the tensors in what a file of torch holds: the file itself is one, or it is a dict in which one
 * entry is (`state_dict`, `ema`, `model`; the others are notes about the training).
 *
 * @param key - Which entry to take where there are several; the file itself where it is `""`.
 * @returns The tensors by name; what is no tensor is left out.
 * @throws CheckpointError where there are no tensors, or it is not clear which ones are meant.
 */
export function chooseStateDict(
  subject: string,
  content: PickleValue,
  key: string | undefined,
): ReadonlyMap<string, TorchTensor> {
  const candidates = new Map<string, ReadonlyMap<string, TorchTensor>>();
  // The same dict may stand in many places, and is looked through once.
  const known = new Map<PickleValue, ReadonlyMap<string, TorchTensor>>();
  const add = (name: string, value: PickleValue): void => {
    const tensors = known.get(value) ?? tensorsOf(value);
    known.set(value, tensors);
    if (tensors.size > 0) candidates.set(name, tensors);
  };
  add("", content);
  if (content instanceof PickleDict) {
    for (const [name, value] of content.entries)
      if (typeof name === "string" && name !== "") add(name, value);
  }
  if (key !== undefined) return takeCandidate(subject, candidates, key);
  const [only, ...others] = candidates.values();
  if (only !== undefined && others.length === 0) return only;
  throw new CheckpointError(
    only === undefined
      ? {
          subject,
          found: `${describePickleValue(content)} without tensors`,
          expected: "a dict from names to tensors, or a dict that holds one",
          remedy: "Save the state dict of the model: torch.save(model.state_dict(), path).",
        }
      : {
          subject,
          found: `tensors in ${describeCandidates(candidates)}`,
          expected: "one dict of them",
          remedy: "Say which to load: pass its name as `stateDictKey`.",
        },
  );
}

function takeCandidate(
  subject: string,
  candidates: ReadonlyMap<string, ReadonlyMap<string, TorchTensor>>,
  key: string,
): ReadonlyMap<string, TorchTensor> {
  const chosen = candidates.get(key);
  if (chosen !== undefined) return chosen;
  throw new CheckpointError({
    subject,
    found: candidates.size === 0 ? "no tensors" : `tensors in ${describeCandidates(candidates)}`,
    expected: `some in ${JSON.stringify(key)}`,
    remedy: "Choose another `stateDictKey`, or leave it out.",
  });
}

function tensorsOf(value: PickleValue): ReadonlyMap<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  if (!(value instanceof PickleDict)) return tensors;
  for (const [name, item] of value.entries) {
    if (typeof name === "string" && item instanceof TorchTensor) tensors.set(name, item);
  }
  return tensors;
}

function describeCandidates(candidates: ReadonlyMap<string, ReadonlyMap<string, TorchTensor>>): string {
  const names = [...candidates].map(
    ([name, { size }]) => `${name === "" ? "the file itself" : JSON.stringify(name)} (${size})`,
  );
  return names.slice(0, 10).join(", ");
}
