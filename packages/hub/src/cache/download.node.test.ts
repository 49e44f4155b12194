import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { CacheWriteError, ConnectionError, DiskSpaceError, IntegrityError } from "../errors.ts";
import { PartFile } from "../node/part-file.ts";
import { type Incoming, type Reception, receiveFile } from "./download.ts";

const fault = vi.hoisted(() => ({ step: "", code: "", freeBytes: 1e12 }));

vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof import("node:fs/promises")>();
  const failAt = (step: string): void => {
    if (fault.step === step) throw Object.assign(new Error(fault.code), { code: fault.code });
  };
  return {
    ...real,
    rename: async (...parameters: Parameters<typeof real.rename>) => {
      failAt("rename");
      return real.rename(...parameters);
    },
    mkdir: async (...parameters: Parameters<typeof real.mkdir>) => {
      failAt("mkdir");
      return real.mkdir(...parameters);
    },
    statfs: async () => {
      failAt("statfs");
      return { bavail: fault.freeBytes, blocks: 1e12, bsize: 1 };
    },
    open: async (...parameters: Parameters<typeof real.open>) => {
      failAt("open");
      const file = await real.open(...parameters);
      const { sync, write } = file;
      vi.spyOn(file, "write").mockImplementation(async (...given: unknown[]) => {
        failAt("write");
        return Reflect.apply(write, file, given);
      });
      vi.spyOn(file, "sync").mockImplementation(async () => {
        failAt("sync");
        return Reflect.apply(sync, file, []);
      });
      return file;
    },
  };
});

const makeFolder = temporaryFolders();
afterEach(() => Object.assign(fault, { step: "", code: "", freeBytes: 1e12 }));

const content = randomBytes(300_000);
const sha256 = createHash("sha256").update(content).digest("hex");
const gitId = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
const partName = /^\w+\.onestep-[0-9a-f]{8}\.incomplete$/;

async function* pieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/** What a request gives: the bytes of `source` from the place asked for on. */
function serve(source: Uint8Array, more: Partial<Incoming> & { readonly cutAfter?: number } = {}) {
  return (offset: number): Incoming => {
    const { cutAfter = Number.POSITIVE_INFINITY, ...rest } = more;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield* pieces(source.subarray(rest.offset ?? offset, cutAfter));
      if (cutAfter < source.length) throw connectionLost();
    }
    return { offset, chunks: chunks(), discard: async () => {}, ...rest };
  };
}

function connectionLost(): ConnectionError {
  return new ConnectionError({ subject: "host", found: "a cut", expected: "an answer", remedy: "Wait." });
}

type Step = (offset: number) => Incoming;

/** A reception, and where the file belongs. */
type LocatedReception = Reception & { readonly location: string };

/** A file to receive, from one server after the other; the last one stays. */
async function setUp(steps: readonly Step[], parts: Partial<LocatedReception> = {}) {
  const folder = await makeFolder();
  const asked: number[] = [];
  const loaded: number[] = [];
  const reception: LocatedReception = {
    path: "unet/w.bin",
    location: join(folder, "blobs", sha256),
    size: content.length,
    objectId: sha256,
    retry: { maxRetries: 5, baseWaitTime: 0.001, maxWaitTime: 0.002 },
    signal: undefined,
    onBytes: (bytes) => loaded.push(bytes),
    request: async (offset) => {
      const step = steps[Math.min(asked.length, steps.length - 1)];
      asked.push(offset);
      if (step === undefined) throw new Error("nothing to serve");
      return step(offset);
    },
    ...parts,
  };
  const receive = async (adopt = false, version = ""): Promise<number> => {
    const { location, objectId, signal } = reception;
    const part = await PartFile.open({
      location,
      objectId,
      version,
      leftParts: adopt ? "adopt" : "leave",
      signal,
    });
    return receiveFile(part, reception);
  };
  return { folder, asked, loaded, reception, receive };
}

async function leftIn(folder: string): Promise<string[]> {
  return readdir(join(folder, "blobs")).catch(() => []);
}

