import type { Engine } from "./engine/engine.ts";
import type { Edit } from "./engine/messages.ts";
import type { Settings } from "./settings/settings.ts";
import type { FormFields } from "./views/settings-form.ts";
import type { EditProgramOptions } from "./work/format-edit-program.ts";
import type { ProgramOptions } from "./work/format-programs.ts";

/** What differs between the page that computes and the page of a service. */
export interface PlaygroundParts {
  readonly engine: Engine;
  readonly fields: FormFields;
  /** The settings that the page opens with. */
  readonly initial: Settings;
  /** The largest number of steps in a link, for a model without a prompt. */
  readonly mostSteps: number;
  readonly offline?:
    | {
        /** Settles when fetched files are kept for offline use. */
        readonly isReady: Promise<void>;
        /** Whether the bundled model is kept. */
        isKept(): Promise<boolean>;
      }
    | undefined;
  /** Shows the programs that make the same images outside the page. */
  readonly programs?:
    | {
        show(settings: Settings, options: ProgramOptions): void;
        showEdit(edit: Edit, settings: Settings, options: EditProgramOptions): void;
      }
    | undefined;
}
