import { ServerError, UploadRejectedError } from "../errors.ts";
import { describeUrl } from "../http/connection-failure.ts";
import { quoteServer } from "../hub-api/failure.ts";
import { joinEndpoint } from "../settings.ts";

const hubOrigin = "https://huggingface.co";

/** A large file that was announced. */
export interface LargeObject {
  /** SHA-256. */
  readonly oid: string;
  readonly size: number;
}

/** Where it is asked whether a large file has arrived. */
export interface Verification extends LargeObject {
  readonly url: URL;
}

/** What the Hub says where large files are to be sent. */
interface BatchAnswer {
  /** The answer as @huggingface/hub takes it, of which nothing is left that was not checked. */
  readonly answer: { readonly transfer: string; readonly objects: readonly object[] };
  /** The addresses that parts of large files are to be sent to. */
  readonly parts: readonly string[];
  /** For the files that are to be sent, where the Hub wants to be asked. */
  readonly verifications: readonly Verification[];
}

/**
 * Checks where large files are to be sent. A mirror that passes on the Hub's own address is asked itself.
 *
 * @param objects - What was announced.
 * @throws UploadRejectedError where the Hub does not take one of them; ServerError where the answer is out of form.
 */
export function checkBatchAnswer(
  { endpoint, url }: { readonly endpoint: URL; readonly url: URL },
  value: unknown,
  objects: readonly LargeObject[],
): BatchAnswer {
  const bad = (found: string): ServerError => badBatch(url, found);
  const { transfer = "basic", objects: entries } = asRecord(value) ?? {};
  if (transfer !== "basic" && transfer !== "multipart") throw bad(`the transfer ${JSON.stringify(transfer)}`);
  if (!Array.isArray(entries)) throw bad("no list of large files");
  const given = new Map(entries.map(asRecord).map((entry) => [entry?.["oid"], entry]));
  const answers: object[] = [];
  const parts: string[] = [];
  const verifications: Verification[] = [];
  for (const { oid, size } of new Map(objects.map((object) => [object.oid, object])).values()) {
    const entry = given.get(oid);
    if (entry === undefined) throw bad(`nothing about the file with the SHA-256 ${oid}`);
    const error = asRecord(entry["error"]);
    if (error !== undefined) throw rejected(url, { oid, size }, error["message"]);
    const actions = asRecord(entry["actions"]);
    const upload = asRecord(actions?.["upload"]);
    if (upload === undefined) {
      answers.push({ oid, size });
      continue;
    }
    const href = readAddress(upload["href"], endpoint);
    if (href === undefined) throw bad("no address to send a large file to");
    const header = readParts(asRecord(upload["header"]), size, endpoint);
    if (header === undefined) throw bad(`addresses that are not those of the parts of ${size} bytes`);
    parts.push(...Object.values(header).filter((value) => URL.canParse(value)));
    answers.push({ oid, size, actions: { upload: { href: href.href, header } } });
    const verify = asRecord(actions?.["verify"]);
    const verifyUrl = readAddress(verify?.["href"], endpoint);
    if (verifyUrl !== undefined) verifications.push({ oid, size, url: verifyUrl });
  }
  return { answer: { transfer, objects: answers }, parts, verifications };
}

/** The addresses of the parts of a large file by number; none where it is sent as a whole. */
function readParts(
  header: Readonly<Record<string, unknown>> = {},
  size: number,
  endpoint: URL,
): Readonly<Record<string, string>> | undefined {
  const chunkSize = header["chunk_size"];
  if (chunkSize === undefined) return {};
  const partBytes = Number(chunkSize);
  if (!Number.isSafeInteger(partBytes) || partBytes <= 0) return undefined;
  const names = Object.keys(header).filter((name) => /^\d{1,5}$/.test(name));
  const numbers = new Set(names.map(Number));
  if (numbers.size !== names.length || names.length !== Math.ceil(size / partBytes)) return undefined;
  const parts: Record<string, string> = { chunk_size: String(partBytes) };
  for (const name of names) {
    const address = readAddress(header[name], endpoint);
    if (address === undefined || Number(name) < 1 || Number(name) > names.length) return undefined;
    parts[name] = address.href;
  }
  return parts;
}

function readAddress(value: unknown, endpoint: URL): URL | undefined {
  if (typeof value !== "string" || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  return url.origin === hubOrigin && endpoint.origin !== hubOrigin
    ? joinEndpoint(endpoint, url.pathname + url.search)
    : url;
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : undefined;
}

function rejected(url: URL, { oid, size }: LargeObject, message: unknown): UploadRejectedError {
  return new UploadRejectedError({
    subject: `file of ${size} bytes (SHA-256 ${oid}) for ${describeUrl(url)}`,
    found: `a refusal${quoteServer(typeof message === "string" ? message : null)}`,
    expected: "an endpoint that takes it",
    remedy: "Correct what it objects to, and upload again.",
  });
}

function badBatch(url: URL, found: string): ServerError {
  return new ServerError(
    {
      subject: describeUrl(url),
      found,
      expected: "where large files are to be sent, as the Hub says it",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: 200 },
  );
}

/** The Hub takes no larger files into git itself, and what goes there is held in memory as a whole. */
const maximumGitBytes = 16 * 1024 * 1024;

/**
 * Checks what the Hub says about which files it takes as large ones.
 *
 * @param sizes - The files by path.
 * @throws ServerError where the answer is out of form, or wants to have a file of more than 16 MiB in git.
 */
export function checkPreuploadAnswer(url: URL, answer: unknown, sizes: ReadonlyMap<string, number>): void {
  const files = typeof answer === "object" && answer !== null && "files" in answer ? answer.files : undefined;
  if (!Array.isArray(files)) throw badPreupload(url, "no list of files");
  const modes = new Map(files.map(readMode));
  for (const [path, size] of sizes) {
    if (size > maximumGitBytes && modes.get(path) !== "lfs") {
      throw badPreupload(url, `that ${path}, of ${size} bytes, should not be stored as a large file`);
    }
  }
}

function readMode(entry: unknown): readonly [unknown, unknown] {
  if (typeof entry !== "object" || entry === null) return [undefined, undefined];
  return ["path" in entry ? entry.path : undefined, "uploadMode" in entry ? entry.uploadMode : undefined];
}

function badPreupload(url: URL, found: string): ServerError {
  return new ServerError(
    {
      subject: describeUrl(url),
      found,
      expected: "a list of files and how they are stored, as the Hub gives",
      remedy: "Check that HF_ENDPOINT names the Hub or a mirror of it.",
    },
    { status: 200 },
  );
}
