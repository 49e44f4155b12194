export {
  createOnestep,
  type OnestepProvider,
  type OnestepProviderSettings,
  onestep,
} from "./onestep-provider.ts";
