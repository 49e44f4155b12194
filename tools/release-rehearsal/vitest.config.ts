import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tools/release-rehearsal/rehearsal.ts"],
    reporters: ["verbose"],
    // An application of Next.js is installed and built.
    testTimeout: 900_000,
    hookTimeout: 300_000,
  },
});
