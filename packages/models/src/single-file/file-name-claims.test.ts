import { expect, it } from "vitest";
import { readFileNameClaims } from "./file-name-claims.ts";

it.each([
  ["cd_imagenet64_l2.pt", "cd", "imagenet64"],
  ["ct_imagenet64.pt", "ct", "imagenet64"],
  ["edm_imagenet64_ema.pt", "edm", "imagenet64"],
  ["models/cd_bedroom256_lpips.pt", "cd", "lsun256"],
  ["CT-CAT256.PT", "ct", "lsun256"],
  ["edm_cat256_ema.pt", "edm", "lsun256"],
  ["cd_tiny_l2.pt", "cd", undefined],
  ["abcd_dict.pt", undefined, undefined],
  ["cd_imagenet64/model.pt", undefined, undefined],
])("%s is of %s and %s", (path, training, images) => {
  expect(readFileNameClaims(path)).toEqual({ training, images });
});
