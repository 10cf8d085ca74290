"use strict";

// A change is rendered when nothing was moved for so long, in milliseconds: a slider that is
// dragged moves some sixty times a second.
const settles = 120;

// What is chosen otherwise than in fields: by the photo, or what no picture shows.
const elsewhere = ["source", "aliases", "access"];

// A slider of pixels ends here, or at twice the preset's own: with one pixel of the screen for
// ten of the preview nobody could choose. The number beside it goes on to the limit.
const slides = 2000;

const at = (id) => document.getElementById(id);
const stage = at("stage");
const result = at("result"); // has the size and the split of the stage, which the slider has too

let given; // playground.json
let preset; // of given.presets
let values = {}; // of its fields, as they are chosen
let controls = new Map(); // by the field: {row, wrong, set(value)}
let variant = ""; // what follows the preset's name
let dropped = new Map(); // names of files by those of photos that were dropped here
let asked = 0; // changes so far: what answers an older one is not shown
let asking = new AbortController(); // of the newest one
let waiting = 0; // for a change to settle
let loupe = { x: 0.5, y: 0.5 };

// What is shown on either side: {ok, blob, width, height, size, type, took, says}, or null.
const sides = { before: null, after: null };

// refused is what the runner, or the function, has answered instead of what was asked for.
class Refused extends Error {
  constructor({ code, mistakes }) {
    super(mistakes.map(({ field, text }) => (field ? `${field}: ${text}` : text)).join("\n"));
    Object.assign(this, { code, mistakes });
  }
}

async function ask(path, body, signal) {
  const json = !(body instanceof Blob);
  const response = await fetch(given.playground + path, {
    method: "POST",
    headers: { "X-Prew-Page": "1", "Content-Type": json ? "application/json" : "application/octet-stream" },
    body: json ? JSON.stringify(body) : body,
    signal,
  });
  if (response.ok) return response;
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(text);
  }
  throw new Refused(answer);
}

// changed are the fields that have other values than the preset's. A number that is left empty
// is the preset's, and none of several words is a choice as any.
function changed() {
  return Object.fromEntries(Object.entries(values).filter(([field, value]) => {
    const own = normal(field, preset.values[field]);
    return choiceOf(field).several ? value !== own : value !== "" && value !== own;
  }));
}

function choiceOf(field) {
  return given.choices.find((choice) => choice.field === field);
}

// normal is a value as a control spells it: of a number that changes nothing it is 0, and of
// what is not true false.
function normal(field, value) {
  const choice = choiceOf(field);
  if (value === "" && choice.step && choice.least <= 0) return "0";
  if (value === "" && choice.words?.includes("none")) return "none";
  if (value === "" && choice.truth) return "false";
  return value;
}

// took is how long the function has read and rendered, by Server-Timing.
function took(header) {
  const times = [...(header || "").matchAll(/(fetch|render);dur=([0-9.]+)/g)].map(([, , ms]) => Number(ms));
  return times.length === 2 ? times[0] + times[1] : NaN;
}

// picture makes a side of an answer: what it shows, and what is said of it.
async function picture(response, format) {
  const body = await response.blob();
  const type = response.headers.get("Content-Type") || "";
  let blob = body, text = "";
  if (type.startsWith("text/plain")) {
    text = await body.text();
    blob = await drawStandIn(format, text);
  }
  const { width, height } = await createImageBitmap(blob);
  return { ok: true, blob, width, height, size: body.size, type: type.split(";")[0], took: took(response.headers.get("Server-Timing")), text, kept: response.headers.get("X-Prew-Crop") };
}

function describe({ size, width, height, type, took: ms, text, kept, instead }, other) {
  return [
    bytes(size) + (other?.ok && other.size !== size ? ` (${percent(size, other.size)})` : ""),
    text ? text : `${width} × ${height}`,
    type.replace("image/", ""),
    ...(Number.isNaN(ms) ? [] : [`${milliseconds(ms)} to render`]),
    ...(instead ? [`not what is stored, ${instead}`] : []),
    ...(kept ? [`keeps ${kept.replace(/(.+),(.+),(.+),(.+)/, "$3 × $4 at $1, $2")} of the photo`] : []),
  ].join(" · ");
}

