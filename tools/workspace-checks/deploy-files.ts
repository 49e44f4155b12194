import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { root } from "./workspace.ts";

/** A container, of whichever of the files. */
interface Started {
  readonly where: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface ComposeService {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string }[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly disable?: boolean };
  readonly deploy?: { readonly replicas?: number };
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly configs?: Readonly<Record<string, { readonly content: string }>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

/** A container of a pod. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly envFrom: readonly Readonly<Record<string, { readonly name: string }>>[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

/** The pods of a deployment. */
export interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly terminationGracePeriodSeconds: number;
    readonly containers: readonly Container[];
    readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
  };
}

/** A document of Kubernetes. */
export interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: Readonly<Record<string, unknown>>;
    readonly ports?: readonly { readonly targetPort: string }[];
    readonly scaleTargetRef?: { readonly name: string };
    readonly minReplicaCount?: number;
    readonly triggers?: readonly {
      readonly type: string;
      readonly metadata: Readonly<Record<string, string>>;
    }[];
    readonly advanced?: unknown;
    readonly template?: PodTemplate;
  };
}

/** The text of a file in `deploy`. */
export const read = (path: string): string => readFileSync(join(root, "deploy", path), "utf8");

/** Tags of compose, which say that a value replaces another. */
const customTags = (["map", "seq"] as const).map((collection) => ({
  tag: "!override",
  collection,
}));
const readCompose = (path: string): ComposeFile => parse(read(path), { merge: true, customTags });
/** Compose with Valkey. */
export const compose: ComposeFile = readCompose("compose.yaml");
/** What is another with PostgreSQL. */
export const postgres: ComposeFile = readCompose("compose.postgres.yaml");

/** The names of the files for Kubernetes. */
export const manifests: readonly string[] = readdirSync(join(root, "deploy/kubernetes"));
const documents: readonly Document[] = manifests
  .filter((name) => name !== "kustomization.yaml")
  .flatMap((name) =>
    parseAllDocuments(read(`kubernetes/${name}`)).map((document) => {
      for (const error of document.errors) throw error;
      return document.toJS() as Document;
    }),
  );
/** A document of Kubernetes. @throws Error if there is none. */
export function find(kind: string, name: string): Document {
  const found = documents.find((document) => document.kind === kind && document.metadata.name === name);
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
  return found;
}
/** What runs containers. */
export const deployments: readonly Document[] = documents.filter(({ kind }) => kind === "Deployment");
/** The pods of a deployment. @throws Error if it has none. */
export function podOf(document: Document): PodTemplate {
  if (document.spec?.template === undefined) throw new Error(`${document.metadata.name} has no pods.`);
  return document.spec.template;
}
/** The container of a deployment. @throws Error unless it has one. */
export function containerOf(document: Document): Container {
  const [container, ...others] = podOf(document).spec.containers;
  if (container === undefined || others.length > 0) throw new Error("Expected one container.");
  return container;
}
/** The environment variables that all pods get. */
export const config: Readonly<Record<string, string>> = find("ConfigMap", "onestep").data ?? {};

/** The values of an instruction of the Dockerfile, with continued lines joined. */
export function instructions(name: string): readonly string[] {
  const lines = read("Dockerfile").replaceAll("\\\n", " ").split("\n");
  return lines
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1).trim());
}

/** What the Dockerfile says. */
export const image: {
  readonly environment: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
} = {
  environment: Object.fromEntries(
    instructions("ENV").flatMap((line) =>
      line.split(/\s+/).map((pair) => pair.split("=") as [string, string]),
    ),
  ),
  entrypoint: JSON.parse(instructions("ENTRYPOINT")[0] ?? "[]") as readonly string[],
  command: JSON.parse(instructions("CMD")[0] ?? "[]") as readonly string[],
};

/** Every container that runs the command line. */
export const started: readonly Started[] = [
  { where: "the image", words: image.command, environment: image.environment },
  ...[compose, postgres].flatMap(({ services }, index) =>
    Object.entries(services).flatMap(([name, service]) => {
      const words = service.command ?? compose.services[name]?.command ?? [];
      const isOurs = (compose.services[name]?.build ?? service.build) !== undefined;
      const where = `${index === 0 ? "compose.yaml" : "compose.postgres.yaml"}: ${name}`;
      return isOurs ? [{ where, words, environment: service.environment ?? {} }] : [];
    }),
  ),
  ...deployments.map((deployment) => {
    const { args, env = [] } = containerOf(deployment);
    const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    return { where: deployment.metadata.name, words: args, environment: { ...config, ...own } };
  }),
];
