import { prepareOffline } from "./offline/offline.ts";
import { Playground } from "./playground.ts";
import { watchDevicePixel } from "./views/device-pixel.ts";
import { firstPaint } from "./views/first-paint.ts";
import { ThemeToggle } from "./views/theme-toggle.ts";
import { watchWriting } from "./views/watch-writing.ts";

new ThemeToggle();
watchDevicePixel();
watchWriting();
await firstPaint();
await new Playground(prepareOffline()).open();