// show puts a side on the stage, or nothing in its place.
function show(name, side, says) {
  const image = at(name), previous = image.src;
  sides[name] = side;
  if (side?.ok) image.src = side.url = URL.createObjectURL(side.blob);
  else image.removeAttribute("src");
  image.alt = side?.ok ? `${preset.name}${variant} ${name === "before" ? "as it is" : "with the changes"}` : "";
  if (previous) URL.revokeObjectURL(previous);
  at(`${name}-says`).textContent = says;
  const sized = sides.after?.ok ? sides.after : sides.before;
  if (sized?.ok) {
    result.style.setProperty("--ratio", sized.width / sized.height);
    result.style.setProperty("--wide", `${Math.max(sized.width / devicePixelRatio, 240)}px`);
  }
  look();
}

// look shows the place of the loupe of both sides, a pixel as one of the screen.
function look() {
  for (const [name, side] of Object.entries(sides)) {
    const pane = at(`${name}-loupe`);
    pane.style.backgroundImage = side?.ok ? `url("${side.url}")` : "none";
    if (!side?.ok) continue;
    const width = side.width / devicePixelRatio, height = side.height / devicePixelRatio;
    const place = (size, room, part) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, room / 2 - part * size)));
    pane.style.backgroundSize = `${width}px ${height}px`;
    pane.style.backgroundPosition = `${place(width, pane.clientWidth, loupe.x)}px ${place(height, pane.clientHeight, loupe.y)}px`;
  }
}

// reasonOf is what is said of a failure.
function reasonOf(error) {
  return error.code ? `${error.code}: ${error.message}` : String(error.message || error);
}

function blame(mistakes) {
  const loose = [];
  for (const control of controls.values()) control.blame("");
  for (const { field, text } of mistakes) {
    if (controls.has(field)) controls.get(field).blame(text);
    else loose.push(field ? `${field}: ${text}` : text);
  }
  at("mistakes").hidden = loose.length === 0;
  at("mistakes").textContent = loose.join("\n");
}

// request is what is asked of a variant, with the changes or without.
function request(of, fields) {
  return { photo: at("photo").value, preset: preset.name, variant: of, fields };
}

// before shows what there is: the stored preview or, of a photo that was dropped here, what the
// preset makes of it. The time is that of a render in either case.
async function before(signal) {
  const photo = given.photos[at("photo").value];
  const fresh = ask("/render", request(variant, {}), signal).then((response) => picture(response, preset.values.format));
  fresh.catch(() => {}); // it is waited for below
  if (!photo) return fresh;
  const response = await fetch(`/prew/${preset.name}${variant}/${photo.key}`, { cache: "no-store", signal });
  // Of what not everybody may see, or what can't be rendered, the function says more.
  if (!response.ok) return { ...await fresh, instead: response.headers.get("X-Prew-Error") || response.status };
  const rendered = await fresh.catch(() => ({ took: NaN }));
  return { ...await picture(response, preset.values.format), took: rendered.took, kept: rendered.kept };
}

