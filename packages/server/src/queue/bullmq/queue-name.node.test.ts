import fc from "fast-check";
import { expect, it } from "vitest";
import { controlQueueName, queueNameFor } from "./queue-name.ts";

it("names a queue after the format of its jobs and its model, in characters that every server takes", () => {
  expect(queueNameFor("emoji32")).toBe("onestep-1-emoji32");
  expect(queueNameFor("org/Model_v1.5: ä")).toBe("onestep-1-org_2fModel_5fv1.5_3a_20_c3_a4");
  expect(queueNameFor("")).not.toBe(controlQueueName);
});

it("gives different models different names", () => {
  const model = fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[a-b/_0-9]{0,8}$/));
  fc.assert(
    fc.property(model, model, (one, other) => {
      expect(queueNameFor(one) === queueNameFor(other)).toBe(one === other);
      expect(queueNameFor(one)).toMatch(/^onestep-1-[\w.-]*$/);
    }),
  );
});
