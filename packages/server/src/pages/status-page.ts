/** The page at `/status`. Its addresses are relative, so that it works under a prefix. */
export const statusHtml = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="robots" content="noindex" />
    <title>Onestep status</title>
    <link rel="stylesheet" href="status.css" />
    <script src="status.js" defer></script>
  </head>
  <body>
    <header>
      <h1>Onestep status</h1>
      <p id="server">Reading…</p>
      <nav aria-label="Pages"><a href="./">Playground</a></nav>
    </header>
    <p id="problem" role="alert" hidden></p>
    <form id="key-form" hidden>
      <label for="key">API key</label>
      <input id="key" type="password" autocomplete="off" spellcheck="false" aria-describedby="key-hint" />
      <button type="submit">Continue</button>
      <p id="key-hint">This server asks for a key. It is kept until this tab closes.</p>
    </form>
    <main id="state" hidden>
      <section aria-labelledby="queue-title">
        <h2 id="queue-title">Queue</h2>
        <dl class="figures">
          <div><dt>Waiting</dt><dd id="waiting"></dd></div>
          <div><dt>Running</dt><dd id="running"></dd></div>
          <div><dt>Queued work</dt><dd id="seconds"></dd></div>
        </dl>
      </section>
      <section aria-labelledby="rates-title">
        <h2 id="rates-title">Rates</h2>
        <dl class="figures">
          <div><dt>Images per minute</dt><dd id="images"></dd><dd class="line" id="images-line"></dd></div>
          <div><dt>Requests per minute</dt><dd id="requests"></dd><dd class="line" id="requests-line"></dd></div>
        </dl>
      </section>
      <section aria-labelledby="models-title">
        <h2 id="models-title">Models</h2>
        <table id="models" aria-labelledby="models-title"></table>
      </section>
      <section aria-labelledby="workers-title">
        <h2 id="workers-title">Workers</h2>
        <table id="workers" aria-labelledby="workers-title"></table>
      </section>
      <section aria-labelledby="failures-title">
        <h2 id="failures-title">Last errors</h2>
        <table id="failures" aria-labelledby="failures-title"></table>
      </section>
    </main>
  </body>
</html>
`;

/** The styles of the page, in the colours of the playground. */
export const statusStyles = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f1f1ee, #131416);
  --sheet: light-dark(#fcfcfa, #1b1c1f);
  --ink: light-dark(#17181a, #efeeea);
  --soft: light-dark(#575a5f, #a3a5a9);
  --line: light-dark(#d7d7d0, #303237);
  --edge: light-dark(#85868a, #74777d);
  --focus: light-dark(#2a3bf0, #a9b4ff);
  --alarm: light-dark(#a3221b, #ff9d92);
}

*,
::before {
  box-sizing: border-box;
}

[hidden] {
  display: none !important;
}

body {
  width: min(64rem, 100% - 2rem);
  margin: 0 auto;
  padding-block: 1.5rem 3rem;
  font: 1rem/1.5 system-ui, sans-serif;
  background: var(--ground);
  color: var(--ink);
  overflow-wrap: anywhere;
}

header {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 0.25rem 1.25rem;
}

h1,
h2,
p,
dl,
dd {
  margin: 0;
}

h1 {
  font-size: 1.5rem;
}

h2 {
  margin: 2rem 0 0.75rem;
  font-size: 1.0625rem;
}

header p,
dt,
th,
#key-hint,
.none {
  color: var(--soft);
  font-size: 0.875rem;
}

header nav {
  margin-left: auto;
}

a {
  color: inherit;
}

:focus-visible {
  outline: 2px solid var(--focus);
  outline-offset: 2px;
}

#problem {
  margin-top: 1rem;
  color: var(--alarm);
}

form {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.5rem;
  margin-top: 1.5rem;
}

input,
button {
  min-height: 2.75rem;
  padding: 0 0.75rem;
  font: inherit;
  color: inherit;
  background: var(--sheet);
  border: 1px solid var(--edge);
  border-radius: 7px;
}

#key-hint {
  flex-basis: 100%;
}

.figures {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr));
  gap: 0.75rem;
}

.figures > div,
table {
  background: var(--sheet);
  border: 1px solid var(--line);
  border-radius: 10px;
}

.figures > div {
  padding: 0.75rem 1rem;
}

.figures dd {
  font-size: 1.75rem;
  font-variant-numeric: tabular-nums;
  line-height: 1.3;
}

.line svg {
  display: block;
  width: 100%;
  height: 2.5rem;
  margin-top: 0.25rem;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.5;
  overflow: visible;
}

table {
  width: 100%;
  border-spacing: 0;
}

th,
td {
  padding: 0.5rem 1rem;
  text-align: left;
  vertical-align: top;
  font-variant-numeric: tabular-nums;
}

th {
  font-weight: 500;
}

td {
  border-top: 1px solid var(--line);
}

#failures td:not(.none) {
  min-width: 10rem;
}

.none {
  padding: 0.75rem 1rem;
  border: 0;
}

.late {
  color: var(--alarm);
}

@media (max-width: 56rem) {
  /* A card for each row: a table would be wider than the screen. */
  table,
  tbody,
  tr,
  td {
    display: block;
  }

  thead {
    position: absolute;
    clip-path: inset(50%);
  }

  tr {
    padding: 0.625rem 1rem;
  }

  tr + tr {
    border-top: 1px solid var(--line);
  }

  td {
    display: flex;
    gap: 1rem;
    padding: 0.125rem 0;
    border: 0;
  }

  td[data-label]::before {
    content: attr(data-label);
    flex: 0 0 7.5rem;
    color: var(--soft);
    font-size: 0.875rem;
  }
}
`;
