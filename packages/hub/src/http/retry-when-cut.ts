import { isCut } from "./connection-failure.ts";

const tries = 3;

/**
 * Asks a server, and asks again, at once, where it cut the connection. For questions that are otherwise asked once:
 * a server may close a connection that is kept for the next request in the very moment in which that is sent, which
 * says nothing about the server.
 *
 * @throws What the last try throws.
 */
export async function retryWhenCut<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (failures === tries || !isCut(error)) throw error;
    }
  }
}