// update renders what is chosen. Both sides are shown anew where another photo, preset or variant
// is, and else that of the changes. The last change wins: what answers an older one is dropped.
async function update(all) {
  const mine = ++asked;
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const latest = () => mine === asked;
  stage.setAttribute("aria-busy", "true");
  document.body.dataset.pending = "1";
  for (const [field, { row }] of controls) row.classList.toggle("changed", field in changed());
  at("reset").disabled = Object.keys(changed()).length === 0;
  if (all) {
    update.all = true;
    for (const side of ["before", "after"]) show(side, null, "…");
  }
  clearTimeout(waiting);
  await new Promise((done) => { waiting = setTimeout(done, settles); });
  if (!latest()) return;
  const fields = changed();
  const first = update.all;
  try {
    if (first) {
      try {
        const side = await before(signal);
        if (!latest()) return;
        show("before", side, describe(side));
        update.all = false;
      } catch (error) {
        if (!latest()) return;
        show("before", null, reasonOf(error));
      }
    }
    const { variants = [], yaml, variable } = await (await ask("/check", { preset: preset.name, fields }, signal)).json();
    if (!latest()) return;
    blame([]);
    if (variant !== "" && !variants.includes(variant)) {
      variant = "";
      update(true);
      return;
    }
    tell(yaml, variable);
    const lines = list(["", ...variants]);
    // The one that is looked at first, and then the others.
    const results = new Map();
    for (const name of [variant, ...["", ...variants].filter((v) => v !== variant)]) {
      const side = await picture(await ask("/render", request(name, fields), signal), values.format || preset.values.format);
      if (!latest()) return;
      results.set(name, side);
      if (name === variant) {
        show("after", side, describe(side, sides.before));
        stage.setAttribute("aria-busy", "false");
      }
      fill(lines, results);
    }
  } catch (error) {
    if (!latest()) return;
    show("after", null, error.mistakes?.some(({ field }) => field) ? "see the field" : reasonOf(error));
    blame(error.mistakes || [{ text: reasonOf(error) }]);
    if (error.mistakes && !error.code) tell("", "");
    list([...at("variants").querySelectorAll("input")].map(({ value }) => value)); // whose figures are those of another change
    stage.setAttribute("aria-busy", "false");
  }
  document.body.dataset.pending = "0";
}

// tell shows the changes as text.
function tell(yaml, variable) {
  at("unchanged").hidden = Boolean(yaml);
  at("yaml").textContent = yaml || "";
  at("variable").textContent = shell(variable || "");
  for (const part of document.querySelectorAll(".copied")) part.hidden = !yaml;
}

