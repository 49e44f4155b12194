import { describe, expect, it } from "vitest";
import { findRepositoryIdFault } from "./validators.ts";

// Verdicts taken from huggingface_hub 2.0's validate_repo_id.
describe("findRepositoryIdFault", () => {
  it.each([
    "openai/diffusers-cd_imagenet64_l2",
    "gpt2",
    "123",
    "foo/bar",
    "Foo-BAR_foo.bar123",
    "_a/b_",
    `${"a".repeat(96)}/${"b".repeat(96)}`,
  ])("accepts %s", (id) => {
    expect(findRepositoryIdFault(id)).toBeUndefined();
  });

  it.each([
    ["datasets/foo/bar", "more than one slash"],
    [".repo_id", "at both ends"],
    ["repo-", "at both ends"],
    ["foo/", "at both ends"],
    ["/foo", "at both ends"],
    ["./foo", "at both ends"],
    ["", "at both ends"],
    ["foo bar", "at both ends"],
    ["foo\n", "at both ends"],
    ["café", "at both ends"],
    ["a".repeat(97), "1 to 96"],
    ["foo--bar", "'--' or '..'"],
    ["foo..bar", "'--' or '..'"],
    ["foo.git", "'.git'"],
  ])("refuses %j", (id, fault) => {
    expect(findRepositoryIdFault(id)).toContain(fault);
  });
});
