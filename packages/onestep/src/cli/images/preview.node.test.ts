import { RasterImage } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { encodePreview, findImageProtocol } from "./preview.ts";

describe("findImageProtocol", () => {
  it.each([
    [{ TERM: "xterm-kitty" }, "kitty"],
    [{ TERM: "xterm-ghostty" }, "kitty"],
    [{ TERM: "xterm-256color", TERM_PROGRAM: "WezTerm" }, "iterm"],
    [{ LC_TERMINAL: "iTerm2" }, "iterm"],
    [{ TERM: "mlterm" }, "sixel"],
    [{ TERM: "xterm-256color" }, undefined],
    [{}, undefined],
    [{ TERM: "screen-256color", KITTY_WINDOW_ID: "1" }, undefined],
    [{ TERM: "xterm-kitty", TMUX: "/tmp/tmux" }, undefined],
  ])("of %j is %s", (environment, protocol) => {
    expect(findImageProtocol(environment)).toBe(protocol);
  });
});

const red = [255, 0, 0];
const blue = [0, 0, 255];

function picture(width: number, height: number, pixels: readonly (readonly number[])[]): RasterImage {
  return new RasterImage({ width, height, channels: 3, data: Uint8Array.from(pixels.flat()) });
}

describe("encodePreview", () => {
  it("sends a PNG to kitty in pieces of at most 4096 characters, the last of which ends it", async () => {
    const noise = Array.from({ length: 100 * 100 }, (_, index) => [
      index % 251,
      (index * 7) % 241,
      (index * 13) % 239,
    ]);
    const image = picture(100, 100, noise);
    const pieces = (await encodePreview(image, "kitty", 80))
      .split("\u001B\\")
      .filter((piece) => piece !== "");
    expect(pieces.length).toBeGreaterThan(1);
    const contents = pieces.map((piece) =>
      /^_G(?:[\w=,]*,)?m=([01]);([\w+/=]{1,4096})$/.exec(piece.replace("\u001B", "")),
    );
    expect(contents.map((match) => match?.[1])).toEqual([...pieces.slice(1).map(() => "1"), "0"]);
    const png = Buffer.from(contents.map((match) => match?.[2]).join(""), "base64");
    expect((await RasterImage.fromPng(png)).data).toEqual(image.data);
  });

  it("lets a wide picture be shown smaller", async () => {
    const wide = picture(
      1000,
      1,
      Array.from({ length: 1000 }, () => red),
    );
    expect(await encodePreview(wide, "kitty", 40)).toContain(",c=40,");
    expect(await encodePreview(wide, "iterm", 200)).toContain(";width=60:");
  });

  it("writes sixels: bands of six rows, one colour after the other", async () => {
    const rows = [red, red, red, red, red, blue, blue].flatMap((color) => [
      color,
      color,
      color,
      color,
      color,
    ]);
    expect(await encodePreview(picture(5, 7, rows), "sixel", 80)).toBe(
      '\u001BPq"1;1;5;7#5;2;0;0;100#180;2;100;0;0#180!5^$#5!5_-#5!5@\u001B\\',
    );
  });
});
