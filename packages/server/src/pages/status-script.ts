import type { Status } from "./status.ts";

/**
 * Shows the state of the service on the page at `/status`, and again every two seconds. The page gets the text of this
 * function, so it refers to nothing outside of itself.
 */
export function runStatusPage(): void {
  const interval = 2000;
  /** Five minutes. */
  const mostPoints = 150;
  /** Workers report several times within this, in seconds. */
  const longestSilence = 30;
  const keyName = "onestep-api-key";
  const lines = { images: [] as number[], requests: [] as number[] };

  const element = (id: string): HTMLElement => {
    const found = document.getElementById(id);
    if (found === null) throw new TypeError(`There is no #${id}.`);
    return found;
  };
  const key = element("key") as HTMLInputElement;
  const setText = (id: string, text: string): void => {
    element(id).textContent = text;
  };
  const setHidden = (id: string, isHidden: boolean): void => {
    element(id).hidden = isHidden;
  };

  const formatDuration = (seconds: number): string => {
    if (seconds < 1 && seconds > 0) return `${Math.round(1000 * seconds)} ms`;
    if (seconds < 120) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
  };
  const formatBytes = (bytes: number): string =>
    bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`;
  const formatRate = (rate: number): string =>
    rate < 10 ? String(Number(rate.toFixed(1))) : String(Math.round(rate));
  const orUnknown = <Value>(value: Value | null, format: (value: Value) => string): string =>
    value === null ? "–" : format(value);

  const makeElement = (tag: string, text: string): HTMLElement => {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  };

  const showTable = (
    id: string,
    none: string,
    heads: readonly string[],
    rows: readonly (readonly string[])[],
  ): void => {
    const body = document.createElement("tbody");
    if (rows.length === 0) {
      const cell = makeElement("td", none);
      cell.className = "none";
      body.append(document.createElement("tr"));
      body.firstElementChild?.append(cell);
      element(id).replaceChildren(body);
      return;
    }
    const head = document.createElement("thead");
    const headRow = document.createElement("tr");
    for (const text of heads) {
      const cell = makeElement("th", text);
      cell.setAttribute("scope", "col");
      headRow.append(cell);
    }
    head.append(headRow);
    for (const cells of rows) {
      const row = document.createElement("tr");
      for (const [index, text] of cells.entries()) {
        const cell = makeElement("td", text);
        cell.dataset["label"] = heads[index] ?? "";
        row.append(cell);
      }
      body.append(row);
    }
    element(id).replaceChildren(head, body);
  };

  /** A line through the points, from the oldest on the left to the newest on the right. */
  const showLine = (id: string, points: number[], next: number): void => {
    points.push(next);
    if (points.length > mostPoints) points.shift();
    const highest = Math.max(1, ...points);
    const start = mostPoints - points.length;
    const places = points.map(
      (value, index) => `${start + index},${(30 - (30 * value) / highest).toFixed(1)}`,
    );
    const namespace = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(namespace, "svg");
    svg.setAttribute("viewBox", `0 0 ${mostPoints} 30`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `The last five minutes; ${Math.round(highest)} at most`);
    const line = document.createElementNS(namespace, "polyline");
    line.setAttribute("points", places.join(" "));
    line.setAttribute("vector-effect", "non-scaling-stroke");
    svg.append(line);
    element(id).replaceChildren(svg);
  };

  const show = (status: Status): void => {
    setText("server", `Version ${status.version}, up for ${formatDuration(status.uptime_seconds)}`);
    setText("waiting", String(status.queue.waiting));
    setText("running", String(status.queue.running));
    setText("seconds", formatDuration(status.queue.seconds));
    setText("images", formatRate(status.rates.images_per_minute));
    setText("requests", formatRate(status.rates.requests_per_minute));
    showLine("images-line", lines.images, status.rates.images_per_minute);
    showLine("requests-line", lines.requests, status.rates.requests_per_minute);
    showTable(
      "models",
      "No models.",
      ["Model", "State", "Memory", "Per image", "Best batch"],
      status.models.map((model) => [
        model.id,
        model.loaded ? "loaded" : "not loaded",
        orUnknown(model.memory_bytes, formatBytes),
        orUnknown(model.seconds_per_image, formatDuration),
        orUnknown(model.best_batch, String),
      ]),
    );
    showTable(
      "workers",
      "No workers are connected.",
      ["Worker", "Models", "Running", "Version", "Last seen"],
      status.workers.map((worker) => [
        worker.id,
        worker.models.join(", "),
        String(worker.running),
        worker.version,
        `${formatDuration(worker.last_seen_seconds)} ago`,
      ]),
    );
    for (const [index, row] of [...element("workers").querySelectorAll("tbody tr")].entries()) {
      const { last_seen_seconds: silence = 0 } = status.workers[index] ?? {};
      row.lastElementChild?.classList.toggle("late", silence > longestSilence);
    }
    showTable(
      "failures",
      "None.",
      ["Time", "Model", "Code", "Message", "Job"],
      status.failures.map((failure) => [
        new Date(1000 * failure.failed_at).toLocaleString(),
        failure.model,
        failure.code,
        failure.message,
        failure.id,
      ]),
    );
    setHidden("state", false);
    setHidden("key-form", true);
    setHidden("problem", true);
  };

  const fail = (text: string): void => {
    // An alert is announced when its text changes.
    if (element("problem").textContent !== text) setText("problem", text);
    setHidden("problem", false);
  };

  /** @returns Whether to go on. */
  const poll = async (): Promise<boolean> => {
    const known = sessionStorage.getItem(keyName);
    const headers: Record<string, string> = known === null ? {} : { Authorization: `Bearer ${known}` };
    let response: Response;
    try {
      response = await fetch("status.json", { headers, signal: AbortSignal.timeout(10_000) });
    } catch {
      fail("The server cannot be reached. Trying again.");
      return true;
    }
    if (response.status === 401) {
      setHidden("state", true);
      setText("server", "");
      setHidden("key-form", false);
      if (known !== null) fail("The server does not accept this key.");
      key.focus();
      return false;
    }
    if (response.ok) show((await response.json()) as Status);
    else fail(`The server answers with status ${response.status}. Trying again.`);
    return true;
  };

  const run = async (): Promise<void> => {
    // A page that nobody sees asks for nothing.
    while (document.hidden || (await poll())) await new Promise((resolve) => setTimeout(resolve, interval));
  };

  element("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = key.value.trim();
    if (given === "") return;
    key.value = "";
    sessionStorage.setItem(keyName, given);
    setHidden("problem", true);
    void run();
  });
  void run();
}