// shell is a variable and its value as a shell reads it.
function shell(text) {
  const [, name, value] = /^(\w*)=?(.*)$/s.exec(text);
  return /^[\w=,.:@%+\/#-]*$/.test(value) ? text : `${name}='${value.replaceAll("'", `'\\''`)}'`;
}

// list lays the table of variants out, and returns its lines by their names.
function list(names) {
  const lines = new Map();
  const focused = document.activeElement?.name === "variant";
  at("variants").tBodies[0].replaceChildren(...names.map((name) => {
    const radio = element("input", { type: "radio", name: "variant", value: name, checked: name === variant });
    radio.addEventListener("change", () => {
      variant = name;
      update(true);
    });
    const line = element("tr", { className: "loading" }, element("th", { scope: "row" }, element("label", {}, radio, ` ${preset.name}${name}`)),
      element("td"), element("td"), element("td"));
    lines.set(name, line);
    return line;
  }));
  if (focused) at("variants").querySelector("input:checked").focus();
  return lines;
}

// fill says of the variants what is known of them.
function fill(lines, results) {
  for (const [name, { size, took: ms }] of results) {
    const [, weighs, compared, time] = lines.get(name).children;
    lines.get(name).className = "";
    weighs.textContent = bytes(size);
    compared.textContent = name && results.has("") ? percent(size, results.get("").size) : "";
    time.textContent = Number.isNaN(ms) ? "" : milliseconds(ms);
  }
}

// control makes the control of a field, by what may be chosen of it.
function control(choice) {
  const { field, words, several, truth, colours, step, expected } = choice;
  const own = normal(field, preset.values[field]);
  const id = `field-${field}`;
  const change = (value) => {
    values[field] = value;
    update(false);
  };
  const set = (value) => {
    put(value);
    change(value);
  };
  let inputs, put;
  if (several) {
    const boxes = words.map((word) => {
      const box = element("input", { type: "checkbox", value: word });
      box.addEventListener("change", () => {
        // The best first: what the preset has, then what was added.
        const before = values[field].split(" ").filter((w) => w && w !== word);
        change([...before, ...(box.checked ? [word] : [])].join(" "));
      });
      return box;
    });
    const group = element("div", { className: "several", id }, ...boxes.map((box) => element("label", {}, box, ` ${box.value}`)));
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", field);
    inputs = [group];
    put = (value) => { for (const box of boxes) box.checked = value.split(" ").includes(box.value); };
  } else if (truth) {
    const box = element("input", { type: "checkbox", id });
    box.addEventListener("change", () => change(String(box.checked)));
    inputs = [box];
    put = (value) => { box.checked = value === "true"; };
  } else if ((words || colours) && !step) {
    const colour = element("input", { type: "color", id: words ? `${id}-colour` : id });
    colour.setAttribute("aria-label", `${field}, a colour`);
    colour.addEventListener("input", () => change(colour.value));
    const open = own === "" ? [element("option", { value: "" }, "left open")] : [];
    const select = element("select", { id }, ...open, ...(words || []).map((word) => element("option", { value: word }, word)),
      ...(words && colours ? [element("option", { value: "#" }, "a colour")] : []));
    select.addEventListener("change", () => {
      colour.hidden = select.value !== "#";
      change(select.value === "#" ? colour.value : select.value);
    });
    inputs = [element("div", { className: "words" }, ...(words ? [select] : []), ...(colours ? [colour] : []))];
    put = (value) => {
      if (value.startsWith("#")) colour.value = value.toLowerCase();
      if (!words) return;
      select.value = value.startsWith("#") ? "#" : value;
      colour.hidden = select.value !== "#";
    };
  } else if (step) {
    const most = Math.min(choice.most, Math.max(slides, 2 * (Number(own) || 0)));
    const slider = element("input", { type: "range", min: choice.least, max: most, step });
    slider.setAttribute("aria-label", `${field}, slider`);
    const number = element("input", { type: "number", id, min: choice.least, max: choice.most, step: "any", placeholder: own === "" ? "open" : own });
    slider.addEventListener("input", () => {
      number.value = slider.value;
      change(slider.value);
    });
    number.addEventListener("input", () => {
      slider.value = number.value || own || choice.least;
      change(number.value);
    });
    // A word is ticked in place of a number.
    const boxes = (words || []).map((word) => {
      const box = element("input", { type: "checkbox", value: word });
      box.addEventListener("change", () => set(box.checked ? word : choice.default));
      return box;
    });
    inputs = [element("div", { className: "number" }, slider, number, ...boxes.map((box) => element("label", {}, box, ` ${box.value}`)))];
    put = (value) => {
      for (const box of boxes) box.checked = box.value === value;
      slider.disabled = number.disabled = boxes.some((box) => box.checked);
      number.value = value; // of a word nothing
      slider.value = Number(value) || choice.least;
    };
  } else {
    const text = element("input", { type: "text", id, spellcheck: false });
    text.addEventListener("input", () => change(text.value));
    inputs = [text];
    put = (value) => { text.value = value; };
  }
  const wrong = element("small", { className: "wrong", id: `${id}-wrong`, hidden: true });
  const undo = element("button", { type: "button", title: `${field} as it is` }, "↺");
  undo.setAttribute("aria-label", `${field} as it is`);
  undo.addEventListener("click", () => set(own));
  const row = element("div", { className: "field" }, element("label", { htmlFor: id, title: expected }, field), ...inputs, undo, wrong);
  for (const input of row.querySelectorAll("input, select")) input.setAttribute("aria-describedby", wrong.id);
  const blameField = (text) => {
    wrong.hidden = !text;
    wrong.textContent = text;
    for (const input of row.querySelectorAll("input, select")) input.setAttribute("aria-invalid", String(Boolean(text)));
  };
  values[field] = own;
  put(own);
  return { row, put, set, blame: blameField, own };
}

// choose takes a preset, with the changes that were made of another one if these are kept.
function choose(name, kept = {}) {
  preset = given.presets.find((p) => p.name === name) || given.presets[0];
  at("preset").value = preset.name;
  values = {};
  controls = new Map(given.choices.filter(({ field }) => !elsewhere.includes(field)).map((choice) => [choice.field, control(choice)]));
  at("fields").replaceChildren(...[...controls.values()].map(({ row }) => row));
  for (const [field, value] of Object.entries(kept)) {
    if (!controls.has(field)) continue;
    values[field] = value;
    controls.get(field).put(value);
  }
  remember();
  update(true);
}

// remember has the address of the page say what it shows.
function remember() {
  const photo = given.photos[at("photo").value];
  const said = new URLSearchParams({ preset: preset.name, ...(photo ? { photo: photo.name } : {}) });
  history.replaceState(null, "", `#${said}`);
}

// shortened is a name by which a list is no wider than a screen: its begin and its end, where its
// kind is.
function shortened(name) {
  const letters = [...name];
  return letters.length > 60 ? `${letters.slice(0, 40).join("")}…${letters.slice(-16).join("")}` : name;
}

async function drop(file) {
  if (!file) return;
  if (file.size > given.mostBytes) {
    blame([{ text: `${shortened(file.name)} has ${bytes(file.size)}, limit is ${bytes(given.mostBytes)}` }]);
    return;
  }
  try {
    const { photo } = await (await ask("/photo", file)).json();
    dropped.set(photo, file.name);
    at("photo").append(element("option", { value: photo, title: file.name }, `${shortened(file.name)}, yours`));
    at("photo").value = photo;
    remember();
    update(true);
  } catch (error) {
    blame([{ text: reasonOf(error) }]);
  }
}

function move(x, y) {
  const within = (n) => Math.min(1, Math.max(0, n));
  loupe = { x: within(x), y: within(y) };
  look();
}

function listen() {
  at("preset").addEventListener("change", () => choose(at("preset").value));
  at("photo").addEventListener("change", () => {
    remember();
    update(true);
  });
  at("file").addEventListener("change", () => drop(at("file").files[0]));
  at("reset").addEventListener("click", () => {
    for (const { put, own } of controls.values()) put(own);
    for (const [field, { own }] of controls) values[field] = own;
    update(false);
  });
  at("fields").addEventListener("submit", (event) => event.preventDefault());
  at("split").addEventListener("input", () => result.style.setProperty("--split", `${at("split").value}%`));
  for (const kind of ["pointermove", "pointerdown"]) {
    stage.addEventListener(kind, ({ clientX, clientY }) => {
      const box = stage.getBoundingClientRect();
      move((clientX - box.left) / box.width, (clientY - box.top) / box.height);
    });
  }
  stage.addEventListener("keydown", (event) => {
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    if (!x && !y) return;
    event.preventDefault();
    move(loupe.x + x / 50, loupe.y + y / 50);
  });
  addEventListener("resize", look);
  // A file that misses the page would be opened in its place.
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    addEventListener(kind, (event) => {
      event.preventDefault();
      document.body.classList.toggle("dropping", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") drop(event.dataTransfer.files[0]);
    });
  }
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(at(button.dataset.copies).textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
}

async function read() {
  const response = await fetch("/gallery/playground.json", { cache: "no-store" });
  if (!response.ok) throw new Error(`playground.json: ${response.status}`);
  given = await response.json();
  at("preset").replaceChildren(...given.presets.map(({ name, source }) => element("option", { value: name }, source ? `${name}, source ${source}` : name)));
}

// follow takes the presets that are in force now, and keeps what was changed of them here.
async function follow() {
  const fields = changed();
  await read();
  choose(preset.name, fields);
}

async function start() {
  await read();
  at("photo").append(...given.photos.map(({ name, source }, i) => element("option", { value: i, title: name }, shortened(name) + (source ? `, source ${source}` : ""))));
  const said = new URLSearchParams(location.hash.slice(1));
  const photo = given.photos.findIndex(({ name }) => name === said.get("photo"));
  if (photo >= 0) at("photo").value = photo;
  listen();
  choose(said.get("preset"));
  if (given.live) hearPresets(given.live, () => follow().catch((error) => blame([{ text: reasonOf(error) }])));
}

start().catch((error) => {
  at("mistakes").hidden = false;
  at("mistakes").textContent = reasonOf(error);
});
