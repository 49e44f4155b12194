export { type PageRoutesOptions, pageRoutes } from "./pages/pages.node.ts";
