/** What a file turned out to be instead of the expected content, and how to fix it. */
export interface ForeignContent {
  readonly found: string;
  readonly remedy: string;
}

const pointers: readonly (readonly [pattern: RegExp, content: ForeignContent])[] = [
  [
    /^version https?:\/\/[\w.-]+\/spec\/v\d/,
    {
      found: "a Git LFS pointer, which stands for the file in a clone without Git LFS",
      remedy: "Run `git lfs pull` in the clone, or fetch the file from where it is published.",
    },
  ],
  [
    /^# xet version/,
    {
      found: "a Xet pointer, which stands for the file in a clone",
      remedy: "Fetch the file from where it is published.",
    },
  ],
  [
    /^<(!doctype html|html|head|body|script|!--)/i,
    {
      found: "a web page (HTML), such as a server or a proxy sends in place of a file",
      remedy: "Open the address in a browser to see what it says, then fetch the file again.",
    },
  ],
  [
    /^<(\?xml|Error|\w+[\s>/])/,
    {
      found: "an XML document, such as a storage service sends as an error",
      remedy: "Open the address in a browser to see what it says, then fetch the file again.",
    },
  ],
];

/**
 * Recognises common stand-ins for the expected file: a Git LFS or Xet pointer, a web page, an XML error.
 *
 * @param text - The beginning of the file.
 */
export function identifyText(text: string): ForeignContent | undefined {
  const start = text.slice(0, 1000).trimStart();
  return pointers.find(([pattern]) => pattern.test(start))?.[1];
}
