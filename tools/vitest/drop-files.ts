import type { Page } from "playwright";

/** Drops files or folders in a corner of a page, as a person does who drags them out of a file manager. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x: 50, y: 50, data });
  }
  await session.detach();
}
