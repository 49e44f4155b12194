import { execFileSync, spawn } from "node:child_process";
import type { FakeHub } from "@onestep/fake-hub";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startHub } from "./__fixtures__/models.ts";
import { program, temporaryFolder } from "./__fixtures__/run-onestep.ts";

const folder = temporaryFolder();
let hub: FakeHub;

beforeAll(async () => {
  hub = await startHub();
});

afterAll(async () => {
  await hub.close();
});

/** Whether there is the `script` of util-linux, which gives a program a terminal. */
function hasTerminals(): boolean {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux");
  } catch {
    return false;
  }
}

/** What a run writes to a terminal, stdout and stderr together. */
async function runInTerminal(
  words: string,
  environment: Readonly<Record<string, string>> = {},
  columns = 80,
): Promise<string> {
  const command = `stty cols ${columns} rows 24; exec ${process.execPath} ${program} ${words}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    cwd: folder(),
    env: {
      PATH: process.env["PATH"] ?? "",
      TERM: "xterm-256color",
      HF_HOME: `${folder()}/hf`,
      HF_ENDPOINT: hub.endpoint,
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    written += text;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return written.replaceAll("\r\n", "\n");
}

const escapeCode = "\u001B";
const generate = "generate --class-label fox --seed 7 --out a.png";

if (hasTerminals()) {
  describe("in a terminal", () => {
    it.each([40, 80])("help fits %d columns", async (columns) => {
      const text = await runInTerminal("generate --help", { NO_COLOR: "1" }, columns);
      expect(text).not.toContain(escapeCode);
      const long = text.split("\n").filter((line) => line.length > columns && !line.startsWith("  onestep "));
      expect(long.filter((line) => line.trim().includes(" "))).toEqual([]);
    });

    it("errors and headings have colours, unless they are not wanted", async () => {
      expect(await runInTerminal("genrate")).toContain(`${escapeCode}[31merror:`);
      expect(await runInTerminal("edit")).toContain(`${escapeCode}[1mUsage:`);
      for (const environment of [{ NO_COLOR: "1" }, { TERM: "dumb" }, { FORCE_COLOR: "0" }]) {
        expect(await runInTerminal("genrate", environment)).not.toContain(escapeCode);
      }
      expect(await runInTerminal("genrate --no-color")).not.toContain(escapeCode);
    });

    it.each([40, 80])("a download stays on one line of %d columns, with a total", async (columns) => {
      const text = await runInTerminal(
        `${generate} --no-preview`.replace("generate", "generate me/emoji"),
        {},
        columns,
      );
      const bars = text.split(`\r${escapeCode}[K`).map((part) => part.split("\n")[0] ?? "");
      expect(bars.some((bar) => bar.includes(" %"))).toBe(true);
      for (const bar of bars.filter((one) => one.includes(" %"))) {
        expect(bar.length).toBeLessThan(columns);
      }
      expect(text.match(/^.*Fetched .*$/gm)?.length).toBe(1);
      expect(text).toContain("a.png\n");
    });

    it("a terminal without a cursor gets lines", async () => {
      const text = await runInTerminal(generate, { TERM: "dumb" });
      expect(text).not.toContain(escapeCode);
      expect(text).toContain("Generating\nStep 1 of 1\n");
    });

    it("the bytes of an image are refused", async () => {
      expect(await runInTerminal("generate --out -")).toContain(
        "--out: found -, and the standard output is a terminal",
      );
    });

    it.each([
      ["kitty", { KITTY_WINDOW_ID: "1" }, `${escapeCode}_Ga=T,f=100,q=2`],
      ["iTerm2", { TERM_PROGRAM: "iTerm.app" }, `${escapeCode}]1337;File=inline=1`],
      ["foot", { TERM: "foot" }, `${escapeCode}Pq"1;1;192;192`],
    ])("%s shows the image, unless it is not wanted", async (_name, environment, start) => {
      expect(await runInTerminal(generate, environment)).toContain(start);
      expect(await runInTerminal(`${generate} --no-preview`, environment)).not.toContain(start);
    });

    it("others say that they show none when it is asked for", async () => {
      expect(await runInTerminal(`${generate} --preview --no-color`)).toContain(
        "warning: --preview: this terminal is not known to show images",
      );
    });
  });
}
