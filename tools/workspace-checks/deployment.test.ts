import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import {
  compose,
  config,
  containerOf,
  deployments,
  find,
  image,
  instructions,
  manifests,
  podOf,
  postgres,
  read,
  started,
} from "./deploy-files.ts";
import { type Manifest, readJson, root } from "./workspace.ts";

/** What the command line says of a command. */
interface CommandLine {
  readonly name: string;
  readonly options: readonly { readonly name: string; readonly choices?: readonly string[] }[];
}

let commands: readonly CommandLine[];
let variableOf: (option: string) => string;

beforeAll(async () => {
  const load = (path: string) => import(pathToFileURL(join(root, "packages/onestep/src/cli", path)).href);
  ({ commands } = await load("commands.ts"));
  ({ variableOf } = await load("serve/service-settings.ts"));
});

describe.each(started)("$where", ({ words, environment }) => {
  const [name] = words;
  const optionsOf = () => commands.find((command) => command.name === name)?.options ?? [];

  it("runs a command that the command line has, with its options", () => {
    expect(commands.map((command) => command.name)).toContain(name);
    const given = words.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=")[0]);
    expect(optionsOf().map((option) => option.name)).toEqual(expect.arrayContaining(given));
  });

  it("sets environment variables that the command line reads", () => {
    // The config map and the image are for both commands.
    const all = commands.filter((command) => ["serve", "worker"].includes(command.name));
    const known = all.flatMap(({ options }) => options.map((option) => variableOf(option.name)));
    const set = Object.keys(environment).filter((variable) => variable.startsWith("ONESTEP_"));
    expect(set.length).toBeGreaterThan(0);
    expect(known).toEqual(expect.arrayContaining(set));
    for (const { name: option, choices } of all.flatMap(({ options }) => options)) {
      const value = environment[variableOf(option)];
      if (value !== undefined && choices !== undefined) expect(choices).toContain(value);
    }
  });
});

describe("the image", () => {
  it("starts the program of the package, not as root, and asks for its health where it listens", () => {
    const { bin } = readJson<Manifest>("packages/onestep/package.json");
    expect(image.entrypoint).toEqual([
      "node",
      `/opt/onestep/node_modules/onestep/${bin?.["onestep"]?.replace(/^\.\//, "")}`,
    ]);
    expect(instructions("USER")).toEqual(["node"]);
    expect(instructions("FROM")).toEqual(["node:20-slim"]);
    expect(instructions("EXPOSE")).toEqual([image.environment["ONESTEP_PORT"]]);
    expect(instructions("HEALTHCHECK")[0]).toContain("/livez");
    expect(image.environment).toMatchObject({
      ONESTEP_HOST: "0.0.0.0",
      ONESTEP_API_KEYS_FILE: "/run/secrets/onestep-api-keys",
    });
  });

  it("installs the optional parts of a queue and a bucket in versions that the server takes", () => {
    const { peerDependencies = {} } = readJson<Manifest>("packages/server/package.json");
    const installed = [
      ...instructions("RUN")
        .join(" ")
        .matchAll(/ ([a-z0-9]+)@(\d+)\b/g),
    ];
    expect(installed.map(([, name]) => name).toSorted()).toEqual(["aws4fetch", "bullmq", "ioredis", "pg"]);
    for (const [, name = "", major] of installed)
      expect(peerDependencies[name]).toMatch(new RegExp(`^\\^${major}\\.`));
  });
});