describe("receiveFile", () => {
  it.each([
    ["a SHA-256", sha256, content.length],
    ["a git object", gitId, content.length],
    ["a git object, its length unknown", gitId, undefined],
    ["nothing to check it by", undefined, undefined],
  ])("writes a file with %s and tells how far it is", async (_what, objectId, size) => {
    const { folder, loaded, receive, reception } = await setUp([serve(content)], { objectId, size });
    expect(await receive()).toBe(content.length);
    expect((await readFile(reception.location)).equals(content)).toBe(true);
    expect(loaded).toEqual([65_536, 131_072, 196_608, 262_144, 300_000]);
    expect(await leftIn(folder)).toEqual([sha256]);
  });

  it("writes an empty file", async () => {
    const emptyId = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"; // git's name for no bytes
    const { receive } = await setUp([serve(new Uint8Array())], { size: 0, objectId: emptyId });
    expect(await receive()).toBe(0);
  });

  it("asks for the next piece only when the last is written", async () => {
    const written: number[] = [];
    async function* watched(): AsyncGenerator<Uint8Array> {
      for (const count of [1, 2, 3]) {
        expect(written).toHaveLength(count - 1);
        yield new Uint8Array(10);
      }
    }
    const incoming = { offset: 0, chunks: watched(), discard: async () => {} };
    const onBytes = (bytes: number): void => void written.push(bytes);
    const { receive } = await setUp([() => incoming], { size: 30, objectId: undefined, onBytes });
    await receive();
    expect(written).toEqual([10, 20, 30]);
  });

  it("keeps the old file where the new one is not whole", async () => {
    const { folder, receive, reception } = await setUp([serve(new Uint8Array(300_000))]);
    await mkdir(join(folder, "blobs"));
    await writeFile(reception.location, "old");
    expect(IntegrityError.isInstance(await caught(receive()))).toBe(true);
    expect(await readFile(reception.location, "utf8")).toBe("old");
    expect(await leftIn(folder)).toEqual([sha256]);
  });
});

describe("receiveFile, where a connection breaks,", () => {
  it("goes on where it broke, and tells no byte twice", async () => {
    const steps = [
      serve(content, { cutAfter: 100_000 }),
      serve(content, { cutAfter: 200_000 }),
      serve(content),
    ];
    const { asked, loaded, receive, reception } = await setUp(steps);
    expect(await receive()).toBe(content.length);
    expect((await readFile(reception.location)).equals(content)).toBe(true);
    expect(asked).toEqual([0, 100_000, 200_000]);
    expect(loaded).toEqual(loaded.toSorted((first, second) => first - second));
  });

  it("goes on where the server ended early", async () => {
    const { asked, receive } = await setUp([serve(content.subarray(0, 70_000)), serve(content)]);
    expect(await receive()).toBe(content.length);
    expect(asked).toEqual([0, 70_000]);
  });

  it("starts over where the server does not serve parts", async () => {
    const steps = [serve(content, { cutAfter: 100_000 }), serve(content, { offset: 0 })];
    const { asked, receive, reception } = await setUp(steps);
    expect(await receive()).toBe(content.length);
    expect(asked).toEqual([0, 100_000]);
    expect((await readFile(reception.location)).equals(content)).toBe(true);
  });

  it("gives up after the retries, keeps what is there, and takes it up the next time", async () => {
    const steps = [serve(content, { cutAfter: 100_000 })];
    const { asked, folder, receive, reception } = await setUp(steps);
    const error = await caught(receive());
    expect(error.message).toContain("found a cut");
    expect(asked).toEqual([0, 100_000, 100_000, 100_000, 100_000, 100_000]);
    const [part, ...others] = await leftIn(folder);
    expect(part).toMatch(partName);
    expect(others).toEqual([]);
    expect((await readFile(join(folder, "blobs", part ?? ""))).equals(content.subarray(0, 100_000))).toBe(
      true,
    );

    steps[0] = serve(content);
    asked.length = 0;
    expect(await receive(true)).toBe(content.length);
    expect(asked).toEqual([100_000]);
    expect((await readFile(reception.location)).equals(content)).toBe(true);
    expect(await leftIn(folder)).toEqual([sha256]);
  });

  it("starts counting failures again after a mebibyte", async () => {
    const large = randomBytes(3 * 1024 * 1024 + 5);
    const cuts = [1, 2, 3].map((count) => serve(large, { cutAfter: count * 1024 * 1024 + 3 }));
    const { asked, receive } = await setUp([...cuts, serve(large)], {
      size: large.length,
      objectId: createHash("sha256").update(large).digest("hex"),
      retry: { maxRetries: 1, baseWaitTime: 0, maxWaitTime: 0 },
    });
    expect(await receive()).toBe(large.length);
    expect(asked).toHaveLength(4);
  });

  it("keeps nothing where nothing has arrived", async () => {
    const { folder, receive } = await setUp([serve(content, { cutAfter: 0 })]);
    await caught(receive());
    expect(await leftIn(folder)).toEqual([]);
  });

  it("passes on at once what is no failure of the server", async () => {
    const steps: Step[] = [
      () => {
        throw new Error("no such file");
      },
    ];
    const { asked, folder, receive } = await setUp(steps);
    expect((await caught(receive())).message).toBe("no such file");
    expect(asked).toHaveLength(1);
    expect(await leftIn(folder)).toEqual([]);
  });

  it("keeps what is there when it is cancelled, also while it waits", async () => {
    for (const wait of [false, true]) {
      const controller = new AbortController();
      const retry = { maxRetries: 5, baseWaitTime: 60, maxWaitTime: 60 };
      const onBytes = (): void => {
        if (wait) setTimeout(() => controller.abort(new Error("enough")), 20);
        else controller.abort(new Error("enough"));
      };
      const { folder, receive } = await setUp([serve(content, { cutAfter: 65_536 })], {
        signal: controller.signal,
        retry,
        onBytes,
      });
      expect((await caught(receive())).message).toBe("enough");
      expect(await leftIn(folder)).toEqual([expect.stringMatching(partName)]);
    }
  });
});

