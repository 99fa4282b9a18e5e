// Search and filters over the archive's rows. Everything is readable without this script.
"use strict";

(() => {
  const MOST_SHOWN = 200; // of the older runs; a search that finds more is asked to be narrower
  const form = document.querySelector(".filters");
  const status = document.querySelector(".matches");
  const table = document.querySelector("table[id]");
  if (!form || !table) return;

  const words = JSON.parse(form.dataset.words);
  const selects = [...form.querySelectorAll("select")];
  const search = form.elements.q;
  const pages = document.querySelector(".pages");
  const here = [...table.querySelectorAll("tr[data-facets]")].map((row) => ({
    row, facets: JSON.parse(row.dataset.facets), text: folded(row.textContent),
  }));
  const years = [...table.tBodies];
  let older = [];
  let next = pages ? pages.dataset.older : null;
  let loading = null;

  function folded(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").replace(/\s+/g, " ").toLowerCase();
  }

  // A script of older rows calls this; each names the next older one.
  window.growthmlRows = (page) => {
    const parser = document.createElement("template");
    for (const each of page.rows) {
      parser.innerHTML = `<table><tbody>${each.html}</tbody></table>`;
      const row = parser.content.querySelector("tr");
      older.push({ ...each, row, text: folded(row.textContent) });
    }
    next = page.older ? `index/${page.older}` : null;
  };

  function load() {
    if (loading || !next) return loading || Promise.resolve();
    loading = (async () => {
      while (next) {
        const script = document.createElement("script");
        script.src = next;
        next = null;
        await new Promise((resolve) => {
          script.onload = resolve;
          script.onerror = () => { status.dataset.lost = "1"; resolve(); };
          document.head.append(script);
        });
      }
      offer();
    })();
    return loading;
  }

  // The choices of each filter: what the rows have, in the order of the words.
  function offer() {
    for (const select of selects) {
      const found = new Set();
      for (const each of [...here, ...older]) (each.facets[select.name] || []).forEach((v) => found.add(v));
      const chosen = wanted.get(select.name) || select.value;
      const options = [...found].sort((a, b) => a.localeCompare(b));
      select.replaceChildren(new Option(words.all, ""), ...options.map((v) => new Option(words.values[v] || v, v)));
      select.value = found.has(chosen) ? chosen : "";
      select.parentElement.hidden = found.size === 0;
    }
  }

  function matches(each, terms, chosen) {
    return terms.every((term) => each.text.includes(term))
      && chosen.every(([name, value]) => (each.facets[name] || []).includes(value));
  }

  function apply() {
    const terms = [...folded(search.value).matchAll(/"([^"]+)"|([^\s"]+)/g)].map((m) => m[1] || m[2]);
    const chosen = selects.filter((s) => s.value).map((s) => [s.name, s.value]);
    const asked = terms.length > 0 || chosen.length > 0;
    let found = 0;
    for (const each of here) {
      each.row.hidden = asked && !matches(each, terms, chosen);
      found += each.row.hidden ? 0 : 1;
    }
    for (const year of years) {
      const rows = [...year.querySelectorAll("tr[data-facets]")];
      year.hidden = rows.length > 0 && rows.every((row) => row.hidden);
    }
    table.querySelectorAll("tbody[data-older]").forEach((body) => body.remove());
    const others = asked ? older.filter((each) => matches(each, terms, chosen)) : [];
    show(others.slice(0, MOST_SHOWN));
    if (pages) pages.hidden = asked;
    say(asked, found + others.length, others.length > MOST_SHOWN);
    remember(chosen);
  }

  function show(rows) {
    let body = null;
    for (const each of rows) {
      if (!body || body.dataset.year !== each.year) {
        body = document.createElement("tbody");
        body.dataset.year = each.year;
        body.dataset.older = "";
        const shown = years.at(-1);
        if (!shown || shown.hidden || shown.dataset.year !== each.year) body.append(heading(each.year));
        table.append(body);
      }
      body.append(each.row);
    }
  }

  function heading(year) {
    const row = document.createElement("tr");
    row.className = "year";
    const cell = document.createElement("th");
    cell.colSpan = table.tHead.rows[0].cells.length;
    cell.scope = "rowgroup";
    cell.textContent = year;
    row.append(cell);
    return row;
  }

  function say(asked, found, cut) {
    const all = here.length + older.length;
    const matching = words[table.dataset.noun || "runs"];
    let text = asked ? matching.replace("{found}", found).replace("{all}", all) : "";
    if (cut) text += words.cut.replace("{n}", MOST_SHOWN);
    if (status.dataset.lost) text += words.lost;
    status.textContent = text;
  }

  function remember(chosen) {
    const kept = new URLSearchParams();
    if (search.value) kept.set("q", search.value);
    chosen.forEach(([name, value]) => kept.set(name, value));
    const hash = kept.toString();
    if (hash === location.hash.slice(1)) return;
    try {
      history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch { /* some browsers allow it to no file */ }
  }

  function read() {
    return new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
  }

  let wanted = read();
  async function restore() {
    wanted = read();
    search.value = wanted.get("q") || "";
    for (const select of selects) select.value = "";
    offer();
    if ([...wanted].length > 0) await load();
    offer();
    wanted = new URLSearchParams();
    apply();
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("focusin", () => { load().then(apply); });
  form.addEventListener("input", () => { load().then(apply); });
  window.addEventListener("hashchange", () => { restore(); });
  document.addEventListener("keydown", (event) => {
    const typing = /^(input|select|textarea)$/i.test(document.activeElement?.tagName || "");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
    if (event.key === "Escape" && document.activeElement === search && search.value) {
      search.value = "";
      apply();
    }
  });
  restore();
})();
