import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { randnTensor, unseededRandn } from "./generator.ts";
import { TorchGenerator } from "./torch-generator.ts";

describe("randnTensor", () => {
  const shape = [2, 3];

  // diffusers' randn_tensor((2, 3), generator=[…]) with the seeds 0 and 1, and with seed 0 alone in a list.
  it("draws one item from each generator of a list", () => {
    const tensor = randnTensor(shape, [new TorchGenerator(0), new TorchGenerator(1)]);
    expect([...tensor.data]).toEqual([
      1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.6613521575927734, 0.266924113035202,
      0.06167725846171379,
    ]);
    expect(tensor.shape).toEqual(shape);
  });

  it("takes a list of one as that generator", () => {
    const expected = [
      1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991, -1.0845223665237427,
      -1.3985954523086548,
    ];
    expect([...randnTensor(shape, [new TorchGenerator(0)]).data]).toEqual(expected);
    expect([...randnTensor(shape, new TorchGenerator(0)).data]).toEqual(expected);
  });

  it.each([
    [0, 2],
    [2, 3],
    [3, 2],
  ])("refuses %d generators for a batch of %d", (count, batchSize) => {
    const draw = () =>
      randnTensor(
        [batchSize, 4],
        Array.from({ length: count }, (_, seed) => new TorchGenerator(seed)),
      );
    expect(draw).toThrow(InvalidArgumentError);
    expect(draw).toThrow(
      `generator: found a list of ${count} generators for a batch of ${batchSize}, expected as many`,
    );
  });

  it.each([
    [7, "generator: found 7, expected a generator, or a list of them. Pass `new TorchGenerator(seed)`."],
    [[new TorchGenerator(0), 7], "generator: found 7"],
    [[null, new TorchGenerator(0)], "generator: found null"],
    [{ randn: 1 }, 'generator: found {"randn":1}'],
  ])("refuses %o as a generator", (generator, message) => {
    expect(() => randnTensor(shape, generator as unknown as TorchGenerator)).toThrow(InvalidArgumentError);
    expect(() => randnTensor(shape, generator as unknown as TorchGenerator)).toThrow(message);
  });

  it("refuses an invalid shape, whatever the generator", () => {
    const list = [new TorchGenerator(0), new TorchGenerator(1)];
    expect(() => randnTensor(4 as unknown as number[], list)).toThrow("shape: found the number 4");
  });

  it("draws other numbers each time where no generator is given", () => {
    expect(randnTensor([16])).not.toEqual(randnTensor([16]));
  });

  it("an item of a batch is the same whoever its neighbours are", () => {
    const seeds = fc.array(fc.nat(2 ** 31), { minLength: 2, maxLength: 5 });
    const itemShape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 });
    fc.assert(
      fc.property(seeds, itemShape, (seedList, item) => {
        const batch = randnTensor(
          [seedList.length, ...item],
          seedList.map((seed) => new TorchGenerator(seed)),
        );
        seedList.forEach((seed, index) => {
          expect(batch.slice(index, index + 1)).toEqual(new TorchGenerator(seed).randn([1, ...item]));
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe("unseededRandn", () => {
  it("draws normal numbers", () => {
    const count = 100_000;
    const { data, shape } = unseededRandn([count / 100, 100]);
    expect(shape).toEqual([count / 100, 100]);
    const moment = (power: number) => data.reduce((sum, value) => sum + value ** power, 0) / count;
    // Each bound is ten deviations of what it bounds: √(1, 2, 15, 96) / √count.
    const [first, second, third, fourth] = [1, 2, 3, 4].map(moment);
    expect(Math.abs(Number(first))).toBeLessThan(0.032);
    expect(Math.abs(Number(second) - 1)).toBeLessThan(0.045);
    expect(Math.abs(Number(third))).toBeLessThan(0.123);
    expect(Math.abs(Number(fourth) - 3)).toBeLessThan(0.31);
    const neighbours = data.reduce((sum, value, index) => sum + value * Number(data[index ^ 1]), 0) / count;
    expect(Math.abs(neighbours)).toBeLessThan(0.045);
  });

  it.each([[[0]], [[1]], [[3]], [[]], [[2, 5]]])("fills shape %j, with other numbers each time", (shape) => {
    const { data } = unseededRandn(shape);
    expect(data.length).toBe(shape.reduce((product, length) => product * length, 1));
    expect(data.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    if (data.length > 0) expect(unseededRandn(shape).data).not.toEqual(data);
  });

  it("refuses an invalid shape", () => {
    expect(() => unseededRandn([-1])).toThrow(InvalidArgumentError);
  });
});
