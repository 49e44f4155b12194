import type { FakeCommit } from "./fake-commit.ts";
import type { FakeFile } from "./fake-hub-options.ts";
import { HubStateRepository } from "./hub-state.ts";
import { answerBatch, answerCompletion, answerVerification } from "./lfs-routes.ts";
import { jsonReply, type Reply } from "./reply.ts";
import { failure, readJson, type UploadCall } from "./request-log.ts";

const actionPattern = /^\/api\/models\/((?:[^/]+\/)?[^/]+)\/(preupload|commit)\/([^/]+)$/;
const lfsPattern = /^\/((?:[^/]+\/)?[^/]+)\.git\/info\/lfs\/objects\/(batch|verify)$/;

/** Answers a request that makes a repository or changes one; `undefined` where it is no such request. */
export function answerUpload(call: UploadCall): Reply | undefined {
  const { pathname } = call.url;
  if (pathname === "/api/whoami-v2") return answerWhoAmI(call);
  if (call.method !== "POST") return undefined;
  if (pathname === "/api/validate-yaml") return jsonReply({ errors: [], warnings: [] });
  if (pathname === "/api/complete_multipart") return answerCompletion(call);
  const action = actionPattern.exec(pathname) ?? lfsPattern.exec(pathname);
  if (pathname !== "/api/repos/create" && action === null) return undefined;
  const refusal = refuseToken(call);
  if (refusal !== undefined) return refusal;
  if (action === null) return answerCreation(call);
  const [, id = "", verb = "", revision = "main"] = action;
  const renamed = call.state.options.renamed?.[id];
  if (renamed !== undefined) {
    const path = `${call.state.options.basePath ?? ""}${pathname.replace(`/${id}`, `/${renamed}`)}`;
    return { status: 307, headers: { Location: path + call.url.search } };
  }
  const repository = call.state.repositories.get(id);
  if (repository === undefined) return failure(404, "Repository not found", "RepoNotFound");
  if (!mayWrite(call, id)) return failure(403, `Forbidden: pass \`create_pr=1\` as a query parameter`);
  if (verb === "batch") return answerBatch(call, id);
  if (verb === "verify") return answerVerification(call);
  const name = decodeURIComponent(revision);
  const commit = repository.commit(name);
  if (commit === undefined) return failure(404, `Invalid rev id: ${name}`, "RevisionNotFound");
  return verb === "preupload"
    ? answerPreupload(call, commit)
    : answerCommit(call, id, repository, { name, commit });
}

function answerWhoAmI({ state, token }: UploadCall): Reply {
  const account = state.accounts.get(token ?? "");
  if (account === undefined) return failure(401, "Invalid credentials in Authorization header");
  const orgs = (account.organizations ?? []).map((name) => ({ type: "org", name }));
  return jsonReply({ type: "user", name: account.name, orgs, auth: { type: "access_token" } });
}

function refuseToken({ state, token }: UploadCall): Reply | undefined {
  if (token === undefined) return failure(401, "Unauthorized");
  return state.tokens.has(token) ? undefined : failure(401, "Invalid credentials in Authorization header");
}

function mayWrite({ state, token }: UploadCall, id: string): boolean {
  const account = state.accounts.get(token ?? "");
  if (account === undefined || account.readOnly === true) return false;
  return [account.name, ...(account.organizations ?? [])].includes(id.split("/")[0] ?? "");
}

function answerCreation(call: UploadCall): Reply {
  const { state, token } = call;
  const { name, organization, visibility } = readJson(call.body);
  const owner = typeof organization === "string" ? organization : state.accounts.get(token ?? "")?.name;
  const id = `${owner}/${name}`;
  if (!mayWrite(call, id)) {
    return failure(403, `You don't have the rights to create a model under the namespace "${owner}"`);
  }
  if (!/^[\w.-]{1,96}$/.test(String(name)) || String(name).startsWith("reserved")) {
    return failure(400, `Invalid repo name: ${id}`);
  }
  const url = `${state.hubEndpoint}/${id}`;
  if (state.repositories.has(id)) {
    return jsonReply({ error: "You already created this model repo", url }, {}, 409);
  }
  const files = { ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n" };
  const isPrivate = visibility === "private" && token !== undefined;
  state.repositories.set(id, new HubStateRepository(isPrivate ? { files, privateToken: token } : { files }));
  return jsonReply({ url, name: id, id: "0" });
}

function answerPreupload(call: UploadCall, commit: FakeCommit): Reply {
  const { files } = readJson(call.body);
  const modes = (files as { path: string; size: number }[]).map(({ path, size }) => ({
    path,
    uploadMode: /\.(safetensors|bin|pt)$/.test(path) || size > 10_000_000 ? "lfs" : "regular",
    shouldIgnore: false,
    oid: commit.files.get(path)?.gitId ?? null,
  }));
  return jsonReply({ files: modes, commitOid: commit.hash });
}

function answerCommit(
  call: UploadCall,
  id: string,
  repository: HubStateRepository,
  { commit, name }: { readonly commit: FakeCommit; readonly name: string },
): Reply {
  const { state } = call;
  const files: Record<string, FakeFile> = {};
  for (const { path, bytes, storage } of commit.files.values()) {
    files[path] = { bytes, lfs: storage === "lfs", xet: storage === "xet" };
  }
  let message = "";
  const isPullRequest = call.url.searchParams.get("create_pr") === "1";
  for (const line of new TextDecoder().decode(call.body).split("\n").filter(Boolean)) {
    const { key, value } = readJson(line) as { key: string; value: Record<string, string> };
    const path = value["path"] ?? "";
    if (key === "header") {
      message = value["summary"] ?? "";
      const parent = value["parentCommit"];
      if (!isPullRequest && parent !== undefined && parent !== commit.hash) {
        return failure(412, "A commit has happened since. Please refresh and try again.");
      }
    }
    if (key === "file")
      files[path] = { bytes: new Uint8Array(Buffer.from(value["content"] ?? "", "base64")) };
    if (key === "deletedFile") delete files[path];
    if (key === "lfsFile") {
      const oid = value["oid"] ?? "";
      const bytes = state.uploads.get(oid) ?? state.contents.get(oid)?.bytes;
      if (bytes === undefined)
        return failure(400, `LFS pointer pointed to a file that does not exist: ${path}`);
      files[path] = { bytes, lfs: true };
    }
  }
  if (message === "") return failure(400, "summary is required");
  const revision = isPullRequest ? repository.nextPullRequest() : name;
  const added = repository.addCommit(revision, files, message);
  for (const file of added.files.values()) state.contents.set(file.sha256, file);
  const url = `${state.hubEndpoint}/${id}`;
  return jsonReply({
    success: true,
    commitOid: added.hash,
    commitUrl: `${url}/commit/${added.hash}`,
    hookOutput: "",
    ...(isPullRequest ? { pullRequestUrl: `${url}/discussions/${revision.split("/")[2]}` } : {}),
  });
}
