/**
 * The files of CLIP's tokenizer (ViT-L/14, 49,408 tokens), by their names. The vocabulary follows from the merges: a token for each
 * byte, one for each byte at the end of a word, one for each merge, and the start and the end of a text.
 */
export async function clipFiles(
  settings: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, Blob>> {
  const merges = await readText(new URL("./clip-merges.txt", import.meta.url));
  const pairs = merges
    .split("\n")
    .slice(1)
    .filter((line) => line !== "");
  const tokens = [
    ...byteCharacters(),
    ...byteCharacters().map((character) => `${character}</w>`),
    ...pairs.map((pair) => pair.replace(" ", "")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  const vocabulary = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return new Map([
    ["vocab.json", new Blob([JSON.stringify(vocabulary)])],
    ["merges.txt", new Blob([merges])],
    ["tokenizer_config.json", new Blob([JSON.stringify(settings)])],
  ]);
}

/** The characters that stand for bytes: those that can be seen for themselves, others from code point 256 on. */
function byteCharacters(): string[] {
  const seen = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const hidden = bytes.filter((byte) => !seen(byte));
  return [
    ...bytes.filter(seen).map((byte) => String.fromCharCode(byte)),
    ...hidden.map((_, index) => String.fromCharCode(256 + index)),
  ];
}

async function readText(url: URL): Promise<string> {
  if (url.protocol !== "file:") return (await fetch(url)).text();
  const { readFile } = await import("node:fs/promises");
  return readFile(url, "utf8");
}
