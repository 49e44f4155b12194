import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type FakeFile, type FakeHub, startFakeHub } from "@onestep/fake-hub";

const fixtures = new URL("../../../../packages/models/src/__fixtures__/text/", import.meta.url);

/** The folder of a tiny text-to-image repository. */
export function textFolder(name: string): string {
  return fileURLToPath(new URL(`${name}/`, fixtures));
}

/**
 * Starts a Hub with tiny text-to-image repositories, as `tiny/<name>`, and `someone/giant`, which lists a 10 GB UNet
 * that cannot actually be downloaded.
 */
export async function startTextHub(names: readonly string[]): Promise<FakeHub> {
  const repositories = await Promise.all(
    names.map(async (name) => [`tiny/${name}`, { files: await readFiles(textFolder(name)) }] as const),
  );
  const [, first] = repositories[0] ?? [];
  const bytes = 10_000_000_000;
  const giant = {
    files: Object.fromEntries(
      Object.entries(first?.files ?? {}).filter(([path]) => !path.startsWith("unet/diffusion_pytorch_model")),
    ),
    strayEntries: [
      {
        type: "file",
        path: "unet/diffusion_pytorch_model.safetensors",
        size: bytes,
        oid: "a".repeat(40),
        lfs: { oid: "b".repeat(64), size: bytes, pointerSize: 135 },
      },
    ],
  };
  return startFakeHub({ repositories: { ...Object.fromEntries(repositories), "someone/giant": giant } });
}

async function readFiles(folder: string): Promise<Readonly<Record<string, FakeFile>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = `${parentPath}/${name}`;
        const file: FakeFile = { bytes: await readFile(path), lfs: name.endsWith(".safetensors") };
        return [path.slice(folder.length).replace(/^\/+/, ""), file] as const;
      }),
    ),
  );
}
