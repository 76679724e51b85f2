/* Alerts: when a place has come free, the title of the page says so, and two tones sound if the person wants them.
   The words come from the strip. */
(() => {
  "use strict";
  const SOUND = "bedboard:sound"; // shared with bell.js, so that one choice counts on every page
  const root = document.documentElement;
  const news = () => [...document.querySelectorAll("#strip [data-found]")];
  const nameOf = ({ id, dataset }) => id + dataset.found;
  let known = new Set(news().map(nameOf));
  let mark = "";
  let audio;

  function tell() {
    const rows = news();
    const title = mark && document.title.startsWith(mark) ? document.title.slice(mark.length) : document.title;
    mark = rows.length ? `● ${rows[0].dataset.title} – ` : "";
    if (document.title !== mark + title) document.title = mark + title;
    if (rows.some((row) => !known.has(nameOf(row)))) ring();
    known = new Set(rows.map(nameOf));
  }

  // --- the sound
  const isOn = () => root.dataset.sound === "on";
  function wake() {
    if (!isOn()) return;
    audio ??= new AudioContext();
    return audio.resume();
  }
  const ring = () => isOn() && window.bedboard.chime(audio, [880, 1175]);
  function turn(on) {
    root.dataset.sound = on ? "on" : "off";
    try {
      if (on) localStorage.setItem(SOUND, "on");
      else localStorage.removeItem(SOUND);
    } catch {
      // without storage the choice counts for this page only
    }
  }
  if (window.AudioContext) {
    let kept = null;
    try {
      kept = localStorage.getItem(SOUND);
    } catch {
      // storage is forbidden here: the sound stays off
    }
    root.dataset.sound = kept === "on" ? "on" : "off";
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { capture: true, passive: true });
  }
  document.addEventListener("click", async ({ target }) => {
    const way = target.closest?.("[data-way^=sound]")?.dataset.way;
    if (!way) return;
    turn(way === "sound-on");
    document.querySelector(`[data-way=sound-${isOn() ? "off" : "on"}]`)?.focus({ preventScroll: true });
    await wake();
    ring(); // so that the person hears the sound that was chosen
  });
  document.addEventListener("bedboard:placed", tell);
  document.addEventListener("bedboard:covered", ring);
  tell();
})();
