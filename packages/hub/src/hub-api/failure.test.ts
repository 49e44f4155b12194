import { describe, expect, it } from "vitest";
import { HttpResponse } from "../http/response.ts";
import { RequestWatch } from "../http/timeout.ts";
import { type RequestTarget, toHubFailure } from "./failure.ts";

const endpoint = new URL("https://huggingface.co");
const url = new URL("https://huggingface.co/api/models/a/b/revision/main?secret=1");

function failure(status: number, headers: Record<string, string>, question: Partial<RequestTarget> = {}) {
  const response = new Response(null, { status, headers });
  const answer = new HttpResponse(url, response, new RequestWatch(url, undefined));
  return toHubFailure(answer, { id: "a/b", revision: "main", endpoint, hasToken: false, ...question });
}

const credentials = { "X-Error-Message": "Invalid credentials in Authorization header" };
const repository = { "X-Error-Code": "RepoNotFound" };
const gated = { "X-Error-Code": "GatedRepo" };
const disabled = { "X-Error-Message": "Access to this resource is disabled." };
const withToken = { hasToken: true };
const withPath = { path: "x.json" };

describe("toHubFailure", () => {
  it.each([
    [404, {}, {}, "repository-not-found"],
    [404, repository, withPath, "repository-not-found"],
    [404, {}, withPath, "entry-not-found"],
    [410, {}, withPath, "entry-not-found"],
    [404, { "X-Error-Code": "EntryNotFound" }, withPath, "entry-not-found"],
    [404, { "X-Error-Code": "RevisionNotFound" }, {}, "revision-not-found"],
    [401, {}, {}, "repository-not-found"],
    [401, repository, withToken, "repository-not-found"],
    [401, {}, withToken, "invalid-token"],
    [401, { ...credentials, ...repository }, withToken, "invalid-token"],
    [401, gated, {}, "gated-repository"],
    [401, gated, withToken, "gated-repository"],
    [403, gated, withToken, "gated-repository"],
    [403, {}, withToken, "gated-repository"],
    [403, disabled, withToken, "repository-not-found"],
    [400, {}, {}, "server"],
    [429, {}, {}, "server"],
    [500, {}, {}, "server"],
    [206, {}, {}, "server"],
  ])("makes %i %j %j into %s", (status, headers, question, code) => {
    const error = failure(status, headers as Record<string, string>, question);
    expect(error.code).toBe(code);
    expect(error.message).not.toContain("secret");
  });

  it("quotes the server in part, without control characters", () => {
    const error = failure(500, { "X-Error-Message": `\u0001${"x".repeat(300)}` });
    expect(error.message).toContain(`("?${"x".repeat(199)}")`);
  });
});
