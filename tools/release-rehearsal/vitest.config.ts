import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tools/release-rehearsal/rehearsal.ts"],
    reporters: ["verbose"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
