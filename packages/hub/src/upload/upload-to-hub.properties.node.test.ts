import { type FakeFault, startFakeHub } from "@onestep/fake-hub";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HubError } from "../errors.ts";
import { bytesFile, uploadFiles } from "./upload-files.ts";

const path = fc.constantFrom(
  "",
  "/repos/create",
  "/revision/",
  "/tree/",
  "/preupload/",
  "/batch",
  "/upload/",
  "/complete_multipart",
  "/verify",
  "/commit/",
);

const trouble: fc.Arbitrary<FakeFault> = fc.oneof(
  fc.record({ status: fc.constantFrom(400, 401, 403, 404, 409, 412, 413, 422, 500, 503) }),
  fc.constant({ status: 429, headers: { "Retry-After": "0" } }),
  fc.record({ dropAfterBytes: fc.constantFrom(-1, 0, 5) }),
  fc.record({ stallAfterBytes: fc.constantFrom(-1, 0, 5) }),
  fc.record({ dropAfterReceivedBytes: fc.constantFrom(0, 700) }),
  fc.record({ stallAfterReceivedBytes: fc.constantFrom(0, 700) }),
  fc.record({ body: fc.oneof(fc.json(), fc.constantFrom("<html>", '{"files": [{}], "objects": [{}]}')) }),
  fc.constant({ wrongBytes: true }),
  fc.record({ wrongLength: fc.constantFrom(-3, 3) }),
);

const faults = fc.array(
  fc
    .tuple(path, fc.constantFrom(1, 2, 9), trouble)
    .map(([place, times, fault]): FakeFault => ({ ...fault, path: place, times })),
  { minLength: 1, maxLength: 4 },
);

const contents = fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 6 });

it("whatever goes wrong, all files are committed as they are or none, and what is thrown says what happened", async () => {
  const upload = async (planned: readonly FakeFault[], bytes: readonly Uint8Array[], partBytes: number) => {
    const hub = await startFakeHub({
      repositories: { "me/m": { files: { "old-1.bin": "old" } } },
      accounts: { hf_me: { name: "me" } },
      partBytes,
    });
    try {
      for (const fault of planned) hub.addFault(fault);
      const files = bytes.map((content, index) =>
        bytesFile(`${index}.${index % 2 ? "json" : "bin"}`, content),
      );
      const uploading = uploadFiles("me/m", files, {
        endpoint: hub.endpoint,
        environment: { HF_HUB_DOWNLOAD_TIMEOUT: "0.1" },
        token: "hf_me",
        retry: { maxRetries: 2, baseWaitTime: 0.001, maxWaitTime: 0.001 },
        isObsolete: (name) => name.startsWith("old"),
      });
      const failure: unknown = await uploading.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(HubError.isInstance(failure), String(failure)).toBe(true);
      const stored = hub.files("me/m");
      const isCommitted = hub.message("me/m") !== undefined;
      expect(isCommitted || failure !== undefined).toBe(true);
      const expected = isCommitted ? files.map((file, index) => [file.path, bytes[index]]) : [];
      const found = [...stored].filter(([name]) => name !== "old-1.bin");
      expect(found.map(([name, content]) => [name, [...content]]).sort()).toEqual(
        expected.map(([name, content]) => [name, [...(content ?? [])]]).sort(),
      );
    } finally {
      await hub.close();
    }
  };
  const property = fc.asyncProperty(faults, contents, fc.constantFrom(1000, 5000), upload);
  await fc.assert(property, { numRuns: 60 });
});
