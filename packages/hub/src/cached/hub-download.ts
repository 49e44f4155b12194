import type { ListedFile } from "../hub-api/listed-file.ts";
import type { FileQuestion, NoFile } from "../hub-api/request-file.ts";
import type { Incoming } from "./receive-file.ts";

/** A content of the Hub that is to be fetched: what it is, and the way to its bytes. */
export interface HubDownload {
  /** Its SHA-256 or git object. */
  readonly objectId: string;
  /** Its length in bytes, where the Hub tells. */
  readonly size: number | undefined;
  /**
   * Makes sure that the Hub gives the file to this caller, where no request of the caller's own has said so.
   *
   * @throws What the Hub answers to a caller who may not read the file.
   */
  confirm(): Promise<void>;
  /** Its bytes from the start, where they are on their way already; once. */
  takeFirst(): Incoming | undefined;
  /** Asks for the bytes from a place on. @throws IntegrityError where the Hub has another content now. */
  request(offset: number): Promise<Incoming>;
  /** Drops what is on its way. Never fails. */
  discard(): Promise<void>;
}

/** Asks what the listing of the commit says of a file. */
export type AskListing = () => Promise<ListedFile | undefined>;

/**
 * Finds out what a file is and how to fetch it, or that there is none.
 *
 * @param listed - What the listing says of it, where there is one.
 * @param askListing - Asks what the listing says of it; `undefined` where there is none to be had.
 */
export type StartHubDownload = (
  question: FileQuestion,
  listed: ListedFile | undefined,
  signal: AbortSignal,
  askListing: AskListing,
) => Promise<HubDownload | NoFile>;
