import * as float32 from "./float32.ts";

/**
 * The solution of a small system of linear equations, rounded as `torch.linalg.solve` does it on a CPU: elimination with
 * row exchange, every operation rounded to float32. For up to four equations it was compared with torch bit for bit.
 *
 * @param rows - The matrix, square and not singular; float32 numbers.
 * @param right - What each row is to come to; float32 numbers.
 */
export function solveLinearFloat32(rows: readonly (readonly number[])[], right: readonly number[]): number[] {
  const count = rows.length;
  const system = rows.map((row, index) => ({ row: [...row], right: right[index] ?? Number.NaN }));
  for (let column = 0; column < count; column += 1) eliminate(system, column);
  const solution: number[] = [];
  for (const equation of system) {
    solution.push(float32.sub(equation.right, dot(equation.row, solution)));
  }
  for (let index = count - 1; index >= 0; index -= 1) {
    const { row = [] } = system[index] ?? {};
    const known = dot(row.slice(index + 1).reverse(), solution.slice(index + 1).reverse());
    const rest = float32.sub(solution[index] ?? Number.NaN, known);
    solution[index] = float32.mul(rest, float32.div(1, row[index] ?? Number.NaN));
  }
  return solution;
}

/** A row of the matrix, and what it is to come to. */
interface Equation {
  readonly row: number[];
  readonly right: number;
}

/**
 * Brings the row with the largest number of a column to the diagonal and takes it off those below. In their column
 * stands how often it was taken.
 */
function eliminate(system: Equation[], column: number): void {
  const sizes = system.slice(column).map(({ row }) => Math.abs(row[column] ?? 0));
  const [pivot] = system.splice(
    column + sizes.indexOf(Math.max(...sizes)),
    1,
    ...system.slice(column, column + 1),
  );
  if (pivot === undefined) return;
  system[column] = pivot;
  const divisor = pivot.row[column] ?? Number.NaN;
  const isAmongLastTwo = column >= system.length - 2;
  for (const { row } of system.slice(column + 1)) {
    const value = row[column] ?? 0;
    // As LAPACK does it: multiplied with the reciprocal, but for the last two rows.
    const factor = isAmongLastTwo ? float32.div(value, divisor) : float32.mul(value, float32.div(1, divisor));
    row[column] = factor;
    for (let index = column + 1; index < row.length; index += 1) {
      row[index] = float32.sub(row[index] ?? 0, float32.mul(factor, pivot.row[index] ?? 0));
    }
  }
}

/** `Σ leftᵢ · rightᵢ` over the elements of the second list. */
function dot(left: readonly number[], right: readonly number[]): number {
  return right.reduce((sum, value, index) => float32.add(sum, float32.mul(value, left[index] ?? 0)), 0);
}
