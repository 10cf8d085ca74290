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

// What each failure means (X-Prew-Error).
const reasons = {
  path_refused: "no address of a photo or preview",
  preset_unknown: "there is no such preset",
  access_missing: "a token or a signature is needed",
  access_refused: "the token or the signature is not valid for this",
  access_expired: "the token or the signature has expired",
  source_missing: "there is no such photo",
  source_unsupported: "no image, or of a format that is not read",
  source_damaged: "the photo is damaged",
  source_too_large: "the photo is beyond the limits",
  source_archived: "the photo is in an archive of the store",
  watermark_failed: "the preset's watermark is missing, or can't be drawn",
  request_invalid: "the function did not understand the gateway",
  storage_failed: "the store can't be read or written",
  storage_busy: "the store asks to slow down",
  kms_denied: "the key of the photo can't be used",
  busy: "too much is being rendered, try again",
  throttled: "Lambda throttled the call, try again",
  render_failed: "the function crashed or was not reached",
  render_panic: "the function panicked, which is a bug",
  render_garbage: "the answer of the function can't be read",
  not_stored: "the preview is not in the store",
  timed_out: "the render took too long",
  request_refused: "the request itself can't be answered", // this and the rest are nginx's own
  too_many_misses: "too many new previews at once (PREW_MISSES_PER_SECOND)",
  upstream_unreachable: "no gateway, or no store, answers",
  upstream_timeout: "a gateway or the store did not answer in time",
};

// Every preview of the page: {path, name, preset, image, link, figure, caption, photo, result}, and of a text that
// is drawn its format as standIn and the place of its data: address as address. A variant has no picture but a line, and the cell that it is
// compared with: {path, name, preset, line, plain, result}.
const cells = [];
const queue = []; // of the cells that are to be asked for
let active = 0;

let chosen = new Set(); // the numbers of the presets that are shown

// What the browser has measured of a request, by its address, for who waits for it.
const measured = new Map();
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) measured.get(entry.name)?.(entry);
}).observe({ type: "resource" });

// timing turns "lease;dur=1.2, invoke;dur=80" into lines for reading.
function timing(header) {
  return (header || "").split(",").map((stage) => {
    const [name, ...parameters] = stage.trim().split(";");
    const duration = parameters.map((p) => p.trim()).find((p) => p.startsWith("dur="));
    return duration ? `${name} ${milliseconds(Number(duration.slice(4)))}` : name;
  }).filter(Boolean).join("\n");
}

// rendering is how long an answer took the server, by the steps of Server-Timing: those of
// the gateway or, where there is none, of the function. NaN if it does not say.
function rendering(header) {
  const steps = new Map([...(header || "").matchAll(/(\w+);dur=([0-9.]+)/g)].map(([, name, ms]) => [name, Number(ms)]));
  if (steps.has("invoke")) for (const within of ["fetch", "render", "store"]) steps.delete(within);
  return steps.size ? [...steps.values()].reduce((sum, ms) => sum + ms, 0) : NaN;
}

// transfer resolves to how long a request and its answer were under way, without the time that
// the browser kept the request back. It has to be called before the request is made.
function transfer(path) {
  const { href } = new URL(path, location);
  return Promise.race([
    new Promise((resolve) => { measured.set(href, resolve); }).then((entry) => entry.responseEnd - entry.requestStart),
    // Of a request that has failed there may be no entry, and a page must not wait for it.
    new Promise((resolve) => { setTimeout(resolve, 60000, NaN); }),
  ]).finally(() => measured.delete(href));
}

