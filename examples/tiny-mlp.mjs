// A custom model: two linear layers, in torch's terms. It can be loaded, saved, pushed and run like any other model.
//
//   const model = await TinyMLP.fromPretrained("./tiny-mlp"); // config.json and diffusion_pytorch_model.safetensors
//   const y = await model.forward(Tensor.from([1, 2, 3, 4], [1, 4]));
import { ConfigSchema, integerField } from "@onestep/core";
import { silu } from "@onestep/graph";
import { linearLayer, Model } from "@onestep/models";

/** `y = down(silu(up(x)))`. The weights are those saved by a torch module with layers `up` and `down`. */
export class TinyMLP extends Model {
  static definition = {
    className: "TinyMLP",
    configSchema: new ConfigSchema("TinyMLP", { width: integerField(4), hidden: integerField(8) }),
    define(scope, { width, hidden }) {
      const x = scope.input("x", "float32", ["batch", width]);
      const activated = silu(linearLayer(x, scope.child("up"), hidden));
      return { y: linearLayer(activated, scope.child("down"), width) };
    },
  };

  /** @param x float32 [batch, width]; the result has the same type and shape. */
  async forward(x) {
    return (await this.run({ x })).y;
  }
}
