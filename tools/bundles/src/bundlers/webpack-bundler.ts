import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import webpack from "webpack";
import { appFolder, type Bundler } from "./bundler.ts";

/** webpack as it comes. */
export const webpackBundler: Bundler = {
  name: "webpack",
  async build(folder) {
    const compiler = webpack({
      mode: "production",
      context: appFolder,
      entry: "./main.js",
      output: { path: folder },
      performance: false,
    });
    const stats = await promisify(compiler.run.bind(compiler))();
    await promisify(compiler.close.bind(compiler))();
    if (stats?.hasErrors()) throw new Error(stats.toString("errors-only"));
    await copyFile(join(appFolder, "index.html"), join(folder, "index.html"));
  },
};
