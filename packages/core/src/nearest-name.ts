/**
 * The closest name; `undefined` if none is close.
 *
 * Close means at most two edits away, or one for words of up to four letters. An edit inserts, removes or replaces a
 * letter, or swaps two neighbours. A name that starts with the word counts as one edit away.
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  const limit = word.length <= 4 ? 1 : 2;
  let nearest: string | undefined;
  let smallest = limit + 1;
  for (const name of names) {
    const distance = word.length >= 2 && name.startsWith(word) ? 1 : editDistance(word, name);
    if (distance < smallest) {
      smallest = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Edits between two words (optimal string alignment). */
function editDistance(left: string, right: string): number {
  let beforeLast: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isSwap =
        row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
