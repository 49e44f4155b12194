import { describe, expect, it } from "vitest";
import { FileTransfers } from "./transfers.ts";

describe("FileTransfers", () => {
  it("follows one file", () => {
    const transfers = new FileTransfers(() => 0);
    expect(transfers.state).toBeUndefined();
    transfers.update({ type: "file-start", file: "a", cached: false });
    expect(transfers.state).toMatchObject({ id: 1, subject: "a", loadedBytes: 0, totalBytes: undefined });
    transfers.update({ type: "file-progress", file: "a", loadedBytes: 3, totalBytes: 10 });
    expect(transfers.state).toMatchObject({ id: 1, subject: "a", loadedBytes: 3, totalBytes: 10 });
    transfers.update({ type: "file-end", file: "a", cached: false, totalBytes: 10 });
    expect(transfers.state).toBeUndefined();
    transfers.update({ type: "file-start", file: "b", cached: false, totalBytes: 5 });
    expect(transfers.state).toMatchObject({ id: 2, subject: "b", loadedBytes: 0, totalBytes: 5 });
  });

  it("adds up several, those that have ended too", () => {
    const transfers = new FileTransfers(() => 0);
    transfers.update({ type: "file-start", file: "a", cached: false, totalBytes: 10 });
    transfers.update({ type: "file-start", file: "b", cached: false, totalBytes: 20 });
    transfers.update({ type: "file-start", file: "c", cached: false, totalBytes: 30 });
    transfers.update({ type: "file-progress", file: "b", loadedBytes: 5, totalBytes: 20 });
    expect(transfers.state).toMatchObject({ id: 1, subject: "3 files", loadedBytes: 5, totalBytes: 60 });
    transfers.update({ type: "file-end", file: "a", cached: false, totalBytes: 10 });
    transfers.update({ type: "file-end", file: "b", cached: false, totalBytes: 20 });
    expect(transfers.state).toMatchObject({ id: 1, subject: "c", loadedBytes: 30, totalBytes: 60 });
    transfers.update({ type: "file-end", file: "c", cached: false, totalBytes: 30 });
    expect(transfers.state).toBeUndefined();
  });

  it("knows no sum while the length of one is not known", () => {
    const transfers = new FileTransfers(() => 0);
    transfers.update({ type: "file-start", file: "a", cached: false, totalBytes: 10 });
    transfers.update({ type: "file-start", file: "b", cached: false });
    expect(transfers.state?.totalBytes).toBeUndefined();
    transfers.update({ type: "file-progress", file: "b", loadedBytes: 0, totalBytes: 4 });
    expect(transfers.state?.totalBytes).toBe(14);
  });

  it("leaves out what comes from the cache", () => {
    const transfers = new FileTransfers(() => 0);
    transfers.update({ type: "file-start", file: "a", cached: true, totalBytes: 10 });
    transfers.update({ type: "file-end", file: "a", cached: true, totalBytes: 10 });
    expect(transfers.state).toBeUndefined();
  });
});
