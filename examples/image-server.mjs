// @ts-check
// Images over HTTP: GET /image?label=fox&seed=5 answers with a PNG.
//
//   node image-server.mjs [port]
//
// Requests share one model and queue for it; the event loop stays free meanwhile. A client that disconnects cancels
// only its own request.

import { createServer } from "node:http";
import { ConsistencyModelPipeline, InvalidArgumentError } from "onestep";

const [port = "8080"] = process.argv.slice(2);
const pipe = await ConsistencyModelPipeline.fromPretrained();

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 */
async function makeImage(url, signal) {
  const { images } = await pipe.generate({
    classLabels: readLabel(url),
    seed: readInteger(url, "seed"),
    signal,
  });
  const [image] = images;
  if (image === undefined) throw new Error("no image");
  return image.toPng();
}

/**
 * The requested class, by number or name. The pipeline rejects an unknown one.
 *
 * @param {URL} url
 */
function readLabel(url) {
  const text = url.searchParams.get("label");
  return text === null || !/^-?\d+$/.test(text) ? (text ?? undefined) : Number(text);
}

/**
 * An integer from the query, or `undefined` if it is missing. Anything else becomes NaN, which the pipeline rejects.
 *
 * @param {URL} url
 * @param {string} name
 */
function readInteger(url, name) {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  return /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
}

/**
 * The requested URL, or `undefined` if it is invalid (`//`) or belongs to another server.
 *
 * @param {string} target
 */
function parseTarget(target) {
  if (!target.startsWith("/") || !URL.canParse(`http://localhost${target}`)) return undefined;
  return new URL(`http://localhost${target}`);
}

const server = createServer(async (request, response) => {
  const url = parseTarget(request.url ?? "/");
  if (request.method !== "GET" || url?.pathname !== "/image") {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("Ask for /image?label=fox&seed=5\n");
    return;
  }
  const client = new AbortController();
  response.once("close", () => client.abort());
  try {
    const png = await makeImage(url, client.signal);
    response.writeHead(200, { "Content-Type": "image/png", "Content-Length": png.length }).end(png);
  } catch (error) {
    if (client.signal.aborted) return;
    const isInput = InvalidArgumentError.isInstance(error);
    if (!isInput) console.error(error);
    response.writeHead(isInput ? 400 : 500, { "Content-Type": "text/plain" });
    response.end(`${isInput ? error.message : "Something went wrong."}\n`);
  }
});

server.listen(Number(port), "127.0.0.1", () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === "object" ? address?.port : port}/image`);
});

process.once("SIGINT", () => {
  server.close(() => void pipe.dispose());
  server.closeIdleConnections();
});
