import { ConsistencyModelPipeline, InvalidArgumentError } from "onestep";

export const runtime = "nodejs";

// One pipeline for all requests. It is kept on globalThis because reloads in development re-evaluate this module.
const shared = globalThis as { pipe?: ReturnType<typeof ConsistencyModelPipeline.fromPretrained> };

/** `GET /image/fox?seed=0` answers with a PNG. */
export async function GET(
  request: Request,
  { params }: { readonly params: Promise<{ readonly label: string }> },
): Promise<Response> {
  const { label } = await params;
  const seed = Number(new URL(request.url).searchParams.get("seed") ?? 0);
  shared.pipe ??= ConsistencyModelPipeline.fromPretrained();
  const pipe = await shared.pipe;
  try {
    const { images } = await pipe.generate({ classLabels: label, seed, signal: request.signal });
    const [image] = images;
    if (image === undefined) throw new Error("no image");
    return new Response(await image.toPng(), { headers: { "Content-Type": "image/png" } });
  } catch (error) {
    if (!InvalidArgumentError.isInstance(error)) throw error;
    return Response.json({ code: error.code, message: error.message }, { status: 400 });
  }
}
