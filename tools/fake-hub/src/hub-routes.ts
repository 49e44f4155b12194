import type { FakeCommit, StoredFile } from "./fake-commit.ts";
import type { HubState, HubStateRepository } from "./hub-state.ts";
import { bytesReply, failureReply, jsonReply, type Reply } from "./reply.ts";
import { xetHash, xetLinks } from "./xet-routes.ts";

/** A request to the endpoint, taken apart. */
export interface HubCall {
  readonly state: HubState;
  readonly url: URL;
  readonly method: string;
  readonly token: string | undefined;
  readonly range: string | undefined;
  readonly body: string;
}

const apiPattern = /^\/api\/models\/((?:[^/]+\/)?[^/]+)\/(revision|tree|paths-info)\/([^/]+)$/;
const infoPattern = /^\/api\/models\/((?:[^/]+\/)?[^/]+)$/;
const filePattern = /^\/(?:api\/resolve-cache\/models\/)?((?:[^/]+\/)?[^/]+)\/resolve\/([^/]+)\/(.+)$/;

/** Answers a request to the endpoint; `undefined` where it is for none of the Hub's addresses. */
export function answerHubCall(call: HubCall): Reply | undefined {
  const { pathname } = call.url;
  const file = filePattern.exec(pathname);
  const api = apiPattern.exec(pathname) ?? infoPattern.exec(pathname);
  const id = file?.[1] ?? api?.[1];
  if (id === undefined) return undefined;
  const renamed = call.state.options.renamed?.[id];
  if (renamed !== undefined) {
    const path = `${call.state.options.basePath ?? ""}${pathname.replace(`/${id}`, `/${renamed}`)}`;
    return { status: 307, headers: { Location: path + call.url.search } };
  }
  const repository = call.state.repositories.get(id);
  const refusal = refuse(call, repository);
  if (repository === undefined || refusal !== undefined) return refusal;
  const revision = decodeURIComponent(file?.[2] ?? api?.[3] ?? "main");
  const commit = repository.commit(revision);
  if (commit === undefined) {
    return failureReply(404, "RevisionNotFound", `Invalid rev id: ${revision}`);
  }
  if (file !== null) return answerFile(call, id, repository, commit, decodeURIComponent(file[3] ?? ""));
  if (api?.[2] === "tree") return answerTree(call, id, repository, commit);
  if (api?.[2] === "paths-info") return answerPathsInfo(call, commit);
  return jsonReply({
    _id: "0",
    id,
    modelId: id,
    sha: commit.hash,
    private: repository.options.privateToken !== undefined,
    gated: repository.options.gatedToken === undefined ? false : "manual",
    tags: [],
    downloads: 0,
    siblings: [...commit.files.keys()].map((rfilename) => ({ rfilename })),
  });
}

/** Tokens are looked at first, as the Hub does: an unknown one is refused even for a public repository. */
function refuse(call: HubCall, repository: HubStateRepository | undefined): Reply | undefined {
  const { token } = call;
  if (token !== undefined && !call.state.tokens.has(token)) {
    return failureReply(401, undefined, "Invalid credentials in Authorization header");
  }
  const secret = repository?.options.privateToken;
  if (repository === undefined || (secret !== undefined && secret !== token)) {
    const status = token === undefined ? 401 : 404;
    return failureReply(status, status === 401 ? undefined : "RepoNotFound", "Repository not found");
  }
  return undefined;
}

function answerFile(
  call: HubCall,
  id: string,
  repository: HubStateRepository,
  commit: FakeCommit,
  path: string,
): Reply {
  const gate = repository.options.gatedToken;
  if (gate !== undefined && gate !== call.token) {
    const status = call.token === undefined ? 401 : 403;
    return failureReply(status, "GatedRepo", `Access to model ${id} is restricted.`);
  }
  const commitHeader = { "X-Repo-Commit": commit.hash };
  const file = commit.files.get(path);
  if (file === undefined) {
    const failure = failureReply(404, "EntryNotFound", "Entry not found");
    return { ...failure, headers: { ...failure.headers, ...commitHeader } };
  }
  if (file.storage !== "git") return redirectToCdn(call, id, commit, file);
  const basePath = call.state.options.basePath ?? "";
  if (call.state.options.redirectSmallFiles === true && !call.url.pathname.startsWith("/api/")) {
    const location = `${basePath}/api/resolve-cache/models${call.url.pathname}`;
    return { status: 307, headers: { Location: location, ...commitHeader } };
  }
  return bytesReply(file.bytes, call.range, { ETag: `"${file.gitId}"`, ...commitHeader });
}

function redirectToCdn(call: HubCall, id: string, commit: FakeCommit, file: StoredFile): Reply {
  const xet =
    file.storage === "xet"
      ? { "X-Xet-Hash": xetHash(file), Link: xetLinks(call.state, id, commit.hash, file) }
      : {};
  return {
    status: 302,
    headers: {
      Location: `${call.state.cdnEndpoint}/content/${file.sha256}?signature=secret`,
      ETag: `"${file.gitId}"`,
      "X-Linked-ETag": `"${file.sha256}"`,
      "X-Linked-Size": String(file.bytes.length),
      "X-Repo-Commit": commit.hash,
      ...xet,
    },
  };
}

function answerTree(call: HubCall, id: string, repository: HubStateRepository, commit: FakeCommit): Reply {
  const { state, url } = call;
  const stray = repository.options.strayEntries ?? [];
  const entries = [...listFolders(commit), ...stray, ...[...commit.files.values()].map(describeFile)];
  const pageSize = state.options.pageSize ?? 1000;
  const start = Number(url.searchParams.get("cursor") ?? "0");
  const end = start + pageSize;
  const query = `recursive=${url.searchParams.get("recursive")}&cursor=${end}`;
  const next = `${state.hubEndpoint}/api/models/${id}/tree/${commit.hash}?${query}`;
  return jsonReply(entries.slice(start, end), end < entries.length ? { Link: `<${next}>; rel="next"` } : {});
}

function answerPathsInfo(call: HubCall, commit: FakeCommit): Reply {
  const body: unknown = JSON.parse(call.body === "" ? "{}" : call.body);
  const paths = typeof body === "object" && body !== null && "paths" in body ? body.paths : [];
  const wanted = new Set(Array.isArray(paths) ? paths : [paths]);
  return jsonReply([...commit.files.values()].filter((file) => wanted.has(file.path)).map(describeFile));
}

function listFolders(commit: FakeCommit): unknown[] {
  const folders = new Set<string>();
  for (const path of commit.files.keys()) {
    const segments = path.split("/");
    for (let depth = 1; depth < segments.length; depth += 1) folders.add(segments.slice(0, depth).join("/"));
  }
  return [...folders].map((path) => ({ type: "directory", oid: "0".repeat(40), size: 0, path }));
}

function describeFile(file: StoredFile): unknown {
  const { path, gitId, bytes, sha256, pointerSize, storage } = file;
  const lfs = storage === "git" ? {} : { lfs: { oid: sha256, size: bytes.length, pointerSize } };
  const xet = storage === "xet" ? { xetHash: xetHash(file) } : {};
  return { type: "file", oid: gitId, size: bytes.length, path, ...lfs, ...xet };
}
