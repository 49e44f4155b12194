import { CheckpointError } from "../../errors.ts";
import { describePickleValue, PickleDict, type PickleValue } from "../pickle/pickle-value.ts";
import { LeftOutTensor, TorchTensor } from "./torch-tensor.ts";

/** How torch saves a tensor. */
export type PickledTensor = TorchTensor | LeftOutTensor;

/**
 * Finds the state dict in a torch file: the file's top-level dict, or an entry of it (`state_dict`, `ema`, `model`; other
 * entries are training metadata).
 *
 * @param key - Which entry to use if there are several; `""` for the top level.
 * @returns The tensors by name; other values are skipped.
 * @throws CheckpointError if there are no tensors, or the choice is ambiguous.
 */
export function chooseStateDict(
  subject: string,
  content: PickleValue,
  key: string | undefined,
): ReadonlyMap<string, PickledTensor> {
  const candidates = new Map<string, ReadonlyMap<string, PickledTensor>>();
  // The same dict may occur in many places; it is searched once.
  const known = new Map<PickleValue, ReadonlyMap<string, PickledTensor>>();
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
          remedy: "In Python, save the state dict of the model: torch.save(model.state_dict(), path).",
        }
      : {
          subject,
          found: `tensors in ${describeCandidates(candidates)}`,
          expected: "one dict of them",
          remedy: "Say which to load: pass its name as `stateDictKey`.",
          summary: `${subject} has tensors in ${describeCandidates(candidates)}.`,
        },
  );
}

function takeCandidate(
  subject: string,
  candidates: ReadonlyMap<string, ReadonlyMap<string, PickledTensor>>,
  key: string,
): ReadonlyMap<string, PickledTensor> {
  const chosen = candidates.get(key);
  if (chosen !== undefined) return chosen;
  throw new CheckpointError({
    subject,
    found: candidates.size === 0 ? "no tensors" : `tensors in ${describeCandidates(candidates)}`,
    expected: `some in ${JSON.stringify(key)}`,
    remedy: "Choose another `stateDictKey`, or leave it out.",
    summary: `${subject} has ${candidates.size === 0 ? "no tensors" : `tensors in ${describeCandidates(candidates)}, none`} in ${JSON.stringify(key)}.`,
  });
}

function tensorsOf(value: PickleValue): ReadonlyMap<string, PickledTensor> {
  const tensors = new Map<string, PickledTensor>();
  if (!(value instanceof PickleDict)) return tensors;
  for (const [name, item] of value.entries) {
    if (typeof name !== "string") continue;
    if (item instanceof TorchTensor || item instanceof LeftOutTensor) tensors.set(name, item);
  }
  return tensors;
}

function describeCandidates(candidates: ReadonlyMap<string, ReadonlyMap<string, PickledTensor>>): string {
  const names = [...candidates].map(
    ([name, { size }]) => `${name === "" ? "the file itself" : JSON.stringify(name.slice(0, 100))} (${size})`,
  );
  return names.slice(0, 5).join(", ");
}
