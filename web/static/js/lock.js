/* Covers the page when its session is locked, or has ended. The server decides that (live.js hears it); a page that hears nothing
   covers itself when nobody has touched any page of this browser for as long. The page stays below the cover, hidden from every
   reader, so that what was typed is still there after unlocking. Without this script the server answers with the cover alone.
   It also tells the person on every page that a passkey was added. */
(() => {
  "use strict";
  const SECOND = 1e3;
  const root = document.documentElement;
  const cover = document.getElementById("lock");
  const form = cover.querySelector('[action="/unlock"]');
  const [heading, news, said] = ["h1", "[data-news]", "[data-outcome]"].map((part) => cover.querySelector(part));
  const { person } = cover.dataset;
  const idle = Number(cover.dataset.idleSeconds ?? Infinity) * SECOND; // the sessions of a shift and of a wall do not lock
  const isWhole = "cover" in root.dataset; // there is no page below: this was the answer to a locked session
  let isLocked; // the server says so
  let left;
  let count = 0;

  // --- the last touch in any tab of this browser. Each clock of a device can miss something: a sleep, or a change of the hour
  const tabs = new BroadcastChannel("bedboard:session");
  let touched;
  const note = () => (touched = [performance.now(), Date.now()]);
  function touch({ isTrusted }) {
    look(); // the device may have slept since the last look
    if (!isTrusted || "cover" in root.dataset) return;
    if (performance.now() - touched[0] > SECOND) tabs.postMessage({ person });
    note();
  }
  function look() {
    if (Math.max(performance.now() - touched[0], Date.now() - touched[1]) >= idle) shut();
  }

  function put(state) {
    left ??= { title: document.title, scroll: scrollY, focused: document.activeElement };
    root.dataset.cover = state;
    cover.hidden = false;
    cover.focus({ preventScroll: true });
  }
  function shut() {
    if ("cover" in root.dataset) return;
    put("locked");
    document.title = heading.textContent;
  }
  function open() {
    if (root.dataset.cover !== "locked") return;
    if (isWhole) return location.replace(form.elements.back.value);
    delete root.dataset.cover;
    cover.hidden = true;
    count = 0;
    news.textContent = said.textContent = form.elements.proof.value = "";
    document.title = left.title;
    scrollTo({ top: left.scroll, behavior: "instant" });
    left.focused?.focus({ preventScroll: true });
    left = null;
    note();
    document.dispatchEvent(new Event("bedboard:unlocked"));
  }
  function empty() {
    for (const part of document.querySelectorAll("#main, #bell, #messages .notice, .top nav, .added")) part.replaceChildren();
  }
  function end() {
    if (isWhole) return location.replace(form.elements.back.value);
    const at = document.querySelector('#live [data-when="lost"] time')?.textContent;
    const asOf = cover.querySelector("[data-as-of]");
    asOf.hidden = !at;
    asOf.lastElementChild.textContent = at;
    empty();
    put("ended");
    document.title = cover.querySelector('[data-when="ended"] h1').textContent;
  }

  cover.addEventListener("submit", async (event) => {
    if (event.target !== form) return;
    event.preventDefault();
    if (!(await window.bedboard.prove(form))) return;
    const fields = [...new FormData(form)];
    const answer = await window.bedboard.ask(form, "/unlock", { method: "POST", fields, accepts: () => false });
    if (answer?.isOk) {
      tabs.postMessage({ person, isUnlocked: true });
      open();
    } else if (answer?.status === 401 || (answer?.status === 403 && /not_your_session|not_your_role/.test(answer.text))) end();
    else
      said.textContent = window.bedboard.parse(answer?.text ?? "").querySelector("p")?.textContent ?? said.dataset.unanswered;
  });
  // Signed out here: Back must not bring the page again as it was, and the other tabs need not wait for the server to say so.
  // Without a network nobody is signed out: only the server can do that, and the browser would show a page of its own.
  let isLeaving;
  function leave(event) {
    const { target: form, submitter: element } = event;
    if (!form.matches('[action^="/sign-out"]')) return;
    if (navigator.onLine) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    window.bedboard.messages.tell(cover.dataset.stays, { press: { element }, cut: "press" });
  }
  addEventListener("submit", leave, true);
  addEventListener("submit", ({ target, defaultPrevented }) => {
    isLeaving = target.matches('[action^="/sign-out"]') && !defaultPrevented; // js/network.js may have kept the page
  });
  addEventListener("pagehide", () => {
    if (!isLeaving) return;
    tabs.postMessage({ person, isEnded: true });
    empty();
    put("ended");
  });
  tabs.onmessage = ({ data }) => {
    if (data.person !== person) return;
    if (data.isEnded) end();
    else if (data.isUnlocked) open();
    else note();
  };
  document.addEventListener("bedboard:locked", ({ detail }) => {
    if (detail) shut();
    else if (isLocked) open(); // it was unlocked in another tab
    isLocked = detail;
  });
  document.addEventListener("bedboard:covered", ({ detail }) => {
    if (detail === "own") news.textContent = `${news.dataset.news} (${++count})`;
  });
  // A passkey was added elsewhere. Under a cover it waits with the page.
  function tellAdded() {
    if (document.querySelector(".added")) return;
    document.getElementById("main").before(document.getElementById("passkey-added").content.cloneNode(true));
  }
  document.addEventListener("bedboard:device", tellAdded);
  document.addEventListener("bedboard:covered", ({ detail }) => detail === "device" && tellAdded());
  document.addEventListener("bedboard:ended", end);
  document.addEventListener("htmx:after:request", ({ detail }) => detail.ctx.response?.status === 423 && shut());
  note();
  tabs.postMessage({ person }); // opening a page is a touch
  for (const input of ["pointerdown", "keydown", "wheel"]) addEventListener(input, touch, { capture: true, passive: true });
  for (const moment of ["pageshow", "focus"]) addEventListener(moment, look);
  document.addEventListener("visibilitychange", look);
  setInterval(look, SECOND);
})();