describe("receiveFile, taking up what was left,", () => {
  async function leave(folder: string, parts: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
    await mkdir(join(folder, "blobs"), { recursive: true });
    for (const [name, bytes] of Object.entries(parts)) await writeFile(join(folder, "blobs", name), bytes);
  }

  it("takes the longest, and removes the others, but none of Python's", async () => {
    const { asked, folder, loaded, receive } = await setUp([serve(content)]);
    await leave(folder, {
      [`${sha256}.onestep-00000001.incomplete`]: content.subarray(0, 10),
      [`${sha256}.onestep-00000002.incomplete`]: content.subarray(0, 20),
      [`${sha256}.0a1b2c3d.incomplete`]: "python's",
      [`${sha256}.incomplete`]: "an older Python's",
    });
    await receive(true);
    expect(asked).toEqual([20]);
    expect(loaded[0]).toBe(20);
    expect(await leftIn(folder)).toEqual(
      [sha256, `${sha256}.0a1b2c3d.incomplete`, `${sha256}.incomplete`].sort(),
    );
  });

  it("asks for nothing where all is there", async () => {
    const { asked, folder, receive } = await setUp([]);
    await leave(folder, { [`${sha256}.onestep-00000001.incomplete`]: content });
    expect(await receive(true)).toBe(content.length);
    expect(asked).toEqual([]);
  });

  it.each([
    ["other bytes", Buffer.alloc(1000)],
    ["all, and wrong", Buffer.alloc(content.length)],
    ["more than all", Buffer.alloc(content.length + 1)],
  ])("starts over where it was %s, even without retries", async (_what, bytes) => {
    const noRetries = { maxRetries: 0, baseWaitTime: 0, maxWaitTime: 0 };
    const { asked, folder, receive, reception } = await setUp([serve(content)], { retry: noRetries });
    await leave(folder, { [`${sha256}.onestep-00000001.incomplete`]: bytes });
    expect(await receive(true)).toBe(content.length);
    expect(asked.at(-1)).toBe(0);
    expect((await readFile(reception.location)).equals(content)).toBe(true);
    expect(await leftIn(folder)).toEqual([sha256]);
  });

  it("leaves it alone where somebody else may be at work", async () => {
    const { asked, folder, receive } = await setUp([serve(content)]);
    await leave(folder, { [`${sha256}.onestep-00000001.incomplete`]: content });
    await receive(false);
    expect(asked).toEqual([0]);
    expect(await leftIn(folder)).toEqual([sha256, `${sha256}.onestep-00000001.incomplete`]);
  });

  it("takes only its own version, and removes the others", async () => {
    const { asked, folder, receive } = await setUp([serve(content)]);
    await leave(folder, {
      [`${sha256}.onestep-abcd-00000001.incomplete`]: content.subarray(0, 10),
      [`${sha256}.onestep-ef01-00000001.incomplete`]: content.subarray(0, 20),
    });
    await receive(true, "abcd");
    expect(asked).toEqual([10]);
    expect(await leftIn(folder)).toEqual([sha256]);
  });
});