function enqueue(cell) {
  if (!chosen.has(cell.preset)) return;
  cell.result = null;
  cell.asked = true;
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
    const moved = transfer(cell.path);
    // no-store: what is shown is how fast the server is, not the browser. A script's
    // request accepts */*, so a preset without a format in its name is in its own.
    const response = await fetch(cell.path, { cache: "no-store" });
    const body = await response.blob();
    const from = origin(response);
    const stages = response.headers.get("Server-Timing");
    // CloudFront repeats on its hits what the render once took.
    const spent = from === "cached" ? NaN : rendering(stages);
    const took = Number.isNaN(spent) ? await moved : spent;
    const text = response.ok && cell.standIn ? await body.text() : "";
    const blob = text ? await drawStandIn(cell.standIn, text) : body;
    const title = [
      `${response.status} ${response.headers.get("Content-Type") || ""}`,
      timing(stages),
      text,
    ].filter(Boolean).join("\n");
    const [crop, width, height] = ["Crop", "Width", "Height"].map((name) => response.headers.get(`X-Prew-${name}`));
    const result = { ok: response.ok, from, took, size: body.size, type: body.type, outline: { crop, width, height } };
    await (cell.image ? showPreview : showVariant)(cell, result, title, blob);
    cell.result = result;
  } catch (error) {
    cell.result = { ok: false, from: "unreachable", took: 0, size: 0, type: "" };
    if (cell.image) uncrop(cell);
    (cell.caption || cell.line).replaceChildren(element("span", { className: "from error" }, String(error.message || error)));
  }
  // Not before: while there is no picture its name would stand in its place.
  if (cell.image) cell.image.alt = cell.name;
  (cell.image || cell.line).dataset.state = cell.result.ok ? "loaded" : "error";
  for (const other of cells) if (other.plain === cell || other === cell) compare(other);
}

async function showPreview(cell, { ok, from, took, size, type, outline }, title, blob) {
  uncrop(cell);
  if (!ok) {
    // The answer may have a picture in the preview's place, or none (PREW_ERROR_PICTURES).
    cell.figure.classList.toggle("bare", !type.startsWith("image/"));
    if (type.startsWith("image/")) await show(cell.image, blob);
    cell.caption.replaceChildren(element("span", { className: "from error" }, from), element("span", { className: "reason" }, reasons[from] || title));
    cell.caption.title = title;
    if (cell.address) cell.address.hidden = true;
    return;
  }
  cell.figure.classList.remove("bare");
  await show(cell.image, blob);
  if (cell.address) {
    cell.address.querySelector("code").textContent = await dataAddress(blob);
    cell.address.hidden = false;
  }
  cell.caption.replaceChildren(
    element("span", { className: `from ${from}` }, from),
    ` ${milliseconds(took)}`, element("br"),
    `${bytes(size)}, ${cell.image.naturalWidth} × ${cell.image.naturalHeight}, ${type.replace("image/", "")}`,
    ...(outline.crop ? [element("br"), cropButton(cell, outline)] : []));
  cell.caption.title = title;
}

// cropButton puts the photo in the place of a preview, with that part of it outlined which the
// photo decided to be kept. A photo that a browser does not show, or that has no address, is an
// empty frame.
function cropButton(cell, { crop, width, height }) {
  const [left, top, wide, high] = crop.split(",").map(Number);
  const part = element("span"), photo = element("img", { alt: "" });
  const whole = element("div", { className: "whole", hidden: true }, photo, part);
  const button = element("button", { type: "button", ariaPressed: "false", title: `${wide} × ${high} at ${left}, ${top} of ${width} × ${height}` }, "Crop");
  whole.style.setProperty("--shape", width / height);
  Object.assign(part.style, { left: `${left / width * 100}%`, top: `${top / height * 100}%`, width: `${wide / width * 100}%`, height: `${high / height * 100}%` });
  button.addEventListener("click", async () => {
    cell.link.hidden = whole.hidden;
    whole.hidden = !whole.hidden;
    button.ariaPressed = String(!whole.hidden);
    if (!cell.photo || photo.src) return;
    try {
      // no-store: it may have been replaced.
      await show(photo, await (await fetch(cell.photo, { cache: "no-store" })).blob());
    } catch { /* the frame stays empty */ }
    URL.revokeObjectURL(photo.src);
  });
  cell.link.after(whole);
  return button;
}

