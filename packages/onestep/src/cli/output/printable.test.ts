import { expect, it } from "vitest";
import { printable } from "./printable.ts";

it("keeps what a person reads and drops what steers a terminal", () => {
  expect(printable("König 🙂\nnext")).toBe("König 🙂\nnext");
  expect(printable("\u001B[2Ja\rb\u0007c\u009Bd\u007F")).toBe("?[2Ja?b?c?d?");
});
