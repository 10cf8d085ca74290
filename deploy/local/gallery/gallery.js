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

// Every preview shown: {path, name, image, caption, result}, and of a text that is drawn its
// format. A variant has no picture but
// a line, and the cell that it is compared with: {path, name, line, plain, result}.
const cells = [];
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
  (cell.image || cell.line).dataset.state = "loading";
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

// origin says where an answer comes from. CloudFront keeps what it was once told of that, and S3
// behind it says nothing.
function origin({ status, headers }) {
  const cache = headers.get("X-Cache") || "";
  const said = cache.startsWith("Hit") ? "cached" : headers.get("X-Prew") || (cache.startsWith("Miss") ? "stored" : "");
  return headers.get("X-Prew-Error") || said || String(status);
}

async function load(cell) {
  try {
    const began = performance.now();
    // no-store: what is shown is how fast the server is, not the browser. A script's
    // request accepts */*, so a preset without a format in its name is in its own.
    const response = await fetch(cell.path, { cache: "no-store" });
    const body = await response.blob();
    const took = performance.now() - began;
    const from = origin(response);
    const text = response.ok && cell.standIn ? await body.text() : "";
    const blob = text ? await drawStandIn(cell.standIn, text) : body;
    const title = [
      `${response.status} ${response.headers.get("Content-Type") || ""}`,
      timing(response.headers.get("Server-Timing")),
      text,
    ].filter(Boolean).join("\n");
    const result = { ok: response.ok, from, took, size: body.size, type: body.type };
    await (cell.image ? showPreview : showVariant)(cell, result, title, blob);
    cell.result = result;
  } catch (error) {
    cell.result = { ok: false, from: "unreachable", took: 0, size: 0, type: "" };
    (cell.caption || cell.line).replaceChildren(element("span", { className: "from error" }, String(error.message || error)));
  }
  // Not before: while there is no picture its name would stand in its place.
  if (cell.image) cell.image.alt = cell.name;
  (cell.image || cell.line).dataset.state = cell.result.ok ? "loaded" : "error";
  for (const other of cells) if (other.plain === cell || other === cell) compare(other);
}

async function showPreview(cell, { ok, from, took, size, type }, title, blob) {
  await show(cell.image, blob);
  cell.caption.replaceChildren(
    element("span", { className: `from ${ok ? from : "error"}` }, from),
    ` ${milliseconds(took)}`, element("br"),
    `${bytes(size)}, ${cell.image.naturalWidth} × ${cell.image.naturalHeight}, ${type.replace("image/", "")}`);
  cell.caption.title = title;
}

async function showVariant(cell, { ok, from, took, size }, title, blob) {
  const picture = await createImageBitmap(blob);
  cell.line.title = `${from}, ${milliseconds(took)}, ${picture.width} × ${picture.height}\n${title}`;
  picture.close();
  cell.line.replaceChildren(
    element("td", {}, element("a", { href: cell.path }, cell.label)),
    element("td", { className: ok ? "" : "from error" }, ok ? bytes(size) : from),
    element("td", { className: "saved" }));
}

// compare says how many bytes a format takes less than the preset's own does of the same
// pixels, once both are there.
function compare(cell) {
  const plain = cell.plain && cell.plain.result;
  if (!plain || !plain.ok || !cell.result || !cell.result.ok) return;
  const percent = Math.round((cell.result.size / plain.size - 1) * 100);
  cell.line.querySelector(".saved").textContent = percent > 0 ? `+${percent} %` : `−${-percent} %`;
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

// replace has another photo put in the place of one, and waits until the first of its previews
// is another.
async function replace(url, row, button) {
  const own = cells.filter((cell) => row.contains(cell.image || cell.line));
  const etag = async () => (await fetch(own[0].path, { cache: "no-store" })).headers.get("ETag");
  button.disabled = true;
  try {
    const before = await etag();
    const began = performance.now();
    const response = await fetch(url, { method: "POST", headers: { "X-Prew-Replace": "1" } });
    if (!response.ok) throw new Error(await response.text());
    while (await etag() === before) {
      if (performance.now() - began > 15000) throw new Error("the old preview is still there");
      await new Promise((done) => { setTimeout(done, 100); });
    }
    button.textContent = `Replaced in ${milliseconds(performance.now() - began)}`;
    own.forEach(enqueue);
  } catch (error) {
    button.textContent = String(error.message || error);
  }
  button.disabled = false;
}

function addRow(photo, presets, replaceURL) {
  // Only photos of the default source have addresses of their own.
  const name = photo.path ? element("a", { href: photo.path }, photo.name) : photo.name;
  const source = photo.source ? [element("small", {}, `source ${photo.source}`)] : [];
  const button = element("button", { type: "button", className: "replace" }, "Replace");
  const row = element("tr", {}, element("th", { scope: "row" }, name, ...source, element("small", {}, bytes(photo.size)), ...(replaceURL ? [button] : [])));
  button.addEventListener("click", () => replace(replaceURL, row, button));
  photo.previews.forEach(({ path, variants }, i) => {
    if (!path) { // the preset has its photos from another source
      row.append(element("td"));
      return;
    }
    const image = element("img", { alt: "" });
    const caption = element("figcaption");
    const lines = element("table", { className: "variants" });
    row.append(element("td", {}, element("figure", {}, element("a", { href: path }, image), caption), lines));
    const plain = { path, name: `${photo.name} as ${presets[i].name}`, image, caption, standIn: presets[i].standIn, result: null };
    const shown = new Map([["", plain]]);
    for (const { name: label, path: variant } of variants || []) {
      const line = element("tr");
      lines.append(line);
      const ratio = label.split(".")[0];
      shown.set(label, { path: variant, name: plain.name + label, label, line, plain: label === ratio ? null : shown.get(ratio), result: null });
    }
    for (const cell of shown.values()) {
      cells.push(cell);
      enqueue(cell);
    }
  });
  tableBody.append(row);
}

async function start() {
  const response = await fetch("/gallery/gallery.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`gallery.json: ${response.status}`);
  const { presets, photos, replace: replaceURL } = await response.json();
  for (const { name, terms, html } of presets) {
    document.getElementById("presets").append(element("th", { scope: "col" }, name, element("small", {}, terms),
      ...(html ? [element("details", {}, element("summary", {}, "HTML"), element("code", {}, html))] : [])));
  }
  document.getElementById("replaces").hidden = !replaceURL;
  let shown = 0;
  const showMore = () => {
    photos.slice(shown, shown + pageSize).forEach((photo, i) => addRow(photo, presets, replaceURL && `${replaceURL}?photo=${shown + i}`));
    shown = Math.min(shown + pageSize, photos.length);
    more.hidden = shown === photos.length;
    more.textContent = `Show more photos (${photos.length - shown} left)`;
  };
  more.addEventListener("click", showMore);
  again.addEventListener("click", () => cells.forEach(enqueue));
  showMore();
}

start().catch((error) => { summary.value = String(error.message || error); });
