import { describe, expect, it } from "vitest";
import { caught } from "../__fixtures__/caught.ts";
import { fakeHubs } from "../__fixtures__/fake-hubs.ts";
import { ConnectionError } from "../errors.ts";
import { sendRequest } from "./request.ts";

const startHub = fakeHubs();
const timeout = { seconds: 10, variable: "HF_HUB_ETAG_TIMEOUT" };
const repositories = { "a/b": { files: { "w.bin": { bytes: "weights", lfs: true } } } };

function connection(url: string) {
  return { url: new URL(url), fetch, timeout, redirects: "here" as const };
}

describe("sendRequest", () => {
  it("sends the token to its own origin only", async () => {
    const hub = await startHub({ repositories, tokens: ["hf_t"] });
    const answer = await sendRequest({
      ...connection(`${hub.endpoint}/a/b/resolve/main/w.bin`),
      authorization: { origin: new URL(hub.endpoint).origin, token: "hf_t" },
    });
    let text = "";
    for await (const chunk of answer.chunks(timeout)) text += new TextDecoder().decode(chunk);
    expect(text).toBe("weights");
    expect(answer.url.origin).toBe(hub.cdnEndpoint);
    expect(hub.requests.map(({ host, headers }) => [host, headers["authorization"]])).toEqual([
      ["hub", "Bearer hf_t"],
      ["cdn", undefined],
    ]);
  });

  it("shows redirects, and stops at one where the caller wants to", async () => {
    const hub = await startHub({ repositories });
    const seen: string[] = [];
    const answer = await sendRequest({
      ...connection(`${hub.endpoint}/a/b/resolve/main/w.bin`),
      onRedirect: (from, headers, to) => {
        seen.push(`${from.pathname} ${headers.get("X-Linked-Size")} ${to.origin}`);
        return false;
      },
    });
    await answer.discard();
    expect(answer.status).toBe(302);
    expect(seen).toEqual([`/a/b/resolve/main/w.bin 7 ${hub.cdnEndpoint}`]);
    expect(hub.requests).toHaveLength(1);
  });

  it("leaves redirects to fetch where told so", async () => {
    const hub = await startHub({ repositories });
    const answer = await sendRequest({
      ...connection(`${hub.endpoint}/a/b/resolve/main/w.bin`),
      redirects: "fetch",
    });
    await answer.discard();
    expect(answer.url.origin).toBe(hub.cdnEndpoint);
  });

  it("tells a refused connection, a cut one, silence, and redirects without end", async () => {
    const hub = await startHub({ repositories });
    const url = `${hub.endpoint}/a/b/resolve/main/w.bin`;
    hub.addFault({ dropAfterBytes: -1, times: 1 });
    const cut = await caught(sendRequest(connection(url)));
    expect(ConnectionError.isInstance(cut)).toBe(true);
    expect(cut.message).toContain("a connection that the server closed");

    hub.addFault({ stallAfterBytes: -1, times: 1 });
    const silent = await caught(sendRequest({ ...connection(url), timeout: { ...timeout, seconds: 0.05 } }));
    expect(silent.message).toContain("no data for 0.05 s");

    hub.addFault({ status: 302, headers: { Location: url } });
    expect((await caught(sendRequest(connection(url)))).message).toContain("redirects more than 10 times");

    const closed = await startHub({ repositories });
    await closed.close();
    const refused = await caught(sendRequest(connection(`${closed.endpoint}/a`)));
    expect(ConnectionError.isInstance(refused)).toBe(true);
    expect(refused.message).toContain("a refused connection (ECONNREFUSED)");
    expect(refused.cause).toBeInstanceOf(TypeError);
  });

  it.each([
    ["another host", "https://cdn.example/x"],
    ["the same host without TLS", "http://hub.example/x"],
    ["another port", "https://hub.example:8443/x"],
    ["a host below it", "https://evil.hub.example/x"],
    ["its name as a user name", "https://hub.example@evil.example/x"],
    ["no scheme", "//evil.example/x"],
  ])("drops the token on a redirect to %s, and sends it again on the way back", async (_what, location) => {
    const answers = [
      new Response(null, { status: 302, headers: { Location: location } }),
      new Response(null, { status: 302, headers: { Location: "https://hub.example/back" } }),
      new Response("done"),
    ];
    const sent: [string, string | null][] = [];
    const answer = await sendRequest({
      ...connection("https://hub.example/file"),
      authorization: { origin: "https://hub.example", token: "hf_t" },
      fetch: async (input, init) => {
        sent.push([String(input), new Headers(init?.headers).get("Authorization")]);
        return answers[sent.length - 1] ?? new Response();
      },
    });
    await answer.discard();
    expect(sent).toEqual([
      ["https://hub.example/file", "Bearer hf_t"],
      [new URL(location, "https://hub.example").href, null],
      ["https://hub.example/back", "Bearer hf_t"],
    ]);
  });

  it("does not follow a redirect to another scheme", async () => {
    const hub = await startHub({ repositories });
    hub.addFault({ status: 302, headers: { Location: "file:///etc/passwd" } });
    const answer = await sendRequest(connection(`${hub.endpoint}/a/b/resolve/main/w.bin`));
    await answer.discard();
    expect(answer.status).toBe(302);
  });

  it("stops when the signal says so, before and while the server is silent", async () => {
    const hub = await startHub({ repositories });
    const url = `${hub.endpoint}/a/b/resolve/main/w.bin`;
    const aborted = AbortSignal.abort(new Error("enough"));
    expect((await caught(sendRequest({ ...connection(url), signal: aborted }))).message).toBe("enough");
    expect(hub.requests).toHaveLength(0);

    hub.addFault({ stallAfterBytes: -1 });
    const controller = new AbortController();
    const sending = caught(sendRequest({ ...connection(url), signal: controller.signal }));
    setTimeout(() => controller.abort(new Error("enough")), 20);
    expect((await sending).message).toBe("enough");
  });
});
