import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createHandler, type Handler } from "@onestep/server";
import { type RunningServer, startServer } from "@onestep/server/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const model = "SimianLuo/LCM_Dreamshaper_v7";
/** A tiny repository that stands for the published one. */
const source = join(root, "packages/models/src/__fixtures__/text/lcm-tiny");
const address = "http://127.0.0.1:8000";

interface Program {
  readonly text: string;
  readonly output: string | undefined;
}

/** The programs of a page, and what it says that they print. */
async function readPrograms(page: string): Promise<readonly Program[]> {
  const text = await readFile(join(root, page), "utf8");
  return [...text.matchAll(/```js\n(.*?)```\n(?:\n```text\n(.*?)```)?/gs)].map(
    ([, program = "", output]) => ({ text: program, output }),
  );
}

let folder: string;
let handler: Handler;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-service-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  handler = createHandler({ models: { [model]: { source } } });
  await handler.prepare();
  server = await startServer(handler, { port: 0 });
}, 60_000);

afterAll(async () => {
  await server.close(1);
  await handler.close();
  await rm(folder, { recursive: true, force: true });
});

function run(
  program: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...output }));
  });
}

it("the first request of the guide is one for the model that ships", async () => {
  const guide = await readFile(join(root, "docs/guides/service.md"), "utf8");
  const [, body] = /^curl \S+\/v1\/images\/generations .*-d '(.*)'$/m.exec(guide) ?? [];
  const shipped = createHandler({ models: { "@onestep/emoji32": {} } });
  const headers = { "content-type": "application/json" };
  const request = new Request(`${address}/v1/images/generations`, {
    method: "POST",
    headers,
    body: body ?? "",
  });
  const answer = await shipped(request);
  expect(await answer.json()).toMatchObject({ size: "32x32", data: [{ seed: 0 }] });
  await shipped.close();
}, 60_000);

describe.each(["docs/guides/service.md", "packages/server/README.md", "packages/ai-sdk/README.md"])(
  "the programs of %s",
  async (page) => {
    it.each(await readPrograms(page))("run: $text", async ({ text, output }) => {
      // The reader's service is this one; a model of the Hub is the tiny one in this process.
      const own = text
        .replaceAll(address, server.url)
        .replace(`onestep.image("${model}")`, `onestep.image(${JSON.stringify(source)})`);
      await writeFile(join(folder, "program.mjs"), own);
      const { code, stdout, stderr } = await run("program.mjs");
      expect(code === 0 ? "" : stderr).toBe("");
      if (output !== undefined) expect(stdout).toBe(output);
    });
  },
);
