import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import typescript from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The programs of docs/frameworks.md by the heading that they stand under, as JavaScript. */
async function readPrograms(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(join(root, "docs/frameworks.md"), "utf8");
  const found = page.matchAll(/^## (.+?)\n(?:(?!^## ).*\n)*?```ts\n([^`]*(?:`[^`]+`[^`]*)*)```/gm);
  const { ES2022 } = typescript.ScriptTarget;
  const options = { target: ES2022, module: typescript.ModuleKind.ESNext };
  return new Map(
    [...found].map(([, heading = "", text = ""]) => [heading, typescript.transpile(text, options)]),
  );
}

let folder: string;
let programs: ReadonlyMap<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onestep-frameworks-"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  programs = await readPrograms();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * Runs a program in a process of its own, and a client that prints what it got: status, media type, and the first bytes
 * of the body.
 */
async function run(heading: string, client: string): Promise<string> {
  const program = programs.get(heading);
  if (program === undefined) throw new Error(`no program under "${heading}"`);
  // Express would listen on a port that may be taken.
  await writeFile(
    join(folder, "program.mjs"),
    program.replace("app.listen(3000)", "globalThis.server = app.listen(0)"),
  );
  await writeFile(
    join(folder, "client.mjs"),
    `const show = async (response) => {
  const bytes = new Uint8Array(await response.arrayBuffer());
  console.log(response.status, response.headers.get("content-type"), [...bytes.subarray(1, 4)], bytes.length > 500);
};
const loaded = await import("./program.mjs");
${client}
process.exit(0);
`,
  );
  const child = spawn(process.execPath, ["client.mjs"], { cwd: folder, env: { PATH: process.env["PATH"] } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
  }
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return output;
}

/** The letters PNG. */
const png = "200 image/png [ 80, 78, 71 ] true\n";

describe("the programs of docs/frameworks.md", () => {
  it("are these", () => {
    expect([...programs.keys()]).toEqual(["Express", "Hono, and handlers that return a Response", "Next.js"]);
  });

  it("answer with an image: Express", async () => {
    const client = `await show(await fetch(\`http://127.0.0.1:\${server.address().port}/fox.png\`));`;
    expect(await run("Express", client)).toBe(png);
  });

  it("answer with an image: Hono", async () => {
    const client = `await show(await loaded.default.request("/fox"));`;
    expect(await run("Hono, and handlers that return a Response", client)).toBe(png);
  });

  it("answer with an image: a route handler of Next.js, twice with one model", async () => {
    const client = "await show(await loaded.GET());\nawait show(await loaded.GET());";
    expect(await run("Next.js", client)).toBe(png + png);
  });
});
