export type { FakeFault } from "./fake-fault.ts";
export type { FakeAccount, FakeFile, FakeFiles, FakeHubOptions, FakeRepository } from "./fake-hub-options.ts";
export type { LoggedRequest } from "./request-log.ts";
export { type FakeHub, startFakeHub } from "./start-fake-hub.ts";
