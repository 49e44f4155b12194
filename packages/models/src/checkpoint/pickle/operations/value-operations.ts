import type { PickleContext, PickleOperations } from "../pickle-context.ts";
import type { PickleReader } from "../pickle-reader.ts";
import type { PickleValue } from "../pickle-value.ts";
import {
  decodePythonInteger,
  parsePythonFloat,
  parsePythonInteger,
  parsePythonString,
  parseRawUnicode,
} from "../python-literals.ts";

/** Enough for 2040 bits; the integers of a state dict have 64. */
const maximumIntegerBytes = 255;

/** Constants: numbers, strings, bytes. Comments give the names in Python's `pickletools`. */
export const valueOperations: PickleOperations = {
  // NONE, NEWTRUE, NEWFALSE
  78: push(() => null),
  136: push(() => true),
  137: push(() => false),
  // INT, LONG, BININT, BININT1, BININT2, LONG1, LONG4
  73: push(readTextInteger),
  76: push((reader) => requireLiteral(reader, parsePythonInteger, /L?$/)),
  74: push((reader) => reader.int32()),
  75: push((reader) => reader.uint8()),
  77: push((reader) => reader.uint16()),
  138: push((reader) => decodePythonInteger(reader.bytes(reader.uint8()))),
  139: push(readLongInteger),
  // FLOAT, BINFLOAT
  70: push((reader) => requireLiteral(reader, parsePythonFloat)),
  71: push((reader) => reader.float64()),
  // STRING, BINSTRING, SHORT_BINSTRING
  83: push((reader) => requireLiteral(reader, parsePythonString)),
  84: push((reader) => reader.text(reader.int32())),
  85: push((reader) => reader.text(reader.uint8())),
  // UNICODE, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
  86: push(readRawUnicode),
  88: push((reader) => reader.text(reader.uint32())),
  140: push((reader) => reader.text(reader.uint8())),
  141: push((reader) => reader.text(reader.uint64())),
  // BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
  66: push((reader) => reader.bytes(reader.uint32())),
  67: push((reader) => reader.bytes(reader.uint8())),
  142: push((reader) => reader.bytes(reader.uint64())),
  150: push((reader) => reader.bytes(reader.uint64())),
};

function push(read: (reader: PickleReader) => PickleValue): (context: PickleContext) => void {
  return ({ reader, machine }) => machine.push(read(reader));
}

/** Protocol 0 writes True as `01` and False as `00`. */
function readTextInteger(reader: PickleReader): PickleValue {
  const line = reader.line();
  if (line === "00" || line === "01") return line === "01";
  const value = parsePythonInteger(line);
  if (value === undefined) throw reader.fault(`the integer ${JSON.stringify(line.slice(0, 80))}`, "digits");
  return value;
}

function readLongInteger(reader: PickleReader): PickleValue {
  const length = reader.int32();
  if (length > maximumIntegerBytes) {
    throw reader.fault(`an integer of ${length} bytes`, `at most ${maximumIntegerBytes}`);
  }
  return decodePythonInteger(reader.bytes(length));
}

function readRawUnicode(reader: PickleReader): PickleValue {
  const text = parseRawUnicode(reader.latin1Line());
  if (text === undefined) throw reader.fault("text with an escape of no character", "Unicode");
  return text;
}

function requireLiteral(
  reader: PickleReader,
  parse: (text: string) => PickleValue | undefined,
  ending?: RegExp,
): PickleValue {
  const line = reader.line();
  const value = parse(ending === undefined ? line : line.replace(ending, ""));
  if (value === undefined) {
    throw reader.fault(`the literal ${JSON.stringify(line.slice(0, 80))}`, "one as Python writes it");
  }
  return value;
}
