/* Live news waits where it would move what somebody looks at: on the page of a case a new answer waits, folded, in its own card,
   and in the list of cases new and moved rows wait. A bar near the thumb brings them into view. */
(() => {
  "use strict";
  const USEFUL_FIRST = ["yes", "discuss", "lapsed", "silent", "no"]; // `ANSWERS_FIRST` of bedboard/views/case_rows.py
  const { isLookedAt, place } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const bar = byId("fresh");
  if (!bar) return;

  // --- the page of a case: its cards keep their order and their height
  const heights = new Map();
  const parts = (root) => [...(root.querySelector(".parts")?.children ?? [])];
  function keepCards(fresh, isPressed) {
    const before = parts(byId("case"));
    const cards = parts(fresh);
    const rank = ({ id }) => before.findIndex((one) => one.id === id) + 1 || Number.POSITIVE_INFINITY;
    // The line that leads to the first yes stands above all cards: it comes when the person has asked for the answers.
    const [jump, shown] = [fresh, byId("case")].map((root) => root.querySelector(".jump"));
    if (jump && !isPressed && (!shown || shown.hidden)) jump.hidden = true;
    fresh.querySelector(".parts").append(...cards.sort((a, b) => rank(a) - rank(b)));
    for (const card of cards) {
      const old = byId(card.id);
      if (!old || isPressed) continue;
      if ("folded" in old.dataset || old.dataset.says !== card.dataset.says) card.dataset.folded = "";
      heights.set(card.id, old.offsetHeight); // set on the page itself: a style in the answer is against the policy
    }
  }
  function unfold(card) {
    delete card.dataset.folded;
    card.style.minHeight = "";
    const jump = document.querySelector(".jump");
    if (jump && !folded().length) jump.hidden = false;
  }
  const folded = () => parts(document).filter(({ dataset }) => "folded" in dataset);
  function showAnswers() {
    const list = parts(byId("case"));
    const rank = ({ dataset }) => USEFUL_FIRST.indexOf(dataset.says);
    const first = folded().sort((a, b) => rank(a) - rank(b))[0];
    for (const card of list) unfold(card);
    list[0].parentNode.append(...list.sort((a, b) => rank(a) - rank(b)));
    see(first);
  }

  // --- the list of cases: rows keep their place, and rows that are over stay until the person asks for the list as it is now
  let waiting;
  const rowsOf = (root) =>
    [...root.querySelectorAll("article")].map((row) => `${row.parentNode.firstElementChild.id}/${row.id}`);
  function keepRows(fresh) {
    const before = rowsOf(byId("cases"));
    const after = rowsOf(fresh);
    const other = after.filter((row) => !before.includes(row));
    waiting = null;
    if (`${before}` === `${after}` || !isLookedAt()) return;
    waiting = { html: fresh.outerHTML, ids: other.map((row) => row.split("/").at(-1)) };
    const kept = byId("cases").cloneNode(true);
    for (const row of kept.querySelectorAll("article")) {
      const next = fresh.querySelector(`#${row.id}`);
      if (next) row.replaceWith(next);
      else row.classList.add("gone");
    }
    fresh.replaceWith(kept);
  }
  function showRows() {
    const { html, ids } = waiting;
    waiting = null;
    place(html);
    see(byId(ids[0]) ?? byId("cases"));
  }

  function see(element) {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "center" });
    tell();
  }
  function tell() {
    const answers = folded();
    const yes = answers.filter(({ dataset }) => dataset.says === "yes").length;
    const [count, word] = waiting ? [waiting.ids.length, "row"] : yes ? [yes, "yes"] : [answers.length, "answer"];
    bar.hidden = !waiting && !answers.length;
    const text = bar.hidden ? "" : bar.dataset[count === 1 ? word : count ? `${word}s` : "other"].replace("#", count);
    if (bar.firstElementChild.textContent !== text) bar.firstElementChild.textContent = text;
  }
  document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
    const [fresh, rows] = ["#case", "#cases"].map((id) => tasks[0]?.fragment?.querySelector(id));
    if (rows && byId("cases")) keepRows(rows);
    if (!fresh || fresh.dataset.state !== byId("case")?.dataset.state || !parts(fresh).length) return;
    keepCards(fresh, !!ctx.press);
  });
  document.addEventListener("bedboard:placed", () => {
    for (const [id, height] of heights) if (byId(id)) byId(id).style.minHeight = `${height}px`;
    heights.clear();
    tell();
  });
  document.addEventListener("click", ({ target }) => {
    if (target.closest("#fresh")) return waiting ? showRows() : showAnswers();
    const card = target.closest(".unfold")?.closest(".part");
    if (!card) return;
    unfold(card);
    see(card);
  });
})();
