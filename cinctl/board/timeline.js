
"use strict";
// The timeline of one case: who leads it, a chart of what happened and of its clocks, and both as tables.

const made = (tag, marks, ...children) => {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(marks || {})) { one.setAttribute(name, value); }
  one.append(...children);
  return one;
};
const drawn = (tag, marks, ...children) => {
  const one = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(marks)) { one.setAttribute(name, value); }
  one.append(...children);
  return one;
};

const timelines = (block, today) => {
  const told = JSON.parse(block);
  const WEEK = "Sun Mon Tue Wed Thu Fri Sat".split(" ");
  const YEAR = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const day = (number) => {
    const at = new Date(number * 864e5);
    return WEEK[at.getUTCDay()] + " " + at.getUTCDate() + " " + YEAR[at.getUTCMonth()] + " " +
      String(at.getUTCFullYear()).padStart(4, "0");
  };
  const SIGNS = ["\u2713", "!", "\u00d7", "\u25b2", "\u25cb", "\u25cb", "\u2013"];
  const MEANS = ["met in time", "met late", "ended", "overdue", "running", "running", "no date"];
  const RANK = [5, 5, 5, 0, 1, 2, 3];
  const clock = (one) => ({
    rule: told.rules[one[0]], from: one[1], status: one[2], due: one[3] ?? null, end: one[4] ?? null,
    owner: one[5] === undefined || one[5] === null ? "" : told.names[one[5]], waived: one[6] ?? null,
    late: one[7] === undefined ? "" : told.names[one[7]],
  });

  const outcome = (one) => {
    const ends = one.end === null ? "" : ", " + day(one.end);
    const waived = one.waived === null ? "" : "; waived until " + day(one.waived);
    const late = one.late ? (one.late.startsWith("in ") ? ", due " : ", ") + one.late : "";
    const means = one.status === 0 && one.due === null ? "met" : MEANS[one.status];
    return SIGNS[one.status] + " " + means + late + ends + waived;
  };

  const name = (place) => (place === null || place === undefined ? "none" : told.names[place]);
  const show = (place) => {
    const [, standing, lead, supervisor, unit, referred, happened, duties] = told.cases[place];
    const clocks = duties.map(clock);
    const events = happened.map(([on, kind, who]) => ({ on, kind: told.kinds[kind], who: who === undefined ? "" : name(who) }));
    const about = [["Lead", name(lead)], ["Supervisor", name(supervisor)], ["Unit", name(unit)], ["State", standing || "unknown"]];
    if (referred !== null) { about.push(["Referred", day(referred)]); }
    const parts = [made("dl", {}, ...about.map(([what, value]) => made("div", {}, made("dt", {}, what), made("dd", {}, value))))];
    if (events.length || clocks.length) {
      const marks = { class: "scroll", tabindex: "0", role: "group", "aria-label": "Chart, scrolls sideways" };
      parts.push(legend(), made("div", marks, chart(events, clocks)));
    }
    return [...parts, made("h3", {}, "Clocks"), clockTable(clocks), made("h3", {}, "What happened"), eventTable(events)];
  };
  const legend = () => made("ul", { class: "key", "aria-label": "Signs" },
    ...[0, 1, 3, 5, 6, 2].map((n) => made("li", {}, SIGNS[n] + " " + MEANS[n])), made("li", {}, "\u25cf something happened"));
  const grid = (heads, lines) => {
    for (const line of lines) { Array.from(line.cells, (cell, n) => cell.setAttribute("data-head", heads[n])); }
    return made("table", {}, made("thead", {}, made("tr", {}, ...heads.map((head) => made("th", { scope: "col" }, made("strong", {}, head))))),
    made("tbody", {}, ...lines));
  };
  const clockTable = (clocks) => {
    const order = [...clocks].sort((a, b) => RANK[a.status] - RANK[b.status] ||
      (RANK[a.status] < 5 ? (a.due ?? 1e9) - (b.due ?? 1e9) : b.end - a.end));
    return order.length === 0 ? made("p", {}, "None.") : grid(["What to do", "From", "Due", "Came of it", "Owner"], order.map((one) => made("tr", {},
      made("th", { scope: "row" }, one.rule[2], made("br"), made("small", {}, one.rule[0] + (one.rule[1] && one.rule[1] !== one.rule[0] ? " \u00b7 " + one.rule[1] : ""))),
      made("td", { class: "day" }, day(one.from)), made("td", { class: "day" }, one.due === null ? "no date" : day(one.due)),
      made("td", one.status === 1 || one.status === 3 ? { class: "bad" } : {}, outcome(one)), made("td", {}, one.owner || "\u2013"))));
  };
  const eventTable = (events) => (events.length === 0 ? made("p", {}, "Nothing that can be shown.") :
    grid(["Day", "What", "By"], [...events].reverse().map((one) => made("tr", {},
      made("td", { class: "day" }, day(one.on)), made("th", { scope: "row" }, one.kind), made("td", {}, one.who || "\u2013")))));

  // The chart of one case: a lane for what happened, and one for the clocks of each rule.

  const WIDE = 1000, LEFT = 150, RIGHT = 24, LANE = 20;
  const chart = (events, clocks) => {
    const ends = clocks.flatMap((one) => [one.from, one.end ?? today, one.end === null ? one.due ?? today : one.from]);
    const all = [...events.map((one) => one.on), ...ends, today];
    const first = all.reduce((a, b) => Math.min(a, b)), last = Math.max(all.reduce((a, b) => Math.max(a, b)), first + 14);
    const x = (at) => LEFT + ((at - first) / (last - first)) * (WIDE - LEFT - RIGHT);
    const lanes = laid(clocks), high = 62 + LANE * lanes.length + 8;
    const svg = drawn("svg", { class: "line", viewBox: "0 0 " + WIDE + " " + high, role: "img",
      "aria-label": "Timeline from " + day(first) + " to " + day(last) + ". The two tables below say the same." });
    for (const [at, text] of months(first, last)) {
      svg.append(drawn("line", { class: "grid", x1: x(at), x2: x(at), y1: 18, y2: high }), drawn("text", { class: "axis", x: x(at) + 3, y: 13 }, text));
    }
    svg.append(drawn("text", { x: 0, y: 42 }, "what happened"));
    for (const one of events) {
      svg.append(drawn("circle", { class: "dot", cx: x(one.on), cy: 38, r: 5 }, drawn("title", {}, day(one.on) + ": " + one.kind)));
    }
    lanes.forEach((lane, n) => {
      const y = 62 + LANE * n;
      if (lane.label) { svg.append(drawn("text", { x: 0, y: y + 12 }, lane.label.length > 22 ? lane.label.slice(0, 21) + "\u2026" : lane.label)); }
      for (const one of lane.clocks) { svg.append(bar(one, x, y)); }
    });
    svg.append(drawn("line", { class: "now", x1: x(today), x2: x(today), y1: 18, y2: high }),
      drawn("text", { class: "nowt", x: x(today) - 4, y: 26, "text-anchor": "end" }, "today"));
    return svg;
  };
  const laid = (clocks) => {
    const lanes = [], of = new Map();
    for (const one of [...clocks].sort((a, b) => a.from - b.from)) {
      const mine = of.get(one.rule[0]) || [];
      of.set(one.rule[0], mine);
      const end = Math.max(one.end ?? today, one.due ?? 0);
      const free = mine.find((lane) => lane.until <= one.from);
      if (free) { free.clocks.push(one); free.until = end; } else { mine.push({ label: mine.length ? "" : one.rule[0], clocks: [one], until: end }); }
    }
    for (const mine of of.values()) { lanes.push(...mine); }
    return lanes;
  };
  const months = (first, last) => {
    const found = [], step = Math.max(1, Math.ceil((last - first) / 30 / 11));
    const at = new Date(first * 864e5);
    for (let n = at.getUTCFullYear() * 12 + at.getUTCMonth() + 1; found.length < 60; n += step) {
      const number = Date.UTC(Math.floor(n / 12), n % 12, 1) / 864e5;
      if (number > last) { break; }
      found.push([number, YEAR[n % 12] + (n % 12 < step ? " " + Math.floor(n / 12) : "")]);
    }
    return found;
  };
  const bar = (one, x, y) => {
    const group = drawn("g", {}, drawn("title", {}, one.rule[0] + ", " + outcome(one) + (one.due === null ? "" : ", due " + day(one.due))));
    const rect = (kind, from, to) => group.append(drawn("rect", { class: kind, x: x(from), y: y + 3, width: Math.max(x(to) - x(from), 3), height: 11, rx: 2 }));
    const dash = (kind, from, to) => group.append(drawn("line", { class: kind, x1: x(from), x2: Math.max(x(to), x(from) + 3), y1: y + 8.5, y2: y + 8.5 }));
    const end = one.end ?? today, bad = one.status === 1 || one.status === 3;
    if (one.due === null) { dash("wait", one.from, end); }
    else if (bad) { rect(one.status === 1 ? "done" : "run", one.from, Math.max(one.due, one.from)); dash("over", Math.max(one.due, one.from), end); }
    else { rect(one.status === 0 ? "done" : one.status === 2 ? "cut" : "run", one.from, end); rect(one.end === null ? "track open" : "track", one.from, Math.max(one.due, one.from)); }
    const at = one.end === null && one.due !== null ? Math.max(one.due, end) : end;
    group.append(drawn("text", { class: bad ? "bad" : "axis", x: x(at) + 2, y: y + 13 }, SIGNS[one.status]));
    return group;
  };

  return {
    id: (place) => told.cases[place][0],
    place: (id) => told.cases.findIndex((one) => one[0] === id),
    show,
  };
};
