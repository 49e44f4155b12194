import { join, resolve } from "node:path";
import { buildSite, root } from "./build-site.ts";

const folder = resolve(process.argv[2] ?? join(root, "tools/site/dist/site"));
await buildSite(folder);
process.stdout.write(`The site is in ${folder}.\n`);
