import { InvalidTokenError } from "../errors/invalid-token-error.ts";

/**
 * A token without the white space and line breaks that come with copying; `undefined` where nothing is left.
 *
 * @param subject - Where the token comes from, for the message.
 * @throws InvalidTokenError where it holds characters that no token has. The message does not repeat it.
 */
export function cleanToken(text: string, subject: string): string | undefined {
  const token = text.replace(/[\r\n]/g, "").trim();
  if (token === "") return undefined;
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new InvalidTokenError({
    subject,
    found: "characters that no token has (it is not repeated here)",
    expected: "one word of letters, digits and signs",
    remedy: "Copy the token again.",
  });
}
