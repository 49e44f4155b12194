/** A file: its bytes, and where the Hub keeps them. Git, unless said otherwise. */
export type FakeFile =
  | string
  | Uint8Array
  | { readonly bytes: string | Uint8Array; readonly lfs?: boolean; readonly xet?: boolean };

/** The files of one revision by path. */
export type FakeFiles = Readonly<Record<string, FakeFile>>;

/** A model's repository. */
export interface FakeRepository {
  /** The files of the branch `main`. */
  readonly files: FakeFiles;
  /** The files of other branches, tags and references (`v1`, `refs/pr/1`). */
  readonly revisions?: Readonly<Record<string, FakeFiles>>;
  /** Entries that its listings have besides, as no tool of the Hub would make them. */
  readonly strayEntries?: readonly unknown[];
  /** Everything about it is hidden from all but the holder of this token. */
  readonly privateToken?: string;
  /** Its files are kept from all but the holder of this token, who accepted the licence. */
  readonly gatedToken?: string;
}

/** Somebody who has a token that can write. */
export interface FakeAccount {
  /** The user's name, under which repositories without an owner are made. */
  readonly name: string;
  /** Organizations under which the user may make and change repositories, too. */
  readonly organizations?: readonly string[];
  /** The token reads everything that the user may, and writes nothing. */
  readonly readOnly?: boolean;
}

/** What a fake Hub has and how it behaves. */
export interface FakeHubOptions {
  /** Repositories by id (`owner/name`). */
  readonly repositories: Readonly<Record<string, FakeRepository>>;
  /** More tokens that are valid, though they open nothing. All others are refused. */
  readonly tokens?: readonly string[];
  /** Accounts by token. Nobody else can upload. */
  readonly accounts?: Readonly<Record<string, FakeAccount>>;
  /** Large files that are longer than this are uploaded in parts of this length. Never in parts by default. */
  readonly partBytes?: number;
  /** How many files a page of a listing has. 1000 by default. */
  readonly pageSize?: number;
  /** Ids that were renamed, to their new ids; requests for them are redirected. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Serves small files through a redirect on the same host, as the Hub does. `false` by default. */
  readonly redirectSmallFiles?: boolean;
  /** A path before everything else, as a mirror may have (`/hub`). Empty by default. */
  readonly basePath?: string;
  /** The port of the first host. 0, which means any free one, by default. */
  readonly port?: number;
}
