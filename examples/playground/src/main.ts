import { prepareOffline } from "./offline/offline.ts";
import { Playground } from "./playground.ts";
import { firstPaint } from "./views/first-paint.ts";
import { ThemeToggle } from "./views/theme-toggle.ts";

new ThemeToggle();
await firstPaint();
await new Playground(prepareOffline()).open();
