import { EntryNotFoundError, type Repository, type RepositoryFile } from "@onestep/hub";
import { openCheckpoint } from "@onestep/models";
import fc from "fast-check";
import { jsonFiles } from "../arbitraries/json-files.ts";
import type { FuzzTarget } from "../fuzz-target.ts";
import { guardFile } from "../guarded-file.ts";
import { FuzzFinding } from "../judge-input.ts";

const folder = "unet/";
const indexName = `${folder}diffusion_pytorch_model.safetensors.index.json`;
const shards = new Map(["a", "b"].map((name) => [`${folder}${name}.safetensors`, makeShard(name)]));

const tricks = fc.oneof(
  fc.constantFrom(
    ...["../b.safetensors", "/etc/x.safetensors", "..\\b.safetensors", "C:b.safetensors", ".safetensors"],
    ...["b.safetensors/../../b.safetensors", "b.safetensors\u0000", "~/b.safetensors", "b.SAFETENSORS", ""],
    ...[
      "file:///b.safetensors",
      "b.bin",
      "%2e%2e/b.safetensors",
      "b.safetensors?x",
      "CON.safetensors",
      "a..b.safetensors",
    ],
  ),
  fc.string({ unit: "binary", maxLength: 12 }).map((name) => `${name}.safetensors`),
);

/** The reader of shard indexes. It may request only files next to the index. */
export const shardIndexTarget: FuzzTarget = {
  name: "shard-index",
  inputs: jsonFiles(
    [
      { metadata: { total_size: 8 }, weight_map: { a: "a.safetensors", b: "b.safetensors" } },
      { weight_map: { a: "a.safetensors" } },
    ],
    tricks,
  ).map((input) => ({ ...input, contents: undefined })),
  read: async (index) => {
    await openCheckpoint(makeRepository(index), { subfolder: "unet" });
    return new Map();
  },
  mayOverlap: false,
};

function makeRepository(index: RepositoryFile): Repository {
  const find = async (path: string): Promise<RepositoryFile | undefined> => {
    const name = path.slice(folder.length);
    if (!path.startsWith(folder) || /[^\w.-]|\.\.|^\./.test(name)) {
      throw new FuzzFinding(`the path ${JSON.stringify(path)} was asked for`);
    }
    return path === indexName ? index : shards.get(path);
  };
  return {
    name: "memory",
    commit: undefined,
    list: async () => [indexName, ...shards.keys()],
    find,
    get: async (path) => {
      const file = await find(path);
      if (file !== undefined) return file;
      throw new EntryNotFoundError({ subject: path, found: "nothing", expected: "a file", remedy: "None." });
    },
  };
}

/** A safetensors file with one array. */
function makeShard(name: string): RepositoryFile {
  const header = JSON.stringify({ [name]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
  const bytes = new Uint8Array(8 + header.length + 4);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(new TextEncoder().encode(header), 8);
  return guardFile(bytes).file;
}
