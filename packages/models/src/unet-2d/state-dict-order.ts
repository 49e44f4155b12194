/**
 * The parts of a UNet2DModel in diffusers' registration order (`unets/unet_2d.py`, `unet_2d_blocks.py`,
 * `resnet.py`, `attention_processor.py`). One list suffices, since the relative order of any two parts
 * is always the same. A module's own arrays precede those of its parts; the middle block, created last, follows the up
 * blocks.
 */
const registered = [
  "weight",
  "bias",
  "conv_in",
  "time_proj",
  "time_embedding",
  "class_embedding",
  "down_blocks",
  "up_blocks",
  "mid_block",
  "conv_norm_out",
  "conv_out",
  "attentions",
  "resnets",
  "resnet_down",
  "resnet_up",
  "downsamplers",
  "upsamplers",
  "skip_conv",
  "skip_norm",
  "group_norm",
  "to_q",
  "to_k",
  "to_v",
  "to_out",
  "norm1",
  "conv1",
  "time_emb_proj",
  "norm2",
  "conv2",
  "conv_shortcut",
  "linear_1",
  "linear_2",
  "conv",
];

const ranks: ReadonlyMap<string, number> = new Map(registered.map((name, rank) => [name, rank]));

/**
 * Compares two weight names by the order of PyTorch's `state_dict`, which determines a weight's shard. Names unknown to
 * UNet2DModel come last, in alphabetical order.
 */
export function compareInStateDict(left: string, right: string): number {
  const leftParts = left.split(".");
  const rightParts = right.split(".");
  const index = leftParts.findIndex((part, position) => part !== rightParts[position]);
  if (index === -1) return leftParts.length - rightParts.length;
  return compareParts(leftParts[index] ?? "", rightParts[index] ?? "");
}

function compareParts(left: string, right: string): number {
  if (isNumber(left) && isNumber(right)) return Number(left) - Number(right);
  const byRank = rankOf(left) - rankOf(right);
  if (byRank !== 0) return byRank;
  return left < right ? -1 : Number(left > right);
}

function isNumber(part: string): boolean {
  return /^\d{1,9}$/.test(part);
}

function rankOf(part: string): number {
  return ranks.get(part) ?? registered.length;
}
