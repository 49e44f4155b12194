/**
 * The parts of a UNet2DModel in the order in which diffusers registers them (`unets/unet_2d.py`, `unet_2d_blocks.py`,
 * `resnet.py`, `attention_processor.py`). One list serves all, since no two parts stand beside each other in another
 * order anywhere. A module's own arrays come before those of its parts; the middle block, which is made last, comes
 * after the blocks on the way up.
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
 * Compares two names of weights by the order of PyTorch's `state_dict`, which decides what shard a weight goes to. Names
 * that no UNet2DModel has come last, in alphabetical order.
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
