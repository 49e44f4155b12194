import { RasterImage } from "@onestep/core";
import type { Invocation } from "../command.ts";
import { enlarge } from "./output-files.ts";
import { encodeSixel } from "./sixel.ts";

/** How a terminal shows images. */
export type ImageProtocol = "kitty" | "iterm" | "sixel";

/**
 * The protocol of a terminal, from its environment variables; `undefined` if none is known. `undefined` inside tmux and
 * screen, which do not pass these protocols on by default.
 */
export function findImageProtocol(
  environment: Readonly<Record<string, string | undefined>>,
): ImageProtocol | undefined {
  const { TERM = "", TERM_PROGRAM = "", LC_TERMINAL = "" } = environment;
  if (environment["TMUX"] !== undefined || /^(screen|tmux|dumb)/.test(TERM)) return undefined;
  if (environment["KITTY_WINDOW_ID"] !== undefined || /kitty|ghostty/.test(TERM)) return "kitty";
  if (TERM_PROGRAM === "ghostty") return "kitty";
  if (TERM_PROGRAM === "iTerm.app" || TERM_PROGRAM === "WezTerm" || LC_TERMINAL === "iTerm2") return "iterm";
  if (/^(foot|mlterm|yaft)|sixel/.test(TERM)) return "sixel";
  return undefined;
}

/** How many images a preview shows. */
const mostImages = 16;

/** Small images are shown larger, so that there is something to see. */
const smallestSide = 192;

/** Large images are shown smaller by the terminal, at most this many columns wide. */
const widestColumns = 60;

/**
 * Shows pictures in a terminal that can, on stderr: by default where a terminal is known to, with `--preview` wherever
 * one of the protocols may work. Pipes and files get nothing.
 */
export async function showPreview(
  pictures: readonly RasterImage[],
  { arguments: parsed, output, system }: Pick<Invocation, "arguments" | "output" | "system">,
): Promise<void> {
  const { stderr, environment } = system;
  if (parsed.has("no-preview") || stderr.isTTY !== true) return;
  const isAsked = parsed.has("preview");
  if (!isAsked && (parsed.has("quiet") || parsed.has("json"))) return;
  const protocol = findImageProtocol(environment);
  if (protocol === undefined) {
    if (isAsked) {
      output.warn(
        "--preview: this terminal is not known to show images (kitty, Ghostty, WezTerm, iTerm2, foot do).",
      );
    }
    return;
  }
  const picture = combine(pictures.slice(0, mostImages));
  output.progress.clear();
  stderr.write(`${await encodePreview(picture, protocol, stderr.columns || widestColumns)}\n`);
}

/** One picture of several, in a grid if they have one size. */
function combine(pictures: readonly RasterImage[]): RasterImage {
  const [first] = pictures as readonly [RasterImage];
  const isAlike = pictures.every(
    ({ width, height, channels }) =>
      width === first.width && height === first.height && channels === first.channels,
  );
  const columns = Math.min(pictures.length, Math.max(4, Math.ceil(Math.sqrt(pictures.length))));
  const picture = isAlike && pictures.length > 1 ? RasterImage.grid(pictures, { columns }) : first;
  const factor = Math.floor(smallestSide / Math.max(first.width, first.height));
  return factor > 1 ? enlarge(picture, factor) : picture;
}

/** The text that makes a terminal show a picture. */
export async function encodePreview(
  picture: RasterImage,
  protocol: ImageProtocol,
  terminalColumns: number,
): Promise<string> {
  if (protocol === "sixel") return encodeSixel(picture);
  const png = Buffer.from(await picture.toPng()).toString("base64");
  const columns = Math.min(widestColumns, terminalColumns);
  const isWide = picture.width > columns * 8;
  if (protocol === "iterm") {
    const width = isWide ? `;width=${columns}` : "";
    return `\u001B]1337;File=inline=1;preserveAspectRatio=1${width}:${png}\u0007`;
  }
  const size = isWide ? `,c=${columns}` : "";
  const chunks = png.match(/.{1,4096}/g) ?? [];
  return chunks
    .map((chunk, index) => {
      const control = `${index === 0 ? `a=T,f=100,q=2${size},` : ""}m=${index === chunks.length - 1 ? 0 : 1}`;
      return `\u001B_G${control};${chunk}\u001B\\`;
    })
    .join("");
}
