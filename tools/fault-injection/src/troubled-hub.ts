import { type FakeFault, type FakeHub, startFakeHub } from "@onestep/fake-hub";
import type { CasePlan } from "./plan/case-plan.ts";
import type { PlannedFault } from "./plan/planned-fault.ts";
import { contentOf, type PlannedFile, sha256Of, toFakeFiles } from "./plan/planned-file.ts";
import { type Stranger, startStranger } from "./stranger.ts";

/** The repository that is downloaded. */
export const repositoryId = "owner/name";

/** The token that only the endpoint may see. */
export const secretToken = "hf_secret_of_the_endpoint";

/** A token that is valid, and opens nothing. */
export const rivalToken = "hf_of_another";

/** The Hub of a plan, and the host to which it should not redirect. */
export interface TroubledHub {
  readonly hub: FakeHub;
  /** Makes everything go wrong that is planned. */
  addFaults(): void;
  /** Requests for contents so far. */
  contentRequests(): readonly string[];
  /** The tokens that another host than the endpoint was sent. */
  strayTokens(): readonly string[];
  close(): Promise<void>;
}

/** Starts the Hub of a plan. Nothing goes wrong yet, and its branches may stand at another commit. */
export async function startTroubledHub(plan: CasePlan): Promise<TroubledHub> {
  const stranger = await startStranger(
    new Map(plan.files.map((file) => [sha256Of(contentOf(file)), contentOf(file)])),
  );
  const hub = await startFakeHub({
    repositories: repositoriesOf(plan, plan.files),
    tokens: [secretToken, rivalToken],
    basePath: plan.basePath,
    redirectSmallFiles: plan.redirectsSmallFiles,
  });
  return {
    hub,
    addFaults: () => {
      for (const fault of plan.faults) hub.addFault(toFakeFault(fault, plan.files, stranger, hub));
    },
    contentRequests: () =>
      hub.requests
        .filter(({ host, path }) => host === "cdn" || path.includes("/resolve"))
        .map(({ host, method, path }) => `${host} ${method} ${path}`),
    strayTokens: () => [
      ...stranger.tokens,
      ...hub.requests.flatMap(({ host, headers }) =>
        host === "cdn" ? (headers["authorization"] ?? []) : [],
      ),
    ],
    close: async () => {
      await Promise.all([hub.close(), stranger.close()]);
    },
  };
}

/** The repository of a plan with the same files on all its branches. */
export function repositoriesOf(
  { disorder, way }: CasePlan,
  files: readonly PlannedFile[],
): Parameters<FakeHub["update"]>[0] {
  const stored = toFakeFiles(files);
  const revisions = Object.fromEntries(["refs/pr/1", "release", "release/1.0"].map((name) => [name, stored]));
  const gate = way.kind !== "two-tokens" ? {} : { [`${way.gate}Token`]: secretToken };
  return { [repositoryId]: { files: stored, revisions, ...gate, ...(disorder ? { strayEntries } : {}) } };
}

/** What a listing may hold, and nobody should make a file of. */
const strayEntries = [
  ...["../../x", "/etc/passwd", "C:/x", "a:b", "NUL.txt", "model_index.json.", "a\\b", "a//b", ""].map(
    (path) => ({
      type: "file",
      oid: "0".repeat(40),
      size: 1,
      path,
    }),
  ),
  { type: "symlink", oid: "0".repeat(40), size: 1, path: "link" },
  7,
  null,
];

function toFakeFault(
  { place, file: index, times, what }: PlannedFault,
  files: readonly PlannedFile[],
  stranger: Stranger,
  hub: FakeHub,
): FakeFault {
  const file = files[index % files.length] as PlannedFile;
  const sha256 = sha256Of(contentOf(file));
  const where = {
    revision: { path: "/revision/" },
    listing: { path: "/tree/" },
    file: { path: `/${file.path.split("/").map(encodeURIComponent).join("/")}` },
    content: file.isLarge ? { host: "cdn" as const, path: sha256 } : { path: "/resolve" },
    any: {},
  }[place];
  if (!("redirect" in what)) return { ...where, times, ...what };
  const location = {
    copy: `${stranger.url}/content/${sha256}`,
    junk: `${stranger.url}/junk`,
    loop: `${stranger.url}/loop`,
    nowhere: "http://127.0.0.1:1/",
    "no-web-address": "file:///etc/passwd",
  }[what.redirect];
  // As the Hub redirects to storage: with the name and the length of the content.
  const names = {
    "X-Repo-Commit": hub.commit(repositoryId),
    "X-Linked-ETag": `"${sha256}"`,
    "X-Linked-Size": `${file.length}`,
  };
  const isOfHub = place === "file" && file.isLarge;
  return { ...where, times, status: 302, headers: { Location: location, ...(isOfHub ? names : {}) } };
}
