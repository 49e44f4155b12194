import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UnsafePathError } from "./errors.ts";
import { checkRepositoryPath } from "./validators.ts";

describe("checkRepositoryPath", () => {
  it.each([
    "config.json",
    "unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
    ".gitattributes",
    "a/..b/c",
    "..b",
    "a b/c",
    "文件/模型.bin",
    "100%2e/x",
    "console/com10.null",
    "~/$auxiliary",
    "a;b=c,d@e!f'g`h^i{j}[k]",
  ])("passes %j as it is", (path) => {
    expect(checkRepositoryPath(path)).toBe(path);
  });

  it.each([
    ["", "is empty"],
    ["/etc/passwd", "is absolute"],
    ["..", 'has the segment ".."'],
    ["../secret", 'has the segment ".."'],
    ["unet/../../secret", 'has the segment ".."'],
    ["unet/./config.json", 'has the segment "."'],
    ["unet//config.json", "has an empty segment"],
    ["unet/", "has an empty segment"],
    ["C:/windows/win.ini", "names a drive"],
    ["unet/c:secret", "names a drive"],
    ["..\\secret", "holds a backslash"],
    ["\\\\host\\share", "holds a backslash"],
    ["unet/.. /x", 'has the segment ".. "'],
    ["config.json:stream", "which Windows reserves"],
    ["unet/w.bin::$DATA", "which Windows reserves"],
    ["what?.png", "which Windows reserves"],
    ["CON", "a device on Windows"],
    ["unet/NUL.txt", "a device on Windows"],
    ["nul .tar.gz", "a device on Windows"],
    ["com1/x", "a device on Windows"],
    ["LPT²", "a device on Windows"],
    ["CONIN$", "a device on Windows"],
    ["config.json.", "ends with a dot or a space"],
    ["unet /config.json", "ends with a dot or a space"],
    ["a\0b", "holds a control character"],
    ["a\nb", "holds a control character"],
  ])("refuses %j", (path, fault) => {
    let thrown: unknown;
    try {
      checkRepositoryPath(path);
    } catch (error) {
      thrown = error;
    }
    expect(UnsafePathError.isInstance(thrown)).toBe(true);
    expect((thrown as Error).message).toContain(fault);
    expect((thrown as Error).message).toContain("expected a relative path with forward slashes");
  });

  it("refuses what is not a string", () => {
    expect(() => checkRepositoryPath(7 as unknown as string)).toThrow("is not a string");
  });

  it("lets nothing through that leaves the folder, on POSIX or Windows", () => {
    const segment = fc.oneof(
      fc.constantFrom("..", ".", "", "C:", "~", "...", ".. ", "a", "\\", "\0", "..\\.."),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const path = segments.join("/");
        try {
          checkRepositoryPath(path);
        } catch (error) {
          expect(UnsafePathError.isInstance(error)).toBe(true);
          return;
        }
        expect(posix.resolve("/base", path).startsWith("/base/")).toBe(true);
        expect(win32.resolve("C:\\base", path).startsWith("C:\\base\\")).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
