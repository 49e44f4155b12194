// @ts-check
// Writes the screenshots of the site and of the command line in docs/images:
// `npm run docs && npm run screenshots --workspace tools/site`.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openChromium } from "@onestep/vitest-setup/open-chromium";

const root = fileURLToPath(new URL("../../", import.meta.url));
const site = join(root, "tools/site/dist/site");
const folder = join(root, "docs/images/site");
const execute = promisify(execFile);
const escapeSign = String.fromCharCode(27);

const shots = [
  {
    name: "start-desktop",
    path: "getting-started.html",
    options: { viewport: { width: 1280, height: 880 }, deviceScaleFactor: 1 },
  },
  {
    name: "api-phone",
    path: "api/onestep/index.html",
    options: {
      viewport: { width: 390, height: 844 },
      deviceScaleFactor: 1.5,
      isMobile: true,
      hasTouch: true,
    },
  },
];
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".png": "image/png",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Commands as a reader types them, in a terminal. */
const commands = [
  ["generate", "--class-label", "fox", "--seed", "0", "--scale", "4", "--out", "fox.png"],
  ["generate", "--class-label", "mushrom"],
  ["inspect", join(root, "packages/emoji32")],
];

const server = createServer(async (request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://site").pathname));
  const file = join(site, path.endsWith("/") ? `${path}index.html` : path);
  const bytes = await readFile(file).catch(() => undefined);
  const type = types[/** @type {keyof typeof types} */ (extname(file))] ?? "application/octet-stream";
  response.writeHead(bytes === undefined ? 404 : 200, { "Content-Type": type }).end(bytes);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
const browser = await openChromium();
await mkdir(folder, { recursive: true });
try {
  for (const { name, path, options } of shots) {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      const context = await browser.newContext({ ...options, colorScheme });
      const page = await context.newPage();
      await page.goto(`http://127.0.0.1:${port}/${path}`, { waitUntil: "networkidle" });
      await page.screenshot({ type: "jpeg", quality: 80, path: join(folder, `${name}-${colorScheme}.jpg`) });
      await context.close();
    }
  }
  const page = await browser.newPage({ viewport: { width: 1000, height: 200 }, deviceScaleFactor: 1.5 });
  await page.setContent(await drawTerminal());
  await page.locator("pre").screenshot({ path: join(folder, "terminal.png") });
} finally {
  await browser.close();
  server.close();
}

/** What the commands print, as a page that looks like a terminal. */
async function drawTerminal() {
  const place = await mkdtemp(join(tmpdir(), "onestep-terminal-"));
  const program = join(root, "packages/onestep/bin/onestep.js");
  const env = { ...process.env, FORCE_COLOR: "1" };
  let text = "";
  try {
    for (const words of commands) {
      const shown = words.map((word) => (word.startsWith(root) ? "node_modules/@onestep/emoji32" : word));
      text += `${escapeSign}[2m$${escapeSign}[22m npx onestep ${shown.join(" ")}\n`;
      const { stdout, stderr } = await execute(process.execPath, [program, ...words], {
        cwd: place,
        env,
      }).catch((error) => error);
      text += `${stderr}${stdout}\n`.replaceAll(
        join(root, "packages/emoji32"),
        "node_modules/@onestep/emoji32",
      );
    }
  } finally {
    await rm(place, { recursive: true, force: true });
  }
  const style =
    "background:#16181d;color:#e6e6e6;font:14px/1.45 monospace;padding:20px;margin:0;width:106ch;white-space:pre-wrap";
  return `<body style="margin:0"><pre style="${style}">${toHtml(text.trimEnd())}</pre></body>`;
}

/** @param {string} text - With escape codes for colours and weights. */
function toHtml(text) {
  /** @type {Readonly<Record<string, string>>} */
  const styles = {
    1: "font-weight:bold",
    2: "opacity:.6",
    31: "color:#ff7b72",
    32: "color:#7ee787",
    33: "color:#e3b341",
    36: "color:#79c0ff",
  };
  const escaped = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  let open = 0;
  const body = escaped.replace(new RegExp(`${escapeSign}\\[([\\d;]*)m`, "g"), (_, codes) => {
    const style = styles[codes];
    if (style !== undefined) {
      open += 1;
      return `<span style="${style}">`;
    }
    if (open === 0) return "";
    open -= 1;
    return "</span>";
  });
  return body + "</span>".repeat(open);
}
