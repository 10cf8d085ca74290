"use strict";

// How many photos are shown at first, and more at each press of the button: a
// folder of thousands is not rendered because somebody opened a page.
const pageSize = 24;

// As many requests at once as a browser has connections to a host. With more of
// them a preview's time would include waiting for one.
const connections = 6;

const tableBody = document.getElementById("photos");
const more = document.getElementById("more");
const again = document.getElementById("again");
const summary = document.getElementById("summary");

const cells = []; // every preview shown: {path, name, image, caption, result}
const queue = []; // of the cells that are to be asked for
let active = 0;

function element(name, properties, ...children) {
  const created = Object.assign(document.createElement(name), properties);
  created.append(...children);
  return created;
}

function bytes(n) {
  if (n < 1000) return `${n} B`;
  return n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}

function milliseconds(ms) {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

// timing turns "lease;dur=1.2, invoke;dur=80" into lines for reading.
function timing(header) {
  return (header || "").split(",").map((stage) => {
    const [name, ...parameters] = stage.trim().split(";");
    const duration = parameters.map((p) => p.trim()).find((p) => p.startsWith("dur="));
    return duration ? `${name} ${milliseconds(Number(duration.slice(4)))}` : name;
  }).filter(Boolean).join("\n");
}

function enqueue(cell) {
  cell.result = null;
  cell.image.dataset.state = "loading";
  queue.push(cell);
  work();
}

function work() {
  while (active < connections && queue.length > 0) {
    active++;
    load(queue.shift()).finally(() => {
      active--;
      work();
    });
  }
  summarise();
}

async function load(cell) {
  let state = "error";
  try {
    const began = performance.now();
    // no-store: what is shown is how fast the server is, not the browser.
    const response = await fetch(cell.path, { cache: "no-store" });
    const blob = await response.blob();
    const took = performance.now() - began;
    await show(cell.image, blob);
    const from = response.headers.get("X-Prew-Error") || response.headers.get("X-Prew") || String(response.status);
    cell.result = { ok: response.ok, from, took, size: blob.size };
    cell.caption.replaceChildren(
      element("span", { className: `from ${response.ok ? from : "error"}` }, from),
      ` ${milliseconds(took)}`, element("br"),
      `${bytes(blob.size)}, ${cell.image.naturalWidth} × ${cell.image.naturalHeight}`);
    cell.caption.title = [
      `${response.status} ${response.headers.get("Content-Type") || ""}`,
      timing(response.headers.get("Server-Timing")),
    ].filter(Boolean).join("\n");
    if (response.ok) state = "loaded";
  } catch (error) {
    cell.result = { ok: false, from: "unreachable", took: 0, size: 0 };
    cell.caption.replaceChildren(element("span", { className: "from error" }, String(error.message || error)));
  }
  // Not before: while there is no picture its name would stand in its place.
  cell.image.alt = cell.name;
  cell.image.dataset.state = state;
}

// show resolves when the picture has been decoded, and fails if it can't be.
async function show(image, blob) {
  const previous = image.src;
  image.src = URL.createObjectURL(blob);
  if (previous) URL.revokeObjectURL(previous);
  await image.decode();
}

function summarise() {
  const pending = active + queue.length;
  document.body.dataset.pending = pending;
  again.disabled = pending > 0;
  const results = cells.map((cell) => cell.result).filter(Boolean);
  if (results.length === 0) return;
  const counts = new Map();
  for (const { from } of results) counts.set(from, (counts.get(from) || 0) + 1);
  const times = results.map(({ took }) => took).sort((a, b) => a - b);
  summary.value = [
    `${results.length} of ${cells.length} previews`,
    ...[...counts].map(([from, count]) => `${count} ${from}`),
    `${bytes(results.reduce((sum, { size }) => sum + size, 0))} in all`,
    `median ${milliseconds(times[Math.floor(times.length / 2)])}`,
  ].join(" · ");
}

function addRow(photo, presets) {
  const row = element("tr", {}, element("th", { scope: "row" },
    element("a", { href: photo.path }, photo.name), element("small", {}, bytes(photo.size))));
  photo.previews.forEach((path, i) => {
    const image = element("img", { alt: "" });
    const caption = element("figcaption");
    row.append(element("td", {}, element("figure", {}, element("a", { href: path }, image), caption)));
    const cell = { path, name: `${photo.name} as ${presets[i].name}`, image, caption, result: null };
    cells.push(cell);
    enqueue(cell);
  });
  tableBody.append(row);
}

async function start() {
  const response = await fetch("/gallery/gallery.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`gallery.json: ${response.status}`);
  const { presets, photos } = await response.json();
  for (const { name, terms } of presets) {
    document.getElementById("presets").append(element("th", { scope: "col" }, name, element("small", {}, terms)));
  }
  let shown = 0;
  const showMore = () => {
    for (const photo of photos.slice(shown, shown + pageSize)) addRow(photo, presets);
    shown = Math.min(shown + pageSize, photos.length);
    more.hidden = shown === photos.length;
    more.textContent = `Show more photos (${photos.length - shown} left)`;
  };
  more.addEventListener("click", showMore);
  again.addEventListener("click", () => cells.forEach(enqueue));
  showMore();
}

start().catch((error) => { summary.value = String(error.message || error); });
