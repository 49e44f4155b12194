import { joinBytes, op, type PicklePart } from "@onestep/torch-files";
import fc, { type Arbitrary } from "fast-check";

/** Damage to the operations of a pickle. */
export type PickleMutation = (pickle: Uint8Array) => Uint8Array;

/** What a hostile pickle asks for, and what an honest one of another kind does. */
const globals: readonly (readonly [module: string, name: string])[] = [
  ["os", "system"],
  ["posix", "system"],
  ["builtins", "eval"],
  ["builtins", "getattr"],
  ["__builtin__", "exec"],
  ["subprocess", "Popen"],
  ["torch", "load"],
  ["torch.storage", "_load_from_bytes"],
  ["torch.nn.modules.linear", "Linear"],
  ["numpy.core.multiarray", "_reconstruct"],
  ["collections", "OrderedDict"],
  ["collections", "defaultdict"],
  ["torch._utils", "_rebuild_tensor_v2"],
  ["torch._utils", "_rebuild_parameter"],
  ["torch._utils", "_rebuild_tensor_v3"],
  ["torch._utils", "_rebuild_qtensor"],
  ["torch._utils", "_rebuild_sparse_tensor"],
  ["torch.serialization", "_get_layout"],
  ["torch.storage", "UntypedStorage"],
  ["torch", "float8_e4m3fn"],
  ["torch_utils.persistence", "_reconstruct_persistent_obj"],
  ["torch", "Size"],
  ["torch", "bfloat16"],
  ["_codecs", "encode"],
  ["__proto__", "constructor"],
];

/** Each operation that there is, with what an argument of it may look like. */
function operations(): Arbitrary<PicklePart> {
  const letters = fc.constantFrom<PicklePart>(
    ..."()012N}]aestuldboRQ".split(""),
    ...[
      "\x81",
      "\x85",
      "\x86",
      "\x87",
      "\x88",
      "\x89",
      "\x8f",
      "\x90",
      "\x91",
      "\x93",
      "\x94",
      "\x97",
      "\x98",
    ],
    ...["q\x00", "h\x00", "h\xff", "r\xff\xff\xff\xff", "j\xff\xff\xff\x7f", "p0\n", "g0\n", "g-1\n"],
    ...["\x82\x01", "\x83\x01\x00", "\x84\x01\x00\x00\x00", "\x80\x05", "\x80\xff"],
    ...["I01\n", "I99999999999999999999\n", "L1L\n", "F1e999\n", "S'a'\n", "Vx\\ud800\n", "Pid\n"],
    ...["\x8a\xff", "\x8b\xff\xff\xff\x7f", "X\xff\xff\xff\xff", "B\xff\xff\xff\x7f", "T\xff\xff\xff\xff"],
    ...[
      "\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
      "\x8e\x00\x00\x00\x00\x01\x00\x00\x00",
      "\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
    "(".repeat(3000),
    "(lp0\n".repeat(500),
    "]\x94h\x00a".repeat(200),
  );
  return fc.oneof(
    letters,
    fc.string({ maxLength: 6 }).map(op.text),
    fc.integer({ min: -3, max: 2 ** 31 - 1 }).map(op.int),
    fc.constantFrom(...globals).map(([module, name]) => op.global(module, name)),
    fc
      .constantFrom(...globals)
      .map(([module, name]) => op.call(op.global(module, name), op.text("touch /tmp/never"))),
  );
}

/** An operation put in, a piece left out or doubled, one function in place of another. */
export function pickleMutations(): Arbitrary<PickleMutation> {
  return fc.oneof(
    fc.tuple(fc.nat(), operations()).map(
      ([position, part]): PickleMutation =>
        (pickle) => {
          const at = position % (pickle.length + 1);
          return joinBytes([pickle.subarray(0, at), toBytes(part), pickle.subarray(at)]);
        },
    ),
    fc.tuple(fc.nat(), fc.nat(24)).map(
      ([position, length]): PickleMutation =>
        (pickle) => {
          const at = position % (pickle.length + 1);
          return joinBytes([pickle.subarray(0, at), pickle.subarray(at + length)]);
        },
    ),
    fc.tuple(fc.nat(), fc.nat(24), fc.nat()).map(
      ([position, length, target]): PickleMutation =>
        (pickle) => {
          const from = position % (pickle.length + 1);
          const at = target % (pickle.length + 1);
          return joinBytes([
            pickle.subarray(0, at),
            pickle.subarray(from, from + length),
            pickle.subarray(at),
          ]);
        },
    ),
    fc.tuple(fc.nat(), fc.constantFrom(...globals)).map(
      ([which, [module, name]]): PickleMutation =>
        (pickle) =>
          replaceGlobal(pickle, which, op.global(module, name)),
    ),
    operations().map(
      (part): PickleMutation =>
        () =>
          toBytes(part),
    ),
  );
}

/** Puts a function in place of one that the pickle names. */
function replaceGlobal(pickle: Uint8Array, which: number, part: PicklePart): Uint8Array {
  const text = String.fromCharCode(...pickle);
  const places = [...text.matchAll(/c[\w.]+\n\w+\n/g)];
  const place = places[which % Math.max(1, places.length)];
  if (place === undefined) return pickle;
  const end = place.index + place[0].length;
  return joinBytes([pickle.subarray(0, place.index), toBytes(part), pickle.subarray(end)]);
}

function toBytes(part: PicklePart): Uint8Array {
  return typeof part === "string" ? Uint8Array.from(part, (character) => character.charCodeAt(0)) : part;
}
