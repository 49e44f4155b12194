import { prepareOffline } from "./offline/offline.ts";
import { Playground } from "./playground.ts";
import { ThemeToggle } from "./views/theme-toggle.ts";

new ThemeToggle();
await new Playground(prepareOffline()).open();