// uncrop takes away what the button of an earlier answer may have put in a preview's place.
function uncrop(cell) {
  cell.figure.querySelector(".whole")?.remove();
  cell.link.hidden = false;
}

async function showVariant(cell, { ok, from, took, size }, title, blob) {
  if (!ok) {
    cell.line.title = title;
    cell.line.replaceChildren(
      element("td", {}, element("a", { href: cell.path }, cell.label)),
      element("td", { className: "from error", title: reasons[from] || "" }, from));
    return;
  }
  const picture = await createImageBitmap(blob);
  cell.line.title = `${from}, ${milliseconds(took)}, ${picture.width} × ${picture.height}\n${title}`;
  picture.close();
  cell.line.replaceChildren(
    element("td", {}, element("a", { href: cell.path }, cell.label)),
    element("td", {}, bytes(size)),
    element("td", { className: "saved" }));
}

// compare says how many bytes a format takes less than the preset's own does of the same
// pixels, once both are there.
function compare(cell) {
  const plain = cell.plain && cell.plain.result;
  if (!plain || !plain.ok || !cell.result || !cell.result.ok) return;
  cell.line.querySelector(".saved").textContent = percent(cell.result.size, plain.size);
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
  const shown = cells.filter((cell) => chosen.has(cell.preset));
  const results = shown.map((cell) => cell.result).filter(Boolean);
  if (results.length === 0) return;
  const counts = new Map();
  for (const { from } of results) counts.set(from, (counts.get(from) || 0) + 1);
  const times = results.map(({ took }) => took).filter((ms) => !Number.isNaN(ms)).sort((a, b) => a - b);
  summary.value = [
    `${results.length} of ${shown.length} previews`,
    ...[...counts].map(([from, count]) => `${count} ${from}`),
    `${bytes(results.reduce((sum, { size }) => sum + size, 0))} in all`,
    ...(times.length ? [`median ${milliseconds(times[Math.floor(times.length / 2)])}`] : []),
  ].join(" · ");
}

