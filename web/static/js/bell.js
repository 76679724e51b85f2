/* Mijn opvang: says at once that somebody keeps a place here, and rings if that is wanted. What this page itself did is no news. */
(() => {
  "use strict";
  const SOUND = "bedboard:sound", MINE = 15e3;
  const list = document.getElementById("bell"), item = document.getElementById("bell-item"), toggle = document.getElementById("sound");
  const claims = () => new Map([...document.querySelectorAll(".tile[data-claim]")].map((tile) => [tile.dataset.claim, tile]));
  const own = new Map(); // tile id → when this page asked to hold it
  const known = new Set(claims().keys()); // also those that have ended: a tap that is taken back brings its hold back
  let audio, isOn;

  function compare() {
    const present = claims();
    for (const told of [...list.children]) if (!present.has(told.dataset.claim)) told.remove();
    const fresh = [...present].filter(([claim, tile]) => !known.has(claim) && !(performance.now() - own.get(tile.id) < MINE));
    for (const claim of present.keys()) known.add(claim);
    for (const [claim, tile] of fresh) tell(claim, tile);
    if (fresh.length) ring();
  }
  function tell(claim, tile) {
    const told = item.content.firstElementChild.cloneNode(true), text = told.querySelector("[data-text]");
    const values = { place: tile.querySelector(".label").textContent, time: tile.querySelector("time").textContent, caller: tile.dataset.for };
    text.textContent = text.dataset.text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    told.dataset.claim = claim;
    told.querySelector("button").onclick = () => told.remove();
    list.append(told);
  }

  // --- the sound
  function wake() {
    if (!isOn) return;
    audio ??= new AudioContext();
    return audio.resume();
  }
  const ring = () => isOn && window.bedboard.chime(audio, [660, 880]);
  function turn(on) {
    toggle.setAttribute("aria-checked", (isOn = on));
    try {
      on ? localStorage.setItem(SOUND, "on") : localStorage.removeItem(SOUND);
    } catch {} // then it is for this page only
  }
  toggle.onclick = async () => (turn(!isOn), await wake(), ring()); // that is how it sounds
  try {
    turn(localStorage.getItem(SOUND) === "on");
  } catch {
    turn(false);
  }
  toggle.parentNode.hidden = !window.AudioContext;
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { capture: true, passive: true });

  addEventListener("submit", ({ target }) => target.action.endsWith("/hold") && own.set(target.closest(".tile")?.id, performance.now()), true);
  document.addEventListener("bedboard:placed", compare);
})();
