import type { FakeHub } from "@onestep/fake-hub";
import { describe, expect, it } from "vitest";
import { caught, quickRetries } from "./__fixtures__/caught.ts";
import { fakeHubs } from "./__fixtures__/fake-hubs.ts";
import { InvalidTokenError, MissingTokenError, OfflineError, ServerError } from "./errors.ts";
import { whoAmI } from "./who-am-i.ts";

const startHub = fakeHubs();

function start(): Promise<FakeHub> {
  return startHub({
    repositories: {},
    accounts: { hf_me: { name: "me", organizations: ["studio", "lab"] } },
  });
}

describe("whoAmI", () => {
  it("tells the name, from the token in the environment or the option", async () => {
    const hub = await start();
    const account = { name: "me", organizations: ["studio", "lab"], endpoint: hub.endpoint };
    const environment = { HF_TOKEN: "hf_me", HF_ENDPOINT: hub.endpoint };
    expect(await whoAmI({ environment })).toEqual(account);
    expect(await whoAmI({ endpoint: hub.endpoint, environment: {}, token: "hf_me" })).toEqual(account);
  });

  it.each([
    ["no token", {}, MissingTokenError],
    ["a token that is refused", { HF_TOKEN: "hf_secret" }, InvalidTokenError],
    ["no requests", { HF_TOKEN: "hf_me", HF_HUB_OFFLINE: "1" }, OfflineError],
  ])("says so with %s, and never repeats a token", async (_what, variables, errorClass) => {
    const hub = await start();
    const environment = { ...variables, HF_TOKEN_PATH: "/nowhere/token" };
    const error = await caught(whoAmI({ endpoint: hub.endpoint, environment, retry: quickRetries }));
    expect(errorClass.isInstance(error)).toBe(true);
    expect(String(error)).not.toContain("hf_secret");
  });

  it("refuses an answer without a name", async () => {
    const hub = await start();
    hub.addFault({ path: "whoami", body: "{}" });
    const options = { endpoint: hub.endpoint, environment: { HF_TOKEN: "hf_me" }, retry: quickRetries };
    expect(ServerError.isInstance(await caught(whoAmI(options)))).toBe(true);
  });
});
