import { expect, it } from "vitest";
import { formatTable } from "./format-table.ts";

it("lines columns up, numbers to the right, without blanks at the end", () => {
  const rows = [
    ["MODEL", "SIZE", "USED"],
    ["a/b", "1 B", ""],
    ["long/name", "12.7 MB", "now"],
  ];
  expect(formatTable(rows, { right: [1], indent: " " })).toEqual([
    " MODEL         SIZE  USED",
    " a/b            1 B",
    " long/name  12.7 MB  now",
  ]);
});
