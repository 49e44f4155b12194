const here = import.meta.url;

/** Where a small checkpoint of OpenAI's code lies, on a disk or on the server of the tests. */
export const cdTinyFile: URL = new URL("./cd_tiny_l2.pt", here);
