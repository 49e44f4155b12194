import { describe, expect, it } from "vitest";
import { streamAndKeep } from "./stream-and-keep.ts";

function responseOf(chunks: readonly string[], fails = false): Response {
  const left = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return new Response(
    new ReadableStream({
      pull(controller) {
        const chunk = left.shift();
        if (chunk !== undefined) controller.enqueue(chunk);
        else if (fails) controller.error(new Error("gone"));
        else controller.close();
      },
    }),
    { headers: { "Content-Type": "text/x" } },
  );
}

describe("streamAndKeep", () => {
  it("passes a response on, and keeps the whole of it", async () => {
    const kept: string[] = [];
    const { response, settled } = streamAndKeep(responseOf(["a", "b"]), async (whole) => {
      kept.push(`${whole.headers.get("Content-Type")} ${await whole.text()}`);
    });
    expect(await response.text()).toBe("ab");
    await settled;
    expect(kept).toEqual(["text/x ab"]);
  });

  it("keeps nothing of what breaks off or is cancelled", async () => {
    const kept: Response[] = [];
    const keep = async (whole: Response) => void kept.push(whole);
    const broken = streamAndKeep(responseOf(["a"], true), keep);
    await expect(broken.response.text()).rejects.toThrow("gone");
    await broken.settled;
    const cancelled = streamAndKeep(responseOf(["a", "b", "c"]), keep);
    await cancelled.response.body?.cancel();
    await cancelled.settled;
    expect(kept).toEqual([]);
  });

  it("passes a response on where there is no room to keep it", async () => {
    const { response, settled } = streamAndKeep(responseOf(["a"]), async () => {
      throw new Error("no room");
    });
    expect(await response.text()).toBe("a");
    await settled;
  });
});
