/** A file: its bytes, and where the Hub stores them; git by default. */
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
  /** Extra entries in its listings, which no Hub tool would create. */
  readonly strayEntries?: readonly unknown[];
  /** Hides the repository from everyone without this token. */
  readonly privateToken?: string;
  /** Restricts its files to the holder of this token, who accepted the licence. */
  readonly gatedToken?: string;
}

/** A user with a token that can write. */
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
  /** Additional valid tokens that grant no access. All others are rejected. */
  readonly tokens?: readonly string[];
  /** Accounts by token. No one else can upload. */
  readonly accounts?: Readonly<Record<string, FakeAccount>>;
  /** Large files longer than this are uploaded in parts of this length. Never in parts by default. */
  readonly partBytes?: number;
  /** How many files a page of a listing has. 1000 by default. */
  readonly pageSize?: number;
  /** Ids that were renamed, to their new ids; requests for them are redirected. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Serves small files through a redirect on the same host, as the Hub does. `false` by default. */
  readonly redirectSmallFiles?: boolean;
  /** A path prefix, as a mirror may have (`/hub`). Empty by default. */
  readonly basePath?: string;
  /** The port of the first host. 0, which means any free one, by default. */
  readonly port?: number;
}