describe("compose", () => {
  const { services } = compose;

  it("has two front ends behind a proxy, three workers and a queue", () => {
    const commandsOf = Object.entries(services).map(([name, { command = [] }]) => [name, command[0]]);
    expect(Object.fromEntries(commandsOf)).toMatchObject({
      "front-end-1": "serve",
      "front-end-2": "serve",
      worker: "worker",
      queue: "valkey-server",
    });
    expect(services["worker"]?.deploy?.replicas).toBe(3);
    const proxy = compose.configs?.["proxy"]?.content ?? "";
    const port = image.environment["ONESTEP_PORT"];
    expect(proxy).toContain(`reverse_proxy front-end-1:${port} front-end-2:${port}`);
    expect(proxy).toContain("health_uri /readyz");
    // Previews are sent as they come.
    expect(proxy).toContain("flush_interval -1");
  });

  it("shares the queue and the storage between front ends and workers", () => {
    for (const name of ["front-end-1", "front-end-2", "worker"]) {
      const { environment, volumes = [] } = services[name] ?? {};
      expect(environment?.["ONESTEP_QUEUE"], name).toMatch(
        /^redis:\/\/:\$\{QUEUE_PASSWORD:\?[^}]*\}@queue:6379$/,
      );
      expect(volumes).toContain(`images:${environment?.["ONESTEP_STORAGE"]}`);
      expect(postgres.services[name]?.environment?.["ONESTEP_QUEUE"]).toMatch(
        /^postgres:\/\/onestep:.*@queue:5432\/onestep$/,
      );
    }
  });

  it("gives front ends the keys where the image looks for them, and workers none", () => {
    const path = image.environment["ONESTEP_API_KEYS_FILE"];
    const secrets = Object.keys(compose.secrets ?? {});
    expect(secrets.map((name) => `/run/secrets/${name}`)).toEqual([path]);
    expect(services["front-end-1"]?.secrets).toEqual(secrets);
    expect(services["front-end-2"]?.secrets).toEqual(secrets);
    expect(services["worker"]?.secrets).toBeUndefined();
    expect(services["worker"]?.healthcheck?.disable).toBe(true);
  });

  it("has a queue that loses nothing it has accepted", () => {
    const options = (services["queue"]?.command ?? []).join(" ");
    expect(options).toContain("--appendonly yes --appendfsync always --maxmemory-policy noeviction");
    const settings = (postgres.services["queue"]?.command ?? []).join(" ");
    expect(settings).toContain("-c fsync=on -c synchronous_commit=on");
    expect(postgres.services["queue"]?.environment).toMatchObject({
      POSTGRES_DB: "onestep",
      POSTGRES_USER: "onestep",
    });
  });

  it("keeps what it writes in volumes that it declares", () => {
    const declared = [...Object.keys(compose.volumes ?? {}), ...Object.keys(postgres.volumes ?? {})];
    const used = [compose, postgres].flatMap((file) =>
      Object.values(file.services).flatMap(({ volumes = [] }) =>
        volumes.map((volume) => volume.split(":")[0]),
      ),
    );
    expect(new Set(used)).toEqual(new Set(declared));
  });

  it("waits for images that are being made longer than the command line does", () => {
    for (const name of ["front-end-1", "front-end-2", "worker"]) {
      const { stop_grace_period: grace = "", environment } = services[name] ?? {};
      expect(Number(grace.replace(/s$/, ""))).toBeGreaterThan(
        Number(environment?.["ONESTEP_SHUTDOWN_SECONDS"]) + 5,
      );
    }
  });
});

