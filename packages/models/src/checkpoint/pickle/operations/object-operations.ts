import { UnsafePickleError } from "../../../errors.ts";
import type { PickleContext, PickleOperations } from "../pickle-context.ts";
import {
  describePickleValue,
  PickleDict,
  PickleGlobal,
  PickleTuple,
  type PickleValue,
} from "../pickle-value.ts";

/** Operations that could run code in Python, but cannot here. Comments give the names in Python's `pickletools`. */
export const objectOperations: PickleOperations = {
  // GLOBAL, STACK_GLOBAL
  99: (context) => {
    const module = context.reader.line();
    context.machine.push(findGlobal(context, module, context.reader.line()));
  },
  147: (context) => {
    const { machine, reader } = context;
    const name = machine.pop();
    const module = machine.pop();
    if (typeof module !== "string" || typeof name !== "string") {
      throw reader.fault(`${describePickleValue(module)} and ${describePickleValue(name)}`, "two names");
    }
    machine.push(findGlobal(context, module, name));
  },
  // REDUCE, NEWOBJ, NEWOBJ_EX
  82: (context) => callTopmost(context),
  129: (context) => callTopmost(context),
  146: (context) => {
    const named = context.machine.pop();
    if (!(named instanceof PickleDict) || named.entries.size > 0) {
      throw unsafe(context, `a call with named arguments (${describePickleValue(named)})`, "a call without");
    }
    callTopmost(context);
  },
  // INST, OBJ
  105: (context) => {
    const module = context.reader.line();
    const callee = findGlobal(context, module, context.reader.line());
    call(context, callee, context.machine.popToMark());
  },
  111: (context) => {
    const [callee, ...values] = context.machine.popToMark();
    if (callee === undefined) throw context.reader.fault("an object without a class", "a class");
    call(context, callee, values);
  },
  // BUILD
  98: (context) => {
    const state = context.machine.pop();
    const target = context.machine.top();
    // An ordered dict stores its modules' versions as an attribute, which is ignored here.
    if (target instanceof PickleDict && (state === null || state instanceof PickleDict)) return;
    throw unsafe(context, `a change of the attributes of ${describePickleValue(target)}`, "data");
  },
  // PERSID, BINPERSID
  80: (context) => loadPersistent(context, context.reader.line()),
  81: (context) => loadPersistent(context, context.machine.pop()),
  // EXT1, EXT2, EXT4
  130: (context) => refuseExtension(context, context.reader.uint8()),
  131: (context) => refuseExtension(context, context.reader.uint16()),
  132: (context) => refuseExtension(context, context.reader.int32()),
  // NEXT_BUFFER, READONLY_BUFFER
  151: refuseBuffer,
  152: refuseBuffer,
};

function findGlobal(context: PickleContext, module: string, name: string): PickleGlobal {
  const known = context.world.findGlobal(module, name);
  if (known !== undefined) return known;
  const fullName = `${module}.${name}`;
  const shown = JSON.stringify(fullName.length > 200 ? `${fullName.slice(0, 200)}…` : fullName);
  throw unsafe(context, `a use of ${shown}`, "only what saved arrays need", remedyFor(module, name));
}

/** Python modules that can affect the machine, directly or indirectly. */
const acting =
  /^(os|nt|posix|posixpath|sys|subprocess|socket|shutil|pty|runpy|webbrowser|importlib|ctypes|operator|functools|pickle|_pickle|builtins|__builtin__|code|codeop|platform|multiprocessing|threading|asyncio|commands|popen2|timeit|urllib|http|requests)(\.|$)/;

/** What the name of a class or function reveals about the file. */
function remedyFor(module: string, name: string): string | undefined {
  const isActing = acting.test(module) || (module.startsWith("torch") && /load|compile|script/i.test(name));
  if (isActing) return undefined;
  if (/^(torch_utils|dnnlib|training)(\.|$)/.test(module)) {
    return "Nothing of it was run. It is a network of NVlabs' code, pickled with its program: take a checkpoint in diffusers' layout.";
  }
  return "Nothing of it was run. The file holds other objects than arrays. Save the arrays alone, in Python: torch.save(model.state_dict(), path).";
}

function callTopmost(context: PickleContext): void {
  const { machine, reader } = context;
  const values = machine.pop();
  if (!(values instanceof PickleTuple)) {
    throw reader.fault(`arguments that are ${describePickleValue(values)}`, "a tuple");
  }
  call(context, machine.pop(), values.items);
}

function call(context: PickleContext, callee: PickleValue, values: readonly PickleValue[]): void {
  if (!(callee instanceof PickleGlobal) || callee.call === undefined) {
    throw unsafe(context, `a call of ${describePickleValue(callee)}`, "only calls that saved arrays need");
  }
  context.machine.countArguments(values);
  const result = callee.call(values);
  if (result === undefined) {
    const shown = values.slice(0, 8).map(describePickleValue).join(", ");
    throw context.reader.fault(`${callee.name}(${shown})`, `arguments that ${callee.name} takes`);
  }
  context.machine.push(result);
}

function loadPersistent(context: PickleContext, id: PickleValue): void {
  const value = context.world.loadPersistent(id);
  if (value === undefined) {
    throw context.reader.fault(
      `a reference to ${describePickleValue(id)} outside of the pickle`,
      "a storage",
    );
  }
  context.machine.push(value);
}

function refuseExtension(context: PickleContext, code: number): never {
  throw unsafe(context, `a use of extension code ${code}`, "only what saved arrays need");
}

function refuseBuffer(context: PickleContext): never {
  throw context.reader.fault("a buffer outside of the pickle", "everything in the file");
}

function unsafe(
  { reader }: PickleContext,
  found: string,
  expected: string,
  remedy = "Nothing of it was run. The file is not plain weights and may be made to harm: ask its publisher for safetensors.",
): UnsafePickleError {
  return new UnsafePickleError({
    subject: reader.subject,
    found,
    expected,
    remedy,
  });
}
