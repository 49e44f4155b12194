import { runBulk } from "../bulk.node.ts";
import { FakeService } from "./fake-service.ts";

const service = new FakeService();
service.before = async (prompt) => {
  await new Promise((resolve) => setTimeout(resolve, 3 * Math.random()));
  process.send?.(prompt);
};
await runBulk({ service, input: process.argv[2] ?? "", out: process.argv[3] ?? "", linesInFlight: 4 });
