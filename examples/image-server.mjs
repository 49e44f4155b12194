// @ts-check
// Images over HTTP: GET /image?label=3&seed=5 answers with a PNG.
//
//   node image-server.mjs [port]
//
// Requests share one model and queue for it; the event loop stays free meanwhile. A client that goes away stops its
// own request and no other.

import { createServer } from "node:http";
import { ConsistencyModelPipeline, InvalidArgumentError } from "onestep";

const [port = "8080"] = process.argv.slice(2);
const pipe = await ConsistencyModelPipeline.fromPretrained();

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 */
async function makeImage(url, signal) {
  const label = url.searchParams.get("label");
  const seed = url.searchParams.get("seed");
  const { images } = await pipe.generate({
    classLabels: label === null ? undefined : Number(label),
    seed: seed === null ? undefined : Number(seed),
    timesteps: [17, 0],
    signal,
  });
  const [image] = images;
  if (image === undefined) throw new Error("no image");
  return image.toPng();
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (request.method !== "GET" || url.pathname !== "/image") {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("Ask for /image?label=3&seed=5\n");
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
