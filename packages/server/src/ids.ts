/** A random id: the prefix and 24 letters and digits. */
export function randomId(prefix: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return `${prefix}_${[...bytes].map((byte) => alphabet[byte % 32]).join("")}`;
}

const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/** The SHA-256 of a text or bytes, in hexadecimal digits. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A random id whose order is that of time, to the millisecond. */
export function orderedId(prefix: string): string {
  const time = Date.now().toString(36).padStart(9, "0");
  return `${prefix}_${time}${randomId("").slice(1, 17)}`;
}

/** What stands for an owner in the keys of the storage; a name of a key can have any letters. */
export async function ownerFolder(owner: string): Promise<string> {
  return (await sha256(owner)).slice(0, 32);
}
