import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { ConnectionError, ServerError } from "../errors.ts";
import { sendRequest } from "./request.ts";
import { type HttpResponse, readBytes } from "./response.ts";

const startHub = fakeHubs();
const timeout = { seconds: 10, variable: "HF_HUB_DOWNLOAD_TIMEOUT" };
const repositories = { "a/b": { files: { "data.json": '{"a": 1}', "text.txt": "not json" } } };

function ask(endpoint: string, path: string, signal?: AbortSignal): Promise<HttpResponse> {
  const url = new URL(`${endpoint}/a/b/resolve/main/${path}`);
  return sendRequest({ url, fetch, timeout, redirects: "here", signal });
}

describe("HttpResponse", () => {
  it("reads JSON, and reports what is not JSON", async () => {
    const hub = await startHub({ repositories });
    expect(await (await ask(hub.endpoint, "data.json")).json(timeout)).toEqual({ a: 1 });
    const error = await caught((await ask(hub.endpoint, "text.txt")).json(timeout));
    expect(ServerError.isInstance(error)).toBe(true);
    expect(error.message).toContain("found something else, expected JSON, as the Hub responds");
  });

  it("tells a body that breaks off, and one that stalls", async () => {
    const hub = await startHub({ repositories });
    hub.addFault({ dropAfterBytes: 3, times: 1 });
    const cut = await caught((await ask(hub.endpoint, "data.json")).json(timeout));
    expect(ConnectionError.isInstance(cut)).toBe(true);
    expect(cut.message).toContain("a connection that the server closed (UND_ERR_SOCKET)");

    hub.addFault({ stallAfterBytes: 3, times: 1 });
    const stalled = await caught((await ask(hub.endpoint, "data.json")).json({ ...timeout, seconds: 0.05 }));
    expect(ConnectionError.isInstance(stalled)).toBe(true);
    expect(stalled.message).toContain("no data for 0.05 s");
    expect(stalled.message).toContain("HF_HUB_DOWNLOAD_TIMEOUT");
  });

  it("stops while the body stalls when the signal says so", async () => {
    const hub = await startHub({ repositories });
    hub.addFault({ stallAfterBytes: 3 });
    const controller = new AbortController();
    const answer = await ask(hub.endpoint, "data.json", controller.signal);
    const reading = caught(answer.json(timeout));
    setTimeout(() => controller.abort(new Error("enough")), 20);
    expect((await reading).message).toBe("enough");
  });

  it("is read no further than a limit", async () => {
    const hub = await startHub({ repositories });
    expect(await readBytes(await ask(hub.endpoint, "data.json"), 8, timeout)).toHaveLength(8);
    expect(await readBytes(await ask(hub.endpoint, "data.json"), 7, timeout)).toBeUndefined();
  });
});