// replace has another photo put in the place of one, and waits until the first of its previews
// is another.
async function replace(url, row, button) {
  const own = cells.filter((cell) => row.contains(cell.image || cell.line) && chosen.has(cell.preset));
  if (own.length === 0) return;
  const etag = async () => (await fetch(own[0].path, { cache: "no-store" })).headers.get("ETag");
  button.disabled = true;
  try {
    const before = await etag();
    const began = performance.now();
    const response = await fetch(url, { method: "POST", headers: { "X-Prew-Page": "1" } });
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

// breakable lets a name break after what parts its words.
function breakable(name) {
  return name.split(/(?<=[/_\- ])/).flatMap((part, i) => (i ? [element("wbr"), part] : [part]));
}

// own shows a preview at its own size: one of its pixels is one of the screen.
const own = document.getElementById("own-size");
let looked = null; // the cell that is shown so

function look(cell) {
  looked = cell;
  const image = document.getElementById("own-size-image");
  image.src = cell.image.src;
  image.alt = cell.name;
  image.style.width = `${cell.image.naturalWidth / devicePixelRatio}px`;
  document.getElementById("own-size-name").replaceChildren(...breakable(cell.name));
  document.getElementById("own-size-pixels").textContent = `${cell.image.naturalWidth} × ${cell.image.naturalHeight}, 1:1`;
  if (!own.open) own.showModal();
}

// step goes to another preview of the same photo that is there; 0 closes.
function step(by) {
  if (by === 0) return own.close();
  const there = cells.filter((cell) => cell.image && cell.row === looked.row && chosen.has(cell.preset) && cell.result?.ok);
  look(there[(there.indexOf(looked) + by + there.length) % there.length] || looked);
}

own.addEventListener("click", ({ target }) => {
  if (target === own) own.close(); // outside of it
  else if (target.dataset.step) step(Number(target.dataset.step));
});
own.addEventListener("keydown", ({ key, target }) => {
  const scrolls = target.scrollWidth > target.clientWidth && !target.dataset.step;
  if (!scrolls && key === "ArrowLeft") step(-1);
  if (!scrolls && key === "ArrowRight") step(1);
});

// choose shows the presets that are ticked, and asks for what was not asked for yet. The
// address of the page says which they are, unless they are all.
function choose(presets) {
  const boxes = [...document.querySelectorAll("#chooser input")];
  chosen = new Set(boxes.flatMap((box, i) => (box.checked ? [i] : [])));
  for (const part of document.querySelectorAll("[data-preset]")) part.hidden = !chosen.has(Number(part.dataset.preset));
  const names = presets.filter((_, i) => chosen.has(i)).map(({ name }) => name);
  history.replaceState(null, "", names.length === presets.length ? location.pathname : `#presets=${names}`);
  for (const cell of queue.splice(0)) {
    if (chosen.has(cell.preset)) queue.push(cell);
    else cell.asked = false;
  }
  for (const cell of cells) if (!cell.asked) enqueue(cell);
  summarise();
}

function addRow(photo, presets, replaceURL) {
  // Only photos of the default source have addresses of their own.
  const name = photo.path ? element("a", { href: photo.path }, ...breakable(photo.name)) : element("span", {}, ...breakable(photo.name));
  const source = photo.source ? [element("small", {}, `source ${photo.source}`)] : [];
  const button = element("button", { type: "button", className: "replace" }, "Replace");
  const row = element("tr", {}, element("th", { scope: "row" }, name, ...source, element("small", {}, bytes(photo.size)), ...(replaceURL ? [button] : [])));
  button.addEventListener("click", () => replace(replaceURL, row, button));
  photo.previews.forEach(({ path, variants }, i) => {
    if (!path) { // the preset has its photos from another source
      const none = element("td", { className: "none", hidden: !chosen.has(i) });
      none.dataset.preset = i;
      row.append(none);
      return;
    }
    const image = element("img", { alt: "" });
    const caption = element("figcaption");
    const lines = element("table", { className: "variants" });
    const link = element("a", { href: path, title: "At its own size" }, image);
    const figure = element("figure", {}, link, caption);
    const address = presets[i].standIn
      ? element("details", { className: "address", hidden: true }, element("summary", {}, "data: address"), element("code")) : null;
    const place = element("td", { hidden: !chosen.has(i) }, element("p", { className: "preset" }, presets[i].name), figure, ...(address ? [address] : []), lines);
    place.dataset.preset = i;
    row.append(place);
    const plain = { path, name: `${photo.name} as ${presets[i].name}`, preset: i, row, image, link, figure, caption, photo: photo.path, address, standIn: presets[i].standIn, result: null };
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !plain.result?.ok) return; // the file itself
      event.preventDefault();
      look(plain);
    });
    const shown = new Map([["", plain]]);
    for (const { name: label, path: variant } of variants || []) {
      const line = element("tr");
      lines.append(line);
      const ratio = label.split(".")[0];
      shown.set(label, { path: variant, name: plain.name + label, preset: i, label, line, plain: label === ratio ? null : shown.get(ratio), result: null });
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
  const { presets, photos, replace: replaceURL, live } = await response.json();
  if (live) hearPresets(live, () => location.reload());
  const asked = location.hash.startsWith("#presets=") ? decodeURIComponent(location.hash.slice(9)).split(",") : null;
  presets.forEach(({ name, terms, html }, i) => {
    const box = element("input", { type: "checkbox", checked: !asked || asked.includes(name) });
    box.addEventListener("change", () => choose(presets));
    document.getElementById("chooser").append(element("label", {}, box, ` ${name}`));
    const heading = element("th", { scope: "col" }, name);
    const described = element("td", {}, element("p", { className: "preset" }, name), element("small", {}, terms),
      ...(html ? [element("details", {}, element("summary", {}, "HTML"), element("code", {}, html))] : []));
    heading.dataset.preset = described.dataset.preset = i;
    document.getElementById("presets").append(heading);
    document.getElementById("terms").append(described);
  });
  choose(presets);
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
