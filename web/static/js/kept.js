/* Keeps the choices of a form in this tab, so that a reload, Back, and a visit to another page lose nothing.
   They are encrypted with a key that only the pages of one session carry: after sign-out nobody can read them, in no tab, and the
   sign-in page erases them. The form works without this script. */
(() => {
  "use strict";
  const PREFIX = "bedboard:kept:";
  const form = document.querySelector("form[data-kept]");
  const erase = () => {
    for (const name of Object.keys(sessionStorage)) if (name.startsWith(PREFIX)) sessionStorage.removeItem(name);
  };
  if (!form) return erase(); // the page of somebody who is not signed in
  if (!window.crypto?.subtle) return;
  const { kept, keptStamp: stamp } = form.dataset;
  const LAST = `${PREFIX}last`; // the choices of the search that is over
  const SENT = `${PREFIX}sent`; // the search of this tab is over: its request was sent, or it was counted
  const here = PREFIX + location.pathname;
  const own = here + location.search;
  const isLasting = "keptLasting" in form.dataset; // also on a later visit, not only after a reload or Back
  const isVisit = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  const last = document.getElementById("last");
  const folds = () => [...form.querySelectorAll("details")];
  const controls = () => [...form.elements].filter(({ name, type }) => name && type !== "hidden" && type !== "submit");
  const isTick = ({ type }) => type === "checkbox" || type === "radio";

  // --- the key
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const key = crypto.subtle.importKey("raw", bytes(kept), "AES-GCM", false, ["encrypt", "decrypt"]);
  async function lock(value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    const locked = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, text));
    return btoa(String.fromCharCode(...iv, ...locked));
  }
  async function unlock(text) {
    const all = bytes(text);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: all.subarray(0, 12) }, await key, all.subarray(12));
    return JSON.parse(new TextDecoder().decode(plain));
  }

  // --- the choices
  let at = 0;
  let isRead;
  async function save() {
    if (!isRead) return;
    const mine = ++at;
    const isChosen = (control) => !isTick(control) || control.checked;
    const chosen = controls()
      .filter(isChosen)
      .map(({ name, value }) => [name, value]);
    const open = folds().map((fold) => fold.open);
    const locked = await lock({ stamp, chosen, open });
    if (mine !== at) return; // a newer choice is on its way
    sessionStorage.setItem(own, locked);
    if (isLasting) sessionStorage.setItem(here, locked);
  }
  function put({ chosen, open }) {
    for (const control of controls()) {
      const isSame = ([name, value]) => name === control.name && (control.type !== "radio" || value === control.value);
      const same = chosen.find(isSame);
      if (isTick(control)) control.checked = !!same;
      else if (same) control.value = same[1];
    }
    for (const [index, fold] of folds().entries()) fold.open = open[index] ?? fold.open;
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }
  // A new search begins empty. The choices of the last one wait for a press.
  function begin() {
    if (last && isVisit && here === own && sessionStorage.getItem(SENT)) {
      const before = sessionStorage.getItem(here);
      if (before) sessionStorage.setItem(LAST, before);
      for (const name of [here, SENT]) sessionStorage.removeItem(name);
    }
    if (last) last.hidden = !sessionStorage.getItem(LAST) || !!sessionStorage.getItem(here);
  }
  async function takeOver() {
    const locked = sessionStorage.getItem(LAST);
    sessionStorage.removeItem(LAST);
    last.hidden = true;
    try {
      if (locked) put(await unlock(locked));
    } catch {
      erase();
    }
    form.querySelector("input:checked")?.focus();
  }
  async function read() {
    begin();
    const isWanted = !isVisit || isLasting || location.search.includes("kept=");
    const locked = isWanted && (sessionStorage.getItem(own) ?? null);
    try {
      const found = locked && (await unlock(locked));
      if (found && found.stamp === stamp) put(found);
    } catch {
      erase(); // another session has left it
    }
    isRead = true;
    if (locked || location.search.includes("kept=")) save();
  }

  // --- where the page was scrolled to: the list of a search comes later than the page
  const place = `${own}#`;
  const y = isVisit ? 0 : Number(sessionStorage.getItem(place));
  let isTouched = !y;
  function scroll() {
    if (!isTouched) scrollTo({ top: y, behavior: "instant" });
  }
  for (const touch of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(touch, () => (isTouched = true), { capture: true, passive: true, once: true });
  }
  addEventListener("pagehide", () => {
    sessionStorage.setItem(place, scrollY);
    if (document.querySelector("#nothing [data-forget]")) sessionStorage.setItem(SENT, "counted");
  });
  // The form that sends a request: shown again, it was refused.
  if ("keptSends" in form.dataset) sessionStorage.removeItem(SENT);
  addEventListener("submit", ({ target, submitter, defaultPrevented }) => {
    if (target !== form || defaultPrevented) return; // js/network.js may have kept the page
    if ("keptSends" in form.dataset && !submitter?.hasAttribute("formaction")) sessionStorage.setItem(SENT, "sent");
  });
  last?.querySelector("button").addEventListener("click", takeOver);

  form.addEventListener("change", save);
  form.addEventListener("input", save);
  form.addEventListener("toggle", save, true);
  document.addEventListener("click", ({ target }) => target.closest?.("a[data-forget]") && erase());
  read().then(() => {
    scroll();
    document.addEventListener("bedboard:found", scroll, { once: true });
  });
})();
