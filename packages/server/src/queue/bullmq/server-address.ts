import { InvalidArgumentError, UnsupportedError } from "@onestep/core";
import { QueueUnavailableError } from "../../errors.ts";

/** The URL of a queue server. What has to stay secret stays in here. */
export class ServerAddress {
  readonly kind: "Redis" | "PostgreSQL";
  /** In the form that the drivers read. */
  readonly url: string;
  readonly #place: string;
  readonly #secrets: readonly string[];

  constructor(url: string) {
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    const isRedis = parsed !== undefined && /^(rediss?|valkey):$/.test(parsed.protocol);
    if (
      parsed === undefined ||
      !(isRedis || /^postgres(ql)?:$/.test(parsed.protocol)) ||
      parsed.hostname === ""
    ) {
      throw new InvalidArgumentError({
        subject: "the URL of the queue",
        found: parsed === undefined ? "something that is no URL" : `one that begins with ${parsed.protocol}`,
        expected: "redis://, rediss://, valkey://, postgres:// or postgresql://, and a host",
        remedy: "Pass one like redis://localhost:6379 or postgres://user:password@localhost:5432/database.",
      });
    }
    this.kind = isRedis ? "Redis" : "PostgreSQL";
    this.url = url.replace(/^valkey:/, "redis:");
    this.#place = `${parsed.hostname}:${parsed.port || (isRedis ? 6379 : 5432)}`;
    const password = parsed.password;
    const parameters = [...parsed.searchParams]
      .filter(([name]) => /pass/i.test(name))
      .map(([, value]) => value);
    this.#secrets = [password, safelyDecode(password), ...parameters].filter((text) => text !== "");
  }

  get packages(): string {
    return this.kind === "Redis" ? "bullmq ioredis" : "bullmq pg";
  }

  /** Without the error as a cause: a driver's may carry the command that failed, and that may be the one with the password. */
  unavailable(error: unknown): QueueUnavailableError {
    let reason =
      error instanceof Error
        ? error.message || ("code" in error ? String(error.code) : error.name)
        : String(error);
    for (const secret of this.#secrets) reason = reason.replaceAll(secret, "•••");
    reason = reason.replaceAll(/user "[^"]*"/g, "the user");
    return new QueueUnavailableError({
      subject: `${this.kind} at ${this.#place}`,
      found: reason,
      expected: "an answer",
      remedy: `Check that ${this.kind} runs at ${this.#place}, and lets this user in.`,
      summary: `The queue server, ${this.kind} at ${this.#place}, is not available: ${reason}.`,
    });
  }
}

function safelyDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws UnsupportedError if the package is not installed. */
export async function importPackage<Module>(
  address: ServerAddress,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    throw new UnsupportedError(
      {
        subject: "a queue server",
        found: `none of the packages ${address.packages}, or only one`,
        expected: "both",
        remedy: `Run \`npm install ${address.packages}\`.`,
        summary: `A queue on ${address.kind} takes the packages ${address.packages.replace(" ", " and ")}, and one of them is not installed.`,
      },
      { cause },
    );
  }
}
