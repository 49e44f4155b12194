/** The file that holds a scheduler's configuration, named as in diffusers. */
export const schedulerConfigName = "scheduler_config.json";
