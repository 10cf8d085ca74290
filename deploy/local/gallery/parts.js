"use strict";

// What the pages have alike.

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

// percent says how many more or fewer bytes there are than before.
function percent(now, before) {
  const n = Math.round((now / before - 1) * 100);
  return `${n < 0 ? "−" : n > 0 ? "+" : ""}${Math.abs(n)} %`;
}

// hearPresets calls back when the presets have changed, and says above the page what is wrong
// with those that were saved last. A page that nobody sees holds no connection: a browser has six
// to an address.
function hearPresets(url, changed) {
  let events = null, version = null;
  const wrong = element("p", { id: "presets-wrong", hidden: true });
  wrong.setAttribute("role", "alert");
  document.body.prepend(wrong);
  const hear = () => {
    events?.close();
    events = null;
    if (document.hidden) return;
    events = new EventSource(url);
    events.addEventListener("message", ({ data }) => {
      const now = JSON.parse(data);
      wrong.hidden = !now.mistakes;
      wrong.textContent = now.mistakes ? ["What was saved last is not in force:", ...now.mistakes].join("\n") : "";
      if (version !== null && now.version !== version) changed();
      version = now.version;
    });
  };
  document.addEventListener("visibilitychange", hear);
  hear();
}
