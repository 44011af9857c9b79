"use strict";
(() => {
  const root = document.documentElement, form = document.getElementById("filter"), output = form.querySelector("output");
  const none = document.getElementById("none"), theme = document.getElementById("theme");
  const rows = [];

  // -- rows: those of a large page come packed, and are unpacked one provider after the other
  function collect(section) {
    for (const element of section.querySelectorAll(".suite > details")) {
      const suite = element.parentNode, names = element.className.split(" ");
      rows.push({
        element, suite, provider: section, verdict: names[0], level: names[1], changed: names.includes("ch"),
        get text() { return this.kept ??= `${element.id} ${element.firstElementChild.textContent}`.toLowerCase(); },
      });
    }
  }
  const unpacked = new Map();
  function unpack(section) {
    if (!unpacked.has(section)) unpacked.set(section, unpackNow(section));
    return unpacked.get(section);
  }
  async function unpackNow(section) {
    const holder = section.querySelector("script.packed");
    if (!holder) return;
    const bytes = Uint8Array.from(atob(holder.textContent), char => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const template = document.createElement("template");
    template.innerHTML = await new Response(stream).text();
    holder.replaceWith(template.content);
    collect(section);
  }
  const sections = [...document.querySelectorAll(".provider")];
  for (const section of sections) if (!section.querySelector("script.packed")) collect(section);
  let all;
  const everything = () => all ??= (async () => {
    for (const section of sections) {
      await unpack(section);
      await new Promise(resolve => setTimeout(resolve));
    }
    root.dataset.ready = "1";
  })();

  // -- filter
  async function apply() {
    await everything();
    const data = new FormData(form), words = data.get("text").toLowerCase().split(/\s+/).filter(Boolean);
    const verdicts = new Set(data.getAll("verdict")), levels = new Set(data.getAll("level"));
    const provider = data.get("provider"), suite = data.get("suite"), changed = data.has("changed");
    const kept = new Set();
    let shown = 0;
    for (const row of rows) {
      const fits = verdicts.has(row.verdict) && levels.has(row.level) && (!changed || row.changed) &&
        (!provider || row.provider.id === provider) && (!suite || row.suite.dataset.suite === suite) &&
        words.every(word => row.text.includes(word));
      row.element.hidden = !fits;
      if (fits) { shown++; kept.add(row.suite).add(row.provider); }
    }
    for (const section of document.querySelectorAll(".suite, .provider")) section.hidden = !kept.has(section);
    output.value = shown === rows.length ? `${shown} requirements` : `${shown} of ${rows.length} requirements`;
    none.hidden = shown > 0;
  }
  let waiting;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  none.querySelector("button").addEventListener("click", () => { form.reset(); form.elements.text.focus(); });
  form.hidden = false;
  const clear = () => { root.style.scrollPaddingTop = getComputedStyle(form).position === "sticky" ? `${form.offsetHeight + 8}px` : ""; };
  addEventListener("resize", clear);
  clear();

  // -- addresses: open what is pointed at, even when a filter hides it
  async function follow() {
    let name;
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    for (const section of sections) if (name.startsWith(section.id)) await unpack(section);
    // The browser goes there by itself once all is loaded, and takes the focus away.
    if (document.readyState !== "complete") await new Promise(resolve => addEventListener("load", resolve, { once: true }));
    const element = name && document.getElementById(name);
    if (!element) return;
    if (element.closest("[hidden]")) { form.reset(); await apply(); }
    for (let each = element; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    if (element.tagName === "DETAILS") element.firstElementChild.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
    requestAnimationFrame(() => element.scrollIntoView({ block: "start" }));  // what lay outside had guessed heights
  }
  addEventListener("hashchange", follow);
  document.addEventListener("click", event => {  // the same address again
    const link = event.target.closest("a[href^='#']");
    if (link && decodeURIComponent(link.hash) === decodeURIComponent(location.hash)) follow();
  });

  // -- what an opened requirement gains: its sources in full, an address to pass on, buttons to copy
  function copy(text, button) {
    const done = word => { const was = button.textContent; button.textContent = word; setTimeout(() => { button.textContent = was; }, 1500); };
    const byHand = () => {
      const area = document.createElement("textarea");
      area.value = text;
      button.after(area);
      area.select();
      done(document.execCommand("copy") ? "Copied" : "Press Ctrl+C");
      area.remove();
      button.focus();
    };
    navigator.clipboard ? navigator.clipboard.writeText(text).then(() => done("Copied"), byHand) : byHand();
  }
  function button(label, name, text) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.setAttribute("aria-label", name);
    made.setAttribute("aria-live", "polite");
    made.addEventListener("click", () => copy(text(), made));
    return made;
  }
  document.addEventListener("toggle", event => {
    const details = event.target;
    if (!details.open || details.dataset.full || !details.parentNode.classList.contains("suite")) return;
    details.dataset.full = "1";
    for (const link of details.querySelectorAll(".src a")) {
      const source = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (source) link.replaceWith(...[...source.childNodes].map(node => node.cloneNode(true)));
    }
    for (const line of details.querySelectorAll(".curl"))
      line.append(button("Copy", line.classList.contains("again") ? "Copy the command" : "Copy the curl line",
        () => line.querySelector("code").textContent));
    const address = button("Copy address", "Copy the address of this requirement", () => `${location.href.split("#")[0]}#${details.id}`);
    (details.querySelector(".src") ?? details.firstElementChild.nextElementSibling ?? details).append(" ", address);
  }, true);

  // -- freshness
  const days = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  for (const time of document.querySelectorAll("time")) {
    const moment = Date.parse(time.dateTime);
    if (!Number.isNaN(moment)) time.append(` (${days.format(Math.round((moment - Date.now()) / 864e5), "day")})`);
  }

  // -- theme
  const themes = ["auto", "light", "dark"];
  function dress(name) {
    if (name === "auto") delete root.dataset.theme; else root.dataset.theme = name;
    theme.textContent = `Theme: ${name}`;
  }
  let chosen = "auto";
  try { chosen = localStorage.getItem("screentest-theme") ?? "auto"; } catch { /* not allowed here */ }
  dress(themes.includes(chosen) ? chosen : "auto");
  theme.addEventListener("click", () => {
    chosen = themes[(themes.indexOf(root.dataset.theme ?? "auto") + 1) % themes.length];
    dress(chosen);
    try { localStorage.setItem("screentest-theme", chosen); } catch { /* not allowed here */ }
  });
  theme.hidden = false;

  // -- paper: with what is broken opened
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = rows.filter(row => "fe".includes(row.verdict) && !row.element.hidden && !row.element.open);
    for (const row of opened) row.element.open = true;
  });
  addEventListener("afterprint", () => { for (const row of opened) row.element.open = false; });

  follow().then(() => setTimeout(everything));
})();
