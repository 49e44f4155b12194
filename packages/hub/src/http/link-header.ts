/** The target of a `Link` header's entry with the given relation, as written there; `undefined` where there is none. */
export function readLink(header: string | null, relation: string): string | undefined {
  for (const [, target, parameters] of (header ?? "").matchAll(/<([^>]*)>([^<]*)/g)) {
    const relations = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? "");
    const names = (relations?.[1] ?? relations?.[2] ?? "").split(/\s+/);
    if (names.includes(relation)) return target;
  }
  return undefined;
}
