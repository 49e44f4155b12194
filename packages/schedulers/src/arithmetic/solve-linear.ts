/**
 * The solution of a small system of linear equations, in float64, by elimination with row exchange.
 *
 * @param rows - The matrix, square and not singular.
 * @param right - What each row is to come to.
 */
export function solveLinear(rows: readonly (readonly number[])[], right: readonly number[]): number[] {
  const system = rows.map((row, index) => [...row, right[index] ?? Number.NaN]);
  const count = system.length;
  for (let column = 0; column < count; column += 1) {
    const below = system.slice(column).map((row) => Math.abs(row[column] ?? 0));
    const pivotIndex = column + below.indexOf(Math.max(...below));
    const [pivot = [], replaced = []] = [system[pivotIndex], system[column]];
    system[pivotIndex] = replaced;
    system[column] = pivot;
    for (const row of system.slice(column + 1)) {
      const factor = (row[column] ?? 0) / (pivot[column] ?? Number.NaN);
      for (let index = column; index <= count; index += 1) {
        row[index] = (row[index] ?? 0) - factor * (pivot[index] ?? 0);
      }
    }
  }
  const solution = new Array<number>(count).fill(0);
  for (let index = count - 1; index >= 0; index -= 1) {
    const row = system[index] ?? [];
    const known = solution.reduce((sum, value, place) => sum + value * (row[place] ?? 0), 0);
    solution[index] = ((row[count] ?? Number.NaN) - known) / (row[index] ?? Number.NaN);
  }
  return solution;
}
