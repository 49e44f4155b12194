/** What tells one kind of block from another. */
export interface BlockType {
  /**
   * How the block is made. `plain`: residual blocks over the image. `skip`: with a second, smaller image beside it, as
   * in NCSN++. `k`: norms that the timestep scales and shifts, as in k-diffusion.
   */
  readonly family: "plain" | "skip" | "k";
  readonly hasAttention: boolean;
  /** How the image is halved or doubled. `configured`: as `downsample_type` or `upsample_type` says. */
  readonly sampler: "conv" | "resnet" | "configured" | "fir" | "k";
}

const plain: BlockType = { family: "plain", hasAttention: false, sampler: "conv" };
const resnet: BlockType = { family: "plain", hasAttention: false, sampler: "resnet" };
const attention: BlockType = { family: "plain", hasAttention: true, sampler: "configured" };
const skip: BlockType = { family: "skip", hasAttention: false, sampler: "fir" };
const attentionSkip: BlockType = { family: "skip", hasAttention: true, sampler: "fir" };
const k: BlockType = { family: "k", hasAttention: false, sampler: "k" };

/** The kinds of blocks on the way down, by diffusers' names (`get_down_block` in `unets/unet_2d_blocks.py`). */
export const downBlockTypes: Readonly<Record<string, BlockType>> = {
  DownBlock2D: plain,
  ResnetDownsampleBlock2D: resnet,
  AttnDownBlock2D: attention,
  SkipDownBlock2D: skip,
  AttnSkipDownBlock2D: attentionSkip,
  KDownBlock2D: k,
};

/** The kinds of blocks on the way up, by diffusers' names (`get_up_block` in `unets/unet_2d_blocks.py`). */
export const upBlockTypes: Readonly<Record<string, BlockType>> = {
  UpBlock2D: plain,
  ResnetUpsampleBlock2D: resnet,
  AttnUpBlock2D: attention,
  SkipUpBlock2D: skip,
  AttnSkipUpBlock2D: attentionSkip,
  KUpBlock2D: k,
};

/** Old configs write this before the name of a block; diffusers takes it off. */
const formerPrefix = "UNetRes";

/** The kind that a config names; `undefined` for one that is not built here. */
export function findBlockType(
  types: Readonly<Record<string, BlockType>>,
  name: string,
): BlockType | undefined {
  const current = name.startsWith(formerPrefix) ? name.slice(formerPrefix.length) : name;
  return Object.hasOwn(types, current) ? types[current] : undefined;
}
