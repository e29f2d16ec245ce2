
// What the reader does with the page: filters, order, the cases, the address, renewal.

(() => {
  const by = (id) => document.getElementById(id);
  const table = by("rows"), body = table.tBodies[0], shown = by("shown"), nothing = by("nothing"), box = by("q");
  const dialog = by("case"), inside = by("case-body");
  const facets = ["when", "unit", "owner", "rule"];
  const selects = facets.map(by), slash = by("slash");
  const epoch = (iso) => Date.parse(iso + "T00:00:00Z") / 864e5;
  const today = epoch(table.dataset.today), ahead = epoch(table.dataset.ahead);
  const places = { overdue: 1, today: 1, ahead: 1, later: 1, none: 1 };

  // The rows, read once: the day and the places of unit, owner and rule stand in one attribute of each.
  const rows = Array.from(body.rows, (tr, order) => {
    const [day, unit, owner, rule] = tr.dataset.k.split(" ");
    const due = day === "" ? null : Number(day);
    const place = due === null ? "none" : due < today ? "overdue" : due === today ? "today" : due <= ahead ? "ahead" : "later";
    return { tr, order, due, place, unit, owner, rule, text: null, off: tr.hidden };
  });
  const STEP = Number(table.dataset.step), more = by("more");
  let ordered = rows, limit = STEP;
  const state = { q: "", when: "", unit: "", owner: "", rule: "", sort: "due", down: false };
  let open = -1, written = null;

  // What narrows

  const days = new Map();
  for (const option of selects[0].options) {
    if (option.value && !places[option.value]) { days.set(option.value, epoch(option.value)); }
  }
  const fits = [
    (row) => state.when === "" || (places[state.when] ? row.place === state.when : row.due === days.get(state.when)),
    (row) => state.unit === "" || row.unit === state.unit,
    (row) => state.owner === "" || row.owner === state.owner,
    (row) => state.rule === "" || row.rule === state.rule,
  ];
  const words = () => state.q.toLowerCase().split(/\s+/).filter(Boolean);
  const says = (row, wanted) => {
    if (row.text === null) { row.text = Array.from(row.tr.cells, (cell) => cell.textContent).join(" ").toLowerCase(); }
    return wanted.every((word) => row.text.includes(word));
  };

  const choices = Array.from(document.querySelectorAll("button[data-f]"), (button) => ({
    button, facet: facets.indexOf(button.dataset.f), value: button.dataset.v, tile: button.classList.contains("tile"),
    total: button.querySelector("i") || button.querySelector(".count"), late: button.querySelector("b"),
    bars: button.querySelectorAll("rect"),
  }));

  const narrow = () => {
    const wanted = words(), counts = facets.map(() => new Map());
    const add = (facet, value, late) => {
      const found = counts[facet].get(value) || [0, 0];
      found[0] += late;
      found[1] += 1;
      counts[facet].set(value, found);
    };
    const count = (facet, row) => {
      const late = row.place === "overdue" ? 1 : 0;
      if (facet > 0) { add(facet, row[facets[facet]], late); return; }
      add(0, row.place, late);
      if (row.due !== null && row.place !== "overdue") { add(0, row.due, 0); }
    };
    let number = 0;
    for (const row of ordered) {
      const said = wanted.length === 0 || says(row, wanted);
      let missed = 0, which = -1;
      for (let n = 0; said && n < 4; n += 1) { if (!fits[n](row)) { missed += 1; which = n; } }
      const fit = said && missed === 0, off = !fit || number >= limit;
      if (off !== row.off) { row.off = off; row.tr.hidden = off; }
      if (fit) { number += 1; for (let n = 0; n < 4; n += 1) { count(n, row); } }
      else if (said && missed === 1) { count(which, row); }
    }
    show(counts);
    tell(number);
  };

  const show = (counts) => {
    const most = [0, 0, 0, 0];
    const of = (choice) => {
      const key = choice.facet === 0 && days.has(choice.value) ? days.get(choice.value) : choice.value;
      return counts[choice.facet].get(key) || [0, 0];
    };
    for (const choice of choices) { if (!choice.tile) { most[choice.facet] = Math.max(most[choice.facet], of(choice)[1]); } }
    for (const choice of choices) {
      const [late, total] = of(choice);
      choice.button.setAttribute("aria-pressed", String(state[facets[choice.facet]] === choice.value));
      choice.total.textContent = total.toLocaleString("en-GB");
      if (choice.tile) { continue; }
      choice.button.classList.toggle("nil", total === 0);
      choice.late.textContent = late ? late.toLocaleString("en-GB") : "";
      if (late) { choice.late.append(made("span", { class: "hush" }, " overdue of")); }
      const per = most[choice.facet] ? 100 / most[choice.facet] : 0;
      choice.bars[0].setAttribute("width", late * per);
      choice.bars[1].setAttribute("x", late * per);
      choice.bars[1].setAttribute("width", (total - late) * per);
    }
  };

  const tell = (number) => {
    const told = facets.filter((name) => state[name] !== "").map(named);
    if (state.q.trim()) { told.push("\u201c" + state.q.trim() + "\u201d"); }
    const noun = rows.length === 1 ? "obligation" : "obligations", all = rows.length.toLocaleString("en-GB");
    const first = number > limit ? "; the first " + limit.toLocaleString("en-GB") + " are shown" : "";
    shown.textContent = (told.length
      ? number.toLocaleString("en-GB") + " of " + all + " " + noun + ": " + told.join(", ")
      : all + " " + noun + (state.sort === "due" && !state.down ? ", most overdue first" : "")) + first;
    by("only").textContent = told.length ? "Counted here: " + told.join(", ") : "";
    nothing.hidden = number > 0;
    more.hidden = number <= limit;
    more.firstElementChild.textContent = (number - limit).toLocaleString("en-GB") + " more are not shown yet.";
  };
  const named = (name) => (name === "when" || "none" in chosen(name).dataset ? "" : name + " ") + chosen(name).text;
  const chosen = (name) => by(name).selectedOptions[0] || { text: "" };

  // What sorts

  const names = new Intl.Collator("en-GB", { numeric: true });
  const label = (name, place) => { const option = by(name).options[Number(place) + 1]; return option ? option.text : ""; };
  const keys = {
    due: (row) => row.order,
    case: (row) => row.tr.cells[1].textContent,
    rule: (row) => label("rule", row.rule),
    owner: (row) => label("owner", row.owner),
    unit: (row) => label("unit", row.unit),
  };
  const sort = () => {
    for (const head of table.tHead.rows[0].cells) {
      const mine = head.firstElementChild.dataset.sort === state.sort;
      head.setAttribute("aria-sort", mine ? (state.down ? "descending" : "ascending") : "none");
    }
    const key = keys[state.sort], sign = state.down ? -1 : 1;
    const keyed = rows.map((row) => [key(row), row]);
    const compare = state.sort === "due" ? (a, b) => a - b : names.compare;
    keyed.sort((a, b) => sign * compare(a[0], b[0]) || a[1].order - b[1].order);
    ordered = keyed.map(([, row]) => row);
    const all = document.createDocumentFragment();
    for (const row of ordered) { all.append(row.tr); }
    body.append(all);
  };

  // The address keeps the view; what it says counts only where it is known here.

  const write = () => {
    const told = new URLSearchParams();
    if (state.when) { told.set("when", state.when); }
    for (const name of facets.slice(1)) {
      if (state[name] !== "") { told.set(name, "none" in chosen(name).dataset ? "" : chosen(name).text); }
    }
    if (state.q.trim()) { told.set("q", state.q); }
    if (state.sort !== "due" || state.down) { told.set("sort", (state.down ? "-" : "") + state.sort); }
    if (!slash.checked) { told.set("keys", "off"); }
    if (open >= 0) { told.set("case", stories().id(open)); }
    written = told.toString();
    if (location.hash.slice(1) !== written) { location.replace("#" + written); }
  };
  const read = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    const when = told.get("when") || "";
    state.when = places[when] === 1 || days.has(when) ? when : "";
    for (const name of facets.slice(1)) {
      const wanted = told.get(name);
      const option = wanted === null ? undefined : Array.from(by(name).options).slice(1).find((one) =>
        wanted === "" ? "none" in one.dataset : !("none" in one.dataset) && one.text === wanted);
      state[name] = option ? option.value : "";
    }
    state.q = (told.get("q") || "").slice(0, 200);
    const order = told.get("sort") || "due";
    state.down = order.startsWith("-");
    state.sort = order.slice(state.down ? 1 : 0);
    if (!Object.hasOwn(keys, state.sort)) { state.sort = "due"; state.down = false; }
    slash.checked = told.get("keys") !== "off";
    return told.get("case");
  };
  const fill = () => {
    box.value = state.q;
    facets.forEach((name, n) => { selects[n].value = state[name]; });
  };
  const turn = () => { limit = STEP; fill(); narrow(); write(); };
  const follow = (first) => {
    const id = read();
    fill();
    if (!first || state.sort !== "due" || state.down) { sort(); }
    if (!first || location.hash.length > 1) { limit = STEP; narrow(); }
    const place = id === null ? -1 : stories().place(id);
    if (place >= 0) { unfold(place); } else if (dialog.open) { dialog.close(); }
  };
  const clear = () => { for (const name of ["q", ...facets]) { state[name] = ""; } turn(); };

  // One case: the block of all timelines is read when the first is opened.

  let known = null;
  const stories = () => { known = known || timelines(by("timelines").textContent, today); return known; };
  const unfold = (place) => {
    by("case-h").textContent = "Case " + stories().id(place);
    inside.replaceChildren(...stories().show(place));
    open = place;
    write();
    if (!dialog.open) { dialog.append(by("renewal")); dialog.showModal(); }  // nothing behind it would be seen
    dialog.scrollTop = 0;
  };

  // What the reader does

  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();  // its address would take the place of the view
    by("due").focus();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button === null) { return; }
    if (button.dataset.f) {
      const facet = button.dataset.f, value = button.dataset.v;
      state[facet] = state[facet] === value ? "" : value;
      turn();
    } else if (button.dataset.sort) {
      state.down = state.sort === button.dataset.sort && !state.down;
      state.sort = button.dataset.sort;
      sort();
      turn();
    } else if (button.dataset.case) { unfold(Number(button.dataset.case)); }
    else if (button.dataset.more) {
      const last = limit;
      limit = button.dataset.more === "all" ? rows.length : limit + STEP;
      narrow();
      const next = ordered.filter((row) => !row.off)[last];
      const there = next === undefined ? null : next.tr.querySelector("button");
      if (there !== null) { there.focus({ preventScroll: true }); }
    } else if (button.id === "clear") { clear(); box.focus(); }
    else if (button.id === "shut") { dialog.close(); }
  });
  dialog.addEventListener("close", () => { open = -1; by("pause").before(by("renewal")); inside.replaceChildren(); write(); });
  box.addEventListener("input", () => { state.q = box.value.slice(0, 200); limit = STEP; narrow(); write(); });
  slash.addEventListener("change", write);
  facets.forEach((facet, n) => selects[n].addEventListener("change", () => { state[facet] = selects[n].value; turn(); }));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) { return; }
    const at = document.activeElement, typing = at !== null && at.matches("input, select");
    if (event.key === "/" && !typing && slash.checked) { event.preventDefault(); box.focus(); box.select(); }
    else if (event.key === "Escape") { clear(); }
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && at !== null && at.matches(".choice, .case")) {
      const line = at.closest("tr, li");
      const step = event.key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
      let next = line[step];
      while (next !== null && (next.hidden || next.querySelector("button") === null)) { next = next[step]; }
      if (next !== null) { event.preventDefault(); next.querySelector("button").focus(); }
    }
  });
  window.addEventListener("hashchange", () => { if (location.hash.slice(1) !== written) { follow(false); } });
  const paper = by("paper");
  let folded = [], before = limit;
  window.addEventListener("beforeprint", () => {
    before = limit;
    if (!dialog.open && !more.hidden) { limit = rows.length; narrow(); }
    folded = Array.from(document.querySelectorAll("details.numbers:not([open])"));
    for (const one of folded) { one.open = true; }
    // A dialog lies over the page and is cut off at its first sheet: what it shows is printed as part of the page.
    paper.replaceChildren(...(dialog.open ? [made("h2", {}, by("case-h").textContent), ...Array.from(inside.childNodes, (one) => one.cloneNode(true))] : []));
    paper.hidden = !dialog.open;
    document.body.classList.toggle("one", dialog.open);
  });
  window.addEventListener("afterprint", () => {
    for (const one of folded) { one.open = false; }
    if (limit !== before) { limit = before; narrow(); }
    document.body.classList.remove("one");
    paper.replaceChildren();
    paper.hidden = true;
  });

  // A page that a server keeps is renewed when the log has grown; what the reader did stays.

  const renew = () => {
    const title = document.title;
    const root = document.documentElement, note = by("renewal"), pause = by("pause"), KEPT = "cinctl-board";
    let since = null, paused = false;
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.textContent = paused ? "Renew it again" : "Leave it as it is";
      say(paused ? "Not renewed, as you asked." : "");
      since = null;
    });
    const say = (text) => {
      note.textContent = text;
      document.title = (text ? "Not renewed: " : "") + title;
    };
    const keep = () => {
      const at = document.activeElement;
      const kept = { y: scrollY, limit, id: at === null ? "" : at.id, row: at !== null && at.matches("#rows .case") ? at.textContent : "" };
      try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* a browser that keeps nothing */ }
      location.reload();
    };
    const ask = async () => {
      if (paused) { setTimeout(ask, 2000); return; }
      try {
        const answer = await fetch("head", { cache: "no-store", credentials: "omit", redirect: "error" });
        if (answer.status === 503 && !paused) { keep(); return; } // its page says what is wrong, and comes back by itself
        const text = answer.ok ? (await answer.text()).trim() : "";
        if (!text) { throw new Error("no answer"); }
        since = null;
        const newer = text !== root.dataset.stamp ? "Something changed since: close the case to see the board as it is now." : "";
        if (note.textContent !== newer && !paused && (dialog.open || !newer)) { say(newer); }
        if (text !== root.dataset.stamp && !paused && !dialog.open) { keep(); return; }
      } catch {
        if (since === null && !paused) {
          since = new Date();
          say("No longer renewed since " + since.toLocaleTimeString("en-GB") + ": the server does not answer.");
        }
      }
      setTimeout(ask, 2000);
    };
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
      sessionStorage.removeItem(KEPT);
      if (kept !== null && !dialog.open) {
        if (kept.limit > limit) { limit = kept.limit; narrow(); }
        const again = by(kept.id) || (kept.row && Array.from(table.querySelectorAll(".case")).find((one) => one.textContent === kept.row));
        if (again) { again.focus({ preventScroll: true }); }
        scrollTo({ top: kept.y, behavior: "instant" });
      }
    } catch { /* nothing was kept */ }
    setTimeout(ask, 2000);
  };

  follow(true);
  if ("live" in document.documentElement.dataset) { renew(); }
})();
