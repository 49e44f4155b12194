import { type Generator, randnTensor, TorchGenerator } from "@onestep/core";
import { describe, expect, it } from "vitest";
import { prepareNoise, preparingNoise, withNoiseAhead } from "./noise-ahead.ts";

// More than is drawn at once, and a length that 16 does not divide.
const shape = [2, 3, 131, 401];
const plain = (seed: number): TorchGenerator => new TorchGenerator(seed);

function expectSame(one: Generator | readonly Generator[], other: Generator | readonly Generator[]): void {
  expect(randnTensor(shape, one).data).toEqual(randnTensor(shape, other).data);
}

describe("withNoiseAhead", () => {
  it("gives the numbers of torch, prepared or not, and leaves the generator where it would be", async () => {
    const [own, reference] = [plain(7), plain(7)];
    const ahead = withNoiseAhead(own, shape);
    await prepareNoise(ahead, shape);
    expect(own.getState()).toEqual(reference.getState());
    expectSame(ahead, reference);
    expectSame(ahead, reference);
    expect(own.getState()).toEqual(reference.getState());
    await prepareNoise(ahead, shape);
    await prepareNoise(ahead, shape);
    expectSame(ahead, reference);
    expect(own.getState()).toEqual(reference.getState());
  });

  it("draws anew where something else was drawn in between", async () => {
    const [own, reference] = [plain(7), plain(7)];
    const ahead = withNoiseAhead(own, shape);
    const preparing = prepareNoise(ahead, shape);
    expect(own.randint(0, 1000, [1]).data).toEqual(reference.randint(0, 1000, [1]).data);
    await preparing;
    expectSame(ahead, reference);
  });

  it("keeps what is prepared for the shape that it is for", async () => {
    const [own, reference] = [plain(7), plain(7)];
    const ahead = withNoiseAhead(own, shape) as Generator;
    await prepareNoise(ahead, shape);
    expect(ahead.randn([3]).data).toEqual(reference.randn([3]).data);
    expect(ahead.randn([2], { dtype: "float64" }).data).toEqual(
      reference.randn([2], { dtype: "float64" }).data,
    );
    expect(ahead.rand([2]).data).toEqual(reference.rand([2]).data);
    expect(ahead.randint(0, 9, [2]).data).toEqual(reference.randint(0, 9, [2]).data);
    expectSame(ahead, reference);
  });

  it("takes a generator for each image, and one that is there twice", async () => {
    const own = plain(1);
    const ahead = withNoiseAhead([own, own], shape);
    await prepareNoise(ahead, shape);
    const reference = plain(1);
    expectSame(ahead, [reference, reference]);
    const lists = [withNoiseAhead([plain(1), plain(2)], shape), withNoiseAhead([plain(3)], shape)] as const;
    for (const list of lists) await prepareNoise(list, shape);
    expectSame(lists[0], [plain(1), plain(2)]);
    expectSame(lists[1], plain(3));
  });

  it("leaves small batches and other generators as they are", () => {
    const own = plain(1);
    expect(withNoiseAhead(own, [1, 3, 64, 64])).toBe(own);
    const other: Generator = {
      randn: own.randn.bind(own),
      rand: own.rand.bind(own),
      randint: own.randint.bind(own),
    };
    expect(withNoiseAhead(other, shape)).toBe(other);
    class Halved extends TorchGenerator {}
    const halved = new Halved(1);
    expect(withNoiseAhead(halved, shape)).toBe(halved);
  });
});

describe("preparingNoise", () => {
  it("passes on what the work gives or throws", async () => {
    const ahead = withNoiseAhead(plain(1), shape);
    expect(await preparingNoise(Promise.resolve(5), ahead, shape)).toBe(5);
    await expect(preparingNoise(Promise.reject(new Error("lost")), ahead, shape)).rejects.toThrow("lost");
  });
});
