/**
 * Resolves in a task of its own. Between two pieces of work of some milliseconds, it lets a page draw and answer in
 * between. In a page in the background it is as quick as in the foreground, which a timer is not.
 */
export function nextTask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
