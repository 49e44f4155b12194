import { printDevices } from "./devices/print-devices.ts";
import { printSizes } from "./sizes/measure-bundle.ts";

const commands: Readonly<Record<string, () => Promise<void>>> = { devices: printDevices, sizes: printSizes };

const [name = ""] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  console.error(`Usage: npm run bundles -- ${Object.keys(commands).join(" | ")}`);
  process.exitCode = 2;
} else {
  await command();
}
