import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidArgumentError } from "@onestep/core";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { caught } from "./__fixtures__/caught.ts";
import { fakeHubs } from "./__fixtures__/fake-hubs.ts";
import { staticServers } from "./__fixtures__/static-servers.ts";
import { temporaryFolders } from "./__fixtures__/temporary-folders.ts";
import { EntryNotFoundError, RepositoryNotFoundError } from "./errors.ts";
import { openFile } from "./open-repository.ts";

const makeFolder = temporaryFolders();
const startServer = staticServers();
const startHub = fakeHubs();
beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => {});
});

describe("openFile", () => {
  it("opens a file of this machine by its path or its URL", async () => {
    const path = join(await makeFolder(), "cd 1%.pt");
    await writeFile(path, "weights");
    for (const source of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      const file = await openFile(source);
      expect(file).toMatchObject({ path: "cd 1%.pt", size: 7, localPath: path });
      expect(await file.text()).toBe("weights");
    }
  });

  it("opens a file that a browser has at hand", async () => {
    const file = await openFile(new File(["weights"], "cd.pt"));
    expect(file.path).toBe("cd.pt");
    expect(await file.text()).toBe("weights");
  });

  it("fetches a file of a web server, and keeps it", async () => {
    const server = await startServer({ files: { "models/cd 1.pt": "weights" } });
    const cacheDir = await makeFolder();
    const url = `${server.url}/models/cd%201.pt?signature=1`;
    const file = await openFile(url, { cacheDir, environment: {} });
    expect(file.path).toBe("cd 1.pt");
    expect(await file.text()).toBe("weights");
    const again = await openFile(url, { cacheDir, environment: {}, localFilesOnly: true });
    expect(await again.text()).toBe("weights");
  });

  it("fetches a file of the Hub by the address of its page", async () => {
    const hub = await startHub({ repositories: { "a/b": { files: { "old/cd.pt": "weights" } } } });
    const options = { cacheDir: await makeFolder(), endpoint: hub.endpoint, environment: {} };
    for (const kind of ["blob", "resolve"]) {
      const file = await openFile(`${hub.endpoint}/a/b/${kind}/main/old/cd.pt?download=true`, options);
      expect(file.path).toBe("old/cd.pt");
      expect(await file.text()).toBe("weights");
    }
    const missing = await caught(openFile(`${hub.endpoint}/a/b/blob/main/none.pt`, options));
    expect(EntryNotFoundError.isInstance(missing)).toBe(true);
    const other = await caught(
      openFile(`${hub.endpoint}/a/b/blob/main/old/cd.pt`, { ...options, revision: "v1" }),
    );
    expect(other.message).toContain('The option revision is "v1", and the URL names "main"');
  });

  it.each([
    ["models/", 'found "models/", expected the path of a file'],
    [".", 'found ".", expected the path of a file'],
    ["", 'found ""'],
    ["https://host/", 'found "https://host/", expected the path of a file'],
    ["https://huggingface.co/a/b", 'found "https://huggingface.co/a/b", expected the path of a file'],
    ["https://user:secret@host/cd.pt", "a URL of host with a user name or password in it"],
    ["ftp://host/cd.pt", "a URL of the scheme ftp:"],
  ])("refuses %j", async (source, message) => {
    const error = await caught(openFile(source, { environment: {} }));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("secret");
  });

  it("says what is not there", async () => {
    const folder = await makeFolder();
    expect(EntryNotFoundError.isInstance(await caught(openFile(join(folder, "none.pt"))))).toBe(true);
    const error = await caught(openFile(join(folder, "none", "cd.pt")));
    expect(RepositoryNotFoundError.isInstance(error)).toBe(true);
  });
});
