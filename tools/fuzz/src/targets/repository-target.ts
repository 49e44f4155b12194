import { EntryNotFoundError, type Repository, type RepositoryFile } from "@onestep/hub";
import { matchWeights, openCheckpoint } from "@onestep/models";
import fc, { type Arbitrary } from "fast-check";
import { safetensorsOf, torchFileOf } from "../arbitraries/foreign-files.ts";
import type { FuzzInput, FuzzTarget } from "../fuzz-target.ts";
import { guardFile } from "../guarded-file.ts";
import { FuzzFinding } from "../judge-input.ts";

const stem = "diffusion_pytorch_model";

/** What a repository in disorder is made of. */
interface Plan {
  readonly variant: string | null;
  readonly hasWhole: boolean;
  readonly hasTorchFile: boolean;
  readonly hasIndex: boolean;
  /** Which shards the index names, and which are there. */
  readonly named: readonly string[];
  readonly present: readonly string[];
  /** The names of the arrays in each file. */
  readonly names: readonly string[];
  readonly isListed: boolean;
}

const names = fc.constantFrom(
  ...["a", "b", "module.a", "module.b", "_orig_mod.a", "unet.a", "unet_ema.a", "x._orig_mod.a", "extra"],
  ...["attentions.0.to_q.weight", "attentions.0.query.weight", "time_proj.W", "", ".", "a.", "\u0000"],
);

const plans: Arbitrary<Plan> = fc.record({
  variant: fc.constantFrom(null, null, "fp16"),
  hasWhole: fc.boolean(),
  hasTorchFile: fc.boolean(),
  hasIndex: fc.boolean(),
  named: fc.uniqueArray(fc.constantFrom("s-1", "s-2"), { minLength: 1 }),
  present: fc.oneof(fc.constant(["s-1", "s-2"]), fc.subarray(["s-1", "s-2"])),
  names: fc.array(names, { minLength: 4, maxLength: 4 }),
  isListed: fc.boolean(),
});

/** Whole files beside an index, shards that are missing, prefixes, arrays that are there twice or not wanted. */
export const repositoryTarget: FuzzTarget = {
  name: "repositories",
  inputs: plans.map(
    (plan): FuzzInput => ({
      bytes: new TextEncoder().encode(JSON.stringify(plan)),
      contents: undefined,
    }),
  ),
  read: async (file) => {
    const plan = JSON.parse(await file.text()) as Plan;
    const files = layOut(plan);
    const { tensors } = await openCheckpoint(makeRepository(files, plan.isListed), {
      variant: plan.variant ?? undefined,
    });
    const isFromShards = [...tensors.values()].every(({ file: { path } }) => path.startsWith("s-"));
    if (plan.hasIndex && !isFromShards) throw new FuzzFinding("an index that was not read");
    const expected = ["a", "attentions.0.to_q.weight"].map((name) => ({ name, shape: [1] }));
    const [wanted] = expected.filter(({ name }) => [...tensors.keys()].some((key) => key.endsWith(name)));
    const matched = matchWeights("weights", wanted === undefined ? [] : [wanted], tensors);
    if (matched.size !== (wanted === undefined ? 0 : 1)) throw new FuzzFinding("other arrays than asked for");
    return new Map();
  },
  mayOverlap: true,
};

function layOut(plan: Plan): ReadonlyMap<string, Uint8Array> {
  const suffix = plan.variant === null ? "" : `.${plan.variant}`;
  const [first = "a", second = "a", third = "b", fourth = "a"] = plan.names;
  const files = new Map<string, Uint8Array>();
  if (plan.hasWhole) files.set(`${stem}${suffix}.safetensors`, safetensorsOf(first));
  if (plan.hasTorchFile) files.set(`${stem}${suffix}.bin`, torchFileOf(second));
  for (const [index, shard] of plan.present.entries()) {
    files.set(`${shard}.safetensors`, safetensorsOf(index === 0 ? third : fourth));
  }
  if (plan.hasIndex) {
    const map = Object.fromEntries(plan.named.map((shard, index) => [`${index}`, `${shard}.safetensors`]));
    const text = JSON.stringify({ weight_map: map });
    files.set(`${stem}.safetensors.index${suffix}.json`, new TextEncoder().encode(text));
  }
  return files;
}

function makeRepository(files: ReadonlyMap<string, Uint8Array>, isListed: boolean): Repository {
  const find = async (path: string): Promise<RepositoryFile | undefined> => {
    const bytes = files.get(path);
    return bytes === undefined ? undefined : { ...guardFile(bytes).file, path };
  };
  return {
    name: "memory",
    commit: undefined,
    list: async () => (isListed ? [...files.keys()] : undefined),
    find,
    get: async (path) => {
      const file = await find(path);
      if (file !== undefined) return file;
      throw new EntryNotFoundError({ subject: path, found: "nothing", expected: "a file", remedy: "None." });
    },
  };
}
