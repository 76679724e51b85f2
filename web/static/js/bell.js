/* Mijn opvang: says at once that somebody holds a place here, asks for one, waits for an answer, or was promised a place that
   there is not. It rings, and rings again for a request that nobody has opened. A change that was made on this page itself is no
   news. */
(() => {
  "use strict";
  const OWN_TAP_MS = 15e3;
  const MINUTE = 60e3;
  const GAP = 16;
  const { ask } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const list = byId("bell");
  const title = document.title;
  const news = () => [...document.querySelectorAll(".tile[data-claim], [data-news]")];
  const namesOf = ({ id, dataset }) =>
    dataset.claim ? [dataset.claim] : dataset.news.split(" ").map((word) => `${id} ${word}`);
  const own = new Map(); // tile id → the moment at which this page asked to hold the place
  const known = new Set(news().flatMap(namesOf)); // ended claims too: undoing a tap may bring its hold back

  function compare() {
    const present = news();
    const isOwn = ({ id }) => performance.now() - own.get(id) < OWN_TAP_MS;
    for (const told of [...list.children]) if (!present.some((one) => `${namesOf(one)}` === told.dataset.of)) told.remove();
    const fresh = present.filter((one) => namesOf(one).some((name) => !known.has(name)) && !isOwn(one));
    for (const name of present.flatMap(namesOf)) known.add(name);
    for (const one of fresh) tell(one);
    if (fresh.length) ring();
    mark();
  }
  // A request that appears in view needs words for a screen reader only. Other news gets a line that stays on the page.
  function isSeen(one) {
    const { top, height } = one.getBoundingClientRect();
    const covered = Math.max(0, list.getBoundingClientRect().bottom); // by the lines, while they stay at the top of the screen
    return !one.dataset.claim && !document.hidden && height > 0 && top > covered && top < innerHeight / 2;
  }
  // What is jumped to lands below the lines.
  new ResizeObserver(() => {
    document.documentElement.style.scrollPaddingTop = list.offsetHeight ? `${list.offsetHeight + GAP}px` : "";
  }).observe(list);
  function tell(one) {
    if (isSeen(one)) {
      const line = { className: "hidden", textContent: one.dataset.told };
      return list.append(Object.assign(document.createElement("p"), line));
    }
    const told = byId(one.dataset.claim ? "bell-item" : "bell-ask").content.firstElementChild.cloneNode(true);
    const text = told.querySelector("[data-text]");
    const link = told.querySelector("a");
    const values = {
      place: one.querySelector(".label")?.textContent,
      time: one.querySelector("time")?.textContent,
      caller: one.dataset.for,
    };
    if (text) text.textContent = text.dataset.text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    if (link) {
      link.textContent = one.dataset.told;
      link.href = one.querySelector("a[href^='/staff/']")?.href ?? `#${one.id}`;
    }
    told.dataset.of = namesOf(one);
    for (const seen of told.querySelectorAll("a, button")) {
      seen.onclick = () => {
        told.remove();
        if (byId(one.id)?.dataset.open) open(byId(one.id));
      };
    }
    list.append(told);
  }
  // The title says how many requests wait for an answer, because this page may be one of many tabs.
  function mark() {
    const count = Number(byId("asked")?.dataset.count);
    const text = (count ? `● ${count} – ` : "") + title;
    if (document.title !== text) document.title = text;
  }

  // --- a request that nobody of the shelter has opened yet rings again each minute. A touch or a key on its card opens it, for all
  // their pages. Being in view is not enough: the phone may lie on a table.
  const opened = new Set(); // cards that were opened on this page
  const sent = new Set(); // those of them of which the server knows
  let rangAt = performance.now();
  function ring() {
    rangAt = performance.now();
    window.bedboard.ring([660, 880]);
  }
  async function open(card) {
    opened.add(card.id);
    if (sent.has(card.id)) return;
    sent.add(card.id);
    const answer = await ask(card, card.dataset.open, { method: "POST", fields: [], accepts: () => false });
    if (!answer?.isOk) sent.delete(card.id);
  }
  function remind() {
    const waiting = [...document.querySelectorAll("[data-rings]")];
    for (const card of waiting) if (opened.has(card.id)) open(card); // the server may not have heard of it
    if (waiting.some(({ id }) => !opened.has(id)) && performance.now() - rangAt >= MINUTE) ring();
  }
  const touch = ({ target, isTrusted }) => {
    const card = isTrusted && target.closest?.("[data-open]");
    if (card) open(card);
  };
  for (const kind of ["click", "keydown"]) addEventListener(kind, touch, true);
  setInterval(remind, 1000);

  addEventListener(
    "submit",
    ({ target }) => {
      if (!/\/holds?$/.test(target.action)) return;
      const chosen = [...target.querySelectorAll('[name^="places."]:checked')].map(({ name }) => `tile-${name.slice(7)}`);
      for (const id of [target.closest(".tile")?.id, ...chosen]) own.set(id, performance.now());
    },
    true,
  );
  document.addEventListener("bedboard:placed", compare);
  document.addEventListener("bedboard:covered", ring);
  mark();
})();