describe("kubernetes", () => {
  it("has its documents in the kustomization", () => {
    const { resources } = parse(read("kubernetes/kustomization.yaml"));
    expect(resources.toSorted()).toEqual(
      manifests.filter((name) => name !== "kustomization.yaml").toSorted(),
    );
    const { images } = parse(read("kubernetes/kustomization.yaml"));
    for (const deployment of deployments) expect(containerOf(deployment).image).toBe(images[0].name);
  });

  it.each(deployments)("$metadata.name has the labels that it and its budget select", (deployment) => {
    const { labels } = podOf(deployment).metadata;
    const { name } = deployment.metadata;
    expect(deployment.spec?.selector).toEqual({ matchLabels: labels });
    expect(find("PodDisruptionBudget", name).spec?.selector).toEqual({ matchLabels: labels });
  });

  it.each(deployments)(
    "$metadata.name gets the config map and the secret, and mounts volumes that it has",
    (deployment) => {
      const { envFrom, volumeMounts } = containerOf(deployment);
      expect(envFrom).toEqual([
        { configMapRef: { name: "onestep" } },
        { secretRef: { name: "onestep-connections" } },
      ]);
      const { volumes } = podOf(deployment).spec;
      expect(volumeMounts.map(({ name }) => name).toSorted()).toEqual(
        volumes.map(({ name }) => name).toSorted(),
      );
    },
  );

  it.each(deployments)("$metadata.name ends before it is killed", (deployment) => {
    const { lifecycle } = containerOf(deployment);
    expect(lifecycle.preStop.sleep.seconds).toBe(5);
    const shutdown = Number(config["ONESTEP_SHUTDOWN_SECONDS"]);
    const { terminationGracePeriodSeconds } = podOf(deployment).spec;
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(
      lifecycle.preStop.sleep.seconds + shutdown + 10,
    );
  });

  it("asks front ends for their health where they listen, and workers, which do not, for nothing", () => {
    const frontEnd = containerOf(find("Deployment", "onestep-front-end"));
    expect(frontEnd.ports).toEqual([
      { name: "http", containerPort: Number(image.environment["ONESTEP_PORT"]) },
    ]);
    const paths = [frontEnd.startupProbe, frontEnd.readinessProbe, frontEnd.livenessProbe].map(
      (probe) => probe?.httpGet,
    );
    expect(paths).toEqual([
      { path: "/livez", port: "http" },
      { path: "/readyz", port: "http" },
      { path: "/livez", port: "http" },
    ]);
    expect(find("Service", "onestep").spec).toMatchObject({
      selector: podOf(find("Deployment", "onestep-front-end")).metadata.labels,
      ports: [{ targetPort: "http" }],
    });
    const { startupProbe, readinessProbe, livenessProbe, ports } = containerOf(
      find("Deployment", "onestep-worker"),
    );
    expect([startupProbe, readinessProbe, livenessProbe, ports]).toEqual(Array(4).fill(undefined));
  });

  it("gives front ends the keys from a secret", () => {
    const deployment = find("Deployment", "onestep-front-end");
    const { env = [], volumeMounts } = containerOf(deployment);
    const file = env.find(({ name }) => name === "ONESTEP_API_KEYS_FILE")?.value ?? "";
    const mount = volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
    const volume = podOf(deployment).spec.volumes.find(({ name }) => name === mount?.name);
    expect(volume?.secret?.secretName).toBe("onestep-keys");
    // The command at the top of the kustomization makes it.
    expect(read("kubernetes/kustomization.yaml")).toContain(
      `kubectl create secret generic onestep-keys --from-file=${file.split("/").at(-1)}=`,
    );
  });

  it("gives workers less memory for models than their container has", () => {
    const { env = [], resources } = containerOf(find("Deployment", "onestep-worker"));
    const memory = Number(env.find(({ name }) => name === "ONESTEP_MEMORY")?.value);
    expect(memory * 1e9).toBeLessThan(Number(resources.limits.memory.replace(/Gi$/, "")) * 2 ** 30);
  });

  it("scales workers by the seconds of work that wait, slowly down", () => {
    const { spec } = find("ScaledObject", "onestep-worker");
    expect(find("Deployment", spec?.scaleTargetRef?.name ?? "").spec?.replicas).toBeUndefined();
    expect(spec?.minReplicaCount).toBeGreaterThanOrEqual(1);
    expect(spec?.advanced).toEqual({
      horizontalPodAutoscalerConfig: {
        behavior: {
          scaleDown: {
            stabilizationWindowSeconds: 300,
            policies: [{ type: "Pods", value: 1, periodSeconds: 60 }],
          },
        },
      },
    });
    const [trigger] = spec?.triggers ?? [];
    expect(trigger).toMatchObject({ type: "prometheus", metadata: { threshold: "20" } });
    const [metric = ""] = /onestep_\w+/.exec(trigger?.metadata["query"] ?? "") ?? [];
    const metrics = readFileSync(join(root, "packages/server/src/operation/metrics.ts"), "utf8");
    expect(metrics).toContain(`"${metric.replace("onestep_", "")}"`);
  });
});
