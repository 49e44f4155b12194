import { GraphError } from "./errors.ts";

/**
 * A length: a number, or an expression in symbols with values set later (`"batch"`, `"height*width/64"`). Expressions are
 * products and quotients in canonical form, so that equal lengths are equal strings; create them with {@link product} and
 * {@link quotient}.
 */
export type Dimension = number | string;

/** A numeric factor and symbols with their powers. */
interface Monomial {
  readonly numerator: number;
  readonly denominator: number;
  readonly powers: ReadonlyMap<string, number>;
}

/** The product of dimensions: the number of elements of a shape. 1 for none. */
export function product(dimensions: readonly Dimension[]): Dimension {
  const symbolic = dimensions.some((dimension) => typeof dimension === "string");
  if (!symbolic) return dimensions.reduce<number>((total, dimension) => total * Number(dimension), 1);
  return write(dimensions.map(parse).reduce(multiply));
}

/**
 * One dimension divided by another.
 *
 * @throws GraphError if both are numbers and the division leaves a remainder.
 */
export function quotient(dimension: Dimension, divisor: Dimension): Dimension {
  const { numerator, denominator, powers } = parse(divisor);
  const inverse = {
    numerator: denominator,
    denominator: numerator,
    powers: new Map([...powers].map(([symbol, power]) => [symbol, -power])),
  };
  return write(multiply(parse(dimension), inverse));
}

/**
 * Replaces the symbols of a dimension by numbers. Symbols not in `values` are kept.
 *
 * @throws GraphError if a quotient leaves a remainder: an odd height that a model halves, say.
 */
export function substitute(dimension: Dimension, values: Readonly<Record<string, number>>): Dimension {
  if (typeof dimension === "number") return dimension;
  let result: Monomial = { ...parse(dimension), powers: new Map() };
  for (const [symbol, power] of parse(dimension).powers) {
    const value = Object.hasOwn(values, symbol) ? values[symbol] : undefined;
    result = multiply(
      result,
      value === undefined
        ? { numerator: 1, denominator: 1, powers: new Map([[symbol, power]]) }
        : {
            numerator: value ** Math.max(power, 0),
            denominator: value ** Math.max(-power, 0),
            powers: new Map(),
          },
    );
  }
  return write(result);
}

/** The numeric factor of a dimension and the powers of its symbols: 1/64, height¹, width¹ for `"height*width/64"`. */
export function factorsOf(dimension: Dimension): Monomial {
  return parse(dimension);
}

/** The shape in words, for messages: `[batch, 3, 64, 64]`. */
export function describeShape(shape: readonly Dimension[]): string {
  return `[${shape.join(", ")}]`;
}

function parse(dimension: Dimension): Monomial {
  if (typeof dimension === "number") return { numerator: dimension, denominator: 1, powers: new Map() };
  let numerator = 1;
  let denominator = 1;
  const powers = new Map<string, number>();
  for (const [, operator = "*", factor = ""] of dimension.matchAll(/([*/]?)([^*/]+)/g)) {
    const isDivided = operator === "/";
    const number = Number(factor);
    if (Number.isNaN(number)) powers.set(factor, (powers.get(factor) ?? 0) + (isDivided ? -1 : 1));
    else if (isDivided) denominator *= number;
    else numerator *= number;
  }
  return { numerator, denominator, powers };
}

function multiply(left: Monomial, right: Monomial): Monomial {
  const powers = new Map(left.powers);
  for (const [symbol, power] of right.powers) {
    const sum = (powers.get(symbol) ?? 0) + power;
    if (sum === 0) powers.delete(symbol);
    else powers.set(symbol, sum);
  }
  return {
    numerator: left.numerator * right.numerator,
    denominator: left.denominator * right.denominator,
    powers,
  };
}

function write({ numerator, denominator, powers }: Monomial): Dimension {
  const divisor = greatestCommonDivisor(numerator, denominator);
  const [above, below] = [numerator / divisor, denominator / divisor];
  if (powers.size === 0) {
    if (below === 1) return above;
    throw new GraphError({
      subject: "a dimension",
      found: `${above}/${below}`,
      expected: "a whole number",
      remedy: "Use a size that the model can halve as often as it does.",
    });
  }
  const symbols = [...powers].sort(([left], [right]) => (left < right ? -1 : 1));
  const repeat = ([symbol, power]: readonly [string, number], sign: number): readonly string[] =>
    new Array<string>(Math.max(sign * power, 0)).fill(symbol);
  const factors = symbols.flatMap((entry) => repeat(entry, 1));
  const divisors = symbols.flatMap((entry) => repeat(entry, -1));
  if (above !== 1 || factors.length === 0) factors.unshift(String(above));
  if (below !== 1) divisors.push(String(below));
  return [factors.join("*"), ...divisors].join("/");
}

function greatestCommonDivisor(left: number, right: number): number {
  let [larger, smaller] = [Math.abs(left), Math.abs(right)];
  if (!Number.isSafeInteger(larger) || !Number.isSafeInteger(smaller)) return 1;
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger || 1;
}