describe("receiveFile refuses", () => {
  it.each([
    ["other bytes", new Uint8Array(300_000), {}, "is damaged: its SHA-256 is"],
    ["other bytes of a git object", new Uint8Array(300_000), { objectId: gitId }, "its git object is"],
    [
      "too many bytes",
      Buffer.concat([content, content]),
      {},
      "is longer than the 300000 bytes that were announced",
    ],
  ])("%s after a second try, and leaves nothing", async (_what, bytes, parts, message) => {
    const { asked, folder, receive } = await setUp([serve(bytes)], parts);
    const error = await caught(receive());
    expect(IntegrityError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ problem: { subject: "unet/w.bin" } });
    expect(error.message).toContain(message);
    expect(asked.filter((offset) => offset === 0)).toHaveLength(2);
    expect(await leftIn(folder)).toEqual([]);
  });

  it("an early end, time and again, and keeps what is there", async () => {
    const { folder, receive } = await setUp([serve(content.subarray(0, 299_999))]);
    const error = await caught(receive());
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(error.message).toContain("The download of unet/w.bin broke off after 299999 of 300000 bytes.");
    expect(await leftIn(folder)).toEqual([expect.stringMatching(partName)]);
  });

  it("a file for which there is no room, before a byte is taken", async () => {
    const { folder, loaded, receive, reception } = await setUp([serve(content)]);
    fault.freeBytes = 299_999;
    const error = await caught(receive());
    expect(DiskSpaceError.isInstance(error)).toBe(true);
    expect(CacheWriteError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: "disk-space", neededBytes: 300_000, freeBytes: 299_999 });
    expect(error.message).toContain(
      `There is not enough space for ${reception.location}: 300000 bytes are needed, and 299999 are free.`,
    );
    expect(loaded).toEqual([]);
    expect(await leftIn(folder)).toEqual([]);
    fault.freeBytes = 300_000;
    expect(await receive()).toBe(300_000);
  });

  it("nothing where the disk does not tell its size", async () => {
    const { receive } = await setUp([serve(content)]);
    Object.assign(fault, { step: "statfs", code: "ENOSYS" });
    expect(await receive()).toBe(300_000);
  });

  it.each([
    ["mkdir", "EROFS", "a read-only file system (EROFS)"],
    ["open", "EACCES", "permission denied (EACCES)"],
    ["write", "ENOSPC", "no space left on the device (ENOSPC)"],
    ["sync", "EIO", "an input/output error of the device (EIO)"],
    ["rename", "EPERM", "operation not permitted (EPERM)"],
  ])("a disk whose %s fails, and leaves nothing", async (step, code, message) => {
    const { folder, receive, reception } = await setUp([serve(content)]);
    Object.assign(fault, { step, code });
    const error = await caught(receive());
    expect(CacheWriteError.isInstance(error)).toBe(true);
    expect(error.message).toContain(`${reception.location}: found ${message}`);
    expect(await leftIn(folder)).toEqual([]);
  });

  it("a cache folder that is a file", async () => {
    const folder = await makeFolder();
    await writeFile(join(folder, "blobs"), "");
    const { receive } = await setUp([serve(content)], { location: join(folder, "blobs", sha256) });
    const error = await caught(receive());
    expect(CacheWriteError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/\(EEXIST\)|\(ENOTDIR\)/);
  });
});
