import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { temporaryFolders } from "../__fixtures__/temporary-folders.ts";
import { resolveToken } from "./settings.ts";

const makeFolder = temporaryFolders();

async function makeHome(): Promise<string> {
  const home = await makeFolder();
  await writeFile(join(home, "token"), "hf_file\n");
  return home;
}

describe("resolveToken", () => {
  it("takes the option, then HF_TOKEN, then its old name, then the file", async () => {
    const environment = { HF_HOME: await makeHome() };
    expect(await resolveToken(undefined, environment)).toBe("hf_file");
    const old = { ...environment, HUGGING_FACE_HUB_TOKEN: "hf_old" };
    expect(await resolveToken(undefined, old)).toBe("hf_old");
    expect(await resolveToken(undefined, { ...old, HF_TOKEN: "hf_new\r\n" })).toBe("hf_new");
    expect(await resolveToken(" hf_option ", { ...old, HF_TOKEN: "hf_new" })).toBe("hf_option");
    expect(await resolveToken(undefined, { ...environment, HF_TOKEN: " " })).toBe("hf_file");
  });

  it("finds the file by HF_TOKEN_PATH", async () => {
    const home = await makeHome();
    await writeFile(join(home, "elsewhere"), "hf_elsewhere");
    const environment = { HF_HOME: home, HF_TOKEN_PATH: join(home, "elsewhere") };
    expect(await resolveToken(undefined, environment)).toBe("hf_elsewhere");
  });

  it("sends no token if told so, or if there is none", async () => {
    const environment = { HF_HOME: await makeHome(), HF_TOKEN: "hf_new" };
    expect(await resolveToken(false, environment)).toBeUndefined();
    const implicit = { ...environment, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" };
    expect(await resolveToken(undefined, implicit)).toBeUndefined();
    expect(await resolveToken("hf_option", implicit)).toBe("hf_option");
    expect(await resolveToken(undefined, { HF_HOME: await makeFolder() })).toBeUndefined();
  });

  it("says where an invalid token comes from, without repeating it", async () => {
    const home = await makeFolder();
    await writeFile(join(home, "token"), "hf_one hf_two");
    const error = await caught(resolveToken(undefined, { HF_HOME: home }));
    expect(error.message).toContain(`token file ${join(home, "token")}: found characters`);
    expect(error.message).not.toContain("hf_");
  });

  it("goes without a token where its file cannot be read, and says so", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const home = await makeFolder();
    await mkdir(join(home, "token"));
    expect(await resolveToken(undefined, { HF_HOME: home })).toBeUndefined();
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("a folder (EISDIR)"));
    expect(warned.mock.calls[0]?.[0]).toMatch(/without a token\. Pass token: false, .*HF_TOKEN_PATH/);
  });
});
