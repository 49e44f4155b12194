/** One entry of a zip file to be made. What is not given is what an honest zip file has there. */
export interface ZipPart {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  /** Extra data of the entry in the directory. */
  readonly extra?: Uint8Array;
  /** Numbers that the directory has in place of the true ones. */
  readonly listed?: {
    readonly checksum?: number;
    readonly size?: number;
    readonly compressedSize?: number;
    readonly headerOffset?: number;
    readonly disk?: number;
    readonly nameLength?: number;
    readonly extraLength?: number;
  };
  /** What the local header has in place of the true. */
  readonly local?: {
    readonly signature?: number;
    readonly name?: string;
    readonly flags?: number;
    readonly method?: number;
    readonly checksum?: number;
    readonly size?: number;
    readonly compressedSize?: number;
    readonly extra?: Uint8Array;
    readonly nameLength?: number;
    readonly extraLength?: number;
  };
}

/** What the end records have in place of the true. */
export interface ZipEndPart {
  readonly disk?: number;
  readonly entriesOnDisk?: number;
  readonly entries?: number;
  readonly size?: number;
  readonly offset?: number;
  readonly comment?: Uint8Array;
  readonly commentLength?: number;
  /** Adds the records of zip64, with these numbers. The others stand in the classic record all the same. */
  readonly zip64?: {
    readonly entries?: bigint;
    readonly size?: bigint;
    readonly offset?: bigint;
    readonly position?: bigint;
    readonly length?: bigint;
    readonly disks?: number;
  };
}

/** The bytes of a zip file. Checksums are 0 unless given. */
export function zipBytes(parts: readonly ZipPart[], end: ZipEndPart = {}): Uint8Array {
  const pieces: Uint8Array[] = [];
  const offsets: number[] = [];
  let position = 0;
  const add = (...added: readonly Uint8Array[]): void => {
    for (const piece of added) {
      pieces.push(piece);
      position += piece.length;
    }
  };
  for (const part of parts) {
    offsets.push(position);
    add(...localHeader(part), part.content ?? new Uint8Array(0));
  }
  const directory = position;
  parts.forEach((part, index) => {
    add(...directoryEntry(part, offsets[index] as number));
  });
  add(...endRecords(parts.length, directory, position, end));
  return joinBytes(pieces);
}

/** Bytes behind each other. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let position = 0;
  for (const piece of pieces) {
    joined.set(piece, position);
    position += piece.length;
  }
  return joined;
}

/** Numbers as little-endian bytes: `[number or bigint, how many bytes]`. */
export function littleEndian(...fields: readonly (readonly [number | bigint, number])[]): Uint8Array {
  return joinBytes(
    fields.map(([value, length]) => {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
      return bytes.slice(0, length);
    }),
  );
}

const empty = new Uint8Array(0);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What stands before the content of an entry. */
export function localHeader({
  name,
  content = empty,
  flags = 0,
  method = 0,
  local = {},
}: ZipPart): Uint8Array[] {
  const nameBytes = encode(local.name ?? name);
  const extra = local.extra ?? empty;
  return [
    littleEndian(
      [local.signature ?? 0x04034b50, 4],
      [20, 2],
      [local.flags ?? flags, 2],
      [local.method ?? method, 2],
      [0, 4],
      [local.checksum ?? 0, 4],
      [local.compressedSize ?? content.length, 4],
      [local.size ?? content.length, 4],
      [local.nameLength ?? nameBytes.length, 2],
      [local.extraLength ?? extra.length, 2],
    ),
    nameBytes,
    extra,
  ];
}

/** What the directory says of an entry whose header is at an offset. */
export function directoryEntry(part: ZipPart, headerOffset: number): Uint8Array[] {
  const { name, content = empty, flags = 0, method = 0, extra = empty, listed = {} } = part;
  const nameBytes = encode(name);
  return [
    littleEndian(
      [0x02014b50, 4],
      [20, 2],
      [20, 2],
      [flags, 2],
      [method, 2],
      [0, 4],
      [listed.checksum ?? 0, 4],
      [listed.compressedSize ?? content.length, 4],
      [listed.size ?? content.length, 4],
      [listed.nameLength ?? nameBytes.length, 2],
      [listed.extraLength ?? extra.length, 2],
      [0, 2],
      [listed.disk ?? 0, 2],
      [0, 2],
      [0, 4],
      [listed.headerOffset ?? headerOffset, 4],
    ),
    nameBytes,
    extra,
  ];
}

/** What stands behind a directory of so many entries, which begins and ends at these offsets. */
export function endRecords(
  count: number,
  directory: number,
  end: number,
  changes: ZipEndPart = {},
): Uint8Array[] {
  const { zip64, comment = empty } = changes;
  const size = end - directory;
  const records64 =
    zip64 === undefined
      ? []
      : [
          littleEndian(
            [0x06064b50, 4],
            [zip64.length ?? 44n, 8],
            [45, 2],
            [45, 2],
            [0, 4],
            [0, 4],
            [zip64.entries ?? count, 8],
            [zip64.entries ?? count, 8],
            [zip64.size ?? size, 8],
            [zip64.offset ?? directory, 8],
          ),
          littleEndian([0x07064b50, 4], [0, 4], [zip64.position ?? end, 8], [zip64.disks ?? 1, 4]),
        ];
  return [
    ...records64,
    littleEndian(
      [0x06054b50, 4],
      [changes.disk ?? 0, 2],
      [changes.disk ?? 0, 2],
      [changes.entriesOnDisk ?? changes.entries ?? count, 2],
      [changes.entries ?? count, 2],
      [changes.size ?? size, 4],
      [changes.offset ?? directory, 4],
      [changes.commentLength ?? comment.length, 2],
    ),
    comment,
  ];
}
