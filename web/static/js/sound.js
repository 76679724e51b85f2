/* The sound of a page: one switch, and short tones. A browser plays nothing before somebody has touched the page, and may stop
   again, for instance for a telephone call. So the switch says what is true: on, off, or blocked until the next touch. */
(() => {
  "use strict";
  const SOUND = "bedboard:sound"; // one choice for every page
  const TOUCHES = ["pointerdown", "pointerup", "touchend", "keydown"]; // a browser takes some of them only, by kind of device
  const root = document.documentElement;
  const switches = () => document.querySelectorAll("[data-way=sound]");
  let isWanted = false;
  let audio;

  function show() {
    root.dataset.sound = !isWanted ? "off" : audio.state === "running" ? "on" : "blocked";
    if (root.dataset.sound === "blocked") root.dataset.unheard = "";
    for (const one of switches()) one.setAttribute("aria-checked", root.dataset.sound === "on");
  }
  async function wake() {
    await audio.resume();
    show();
  }
  function want(isSo) {
    isWanted = isSo;
    if (isSo && !audio) {
      audio = new AudioContext();
      audio.onstatechange = show;
    }
    show();
  }
  const read = () => {
    try {
      return localStorage.getItem(SOUND) === "on";
    } catch {
      return false; // without storage the choice counts for this page only
    }
  };
  function choose(isSo) {
    want(isSo);
    try {
      if (isSo) localStorage.setItem(SOUND, "on");
      else localStorage.removeItem(SOUND);
    } catch {
      // as in `read`
    }
  }
  function ring(pitches) {
    if (root.dataset.sound !== "on") return;
    for (const [index, frequency] of pitches.entries()) {
      const tone = new OscillatorNode(audio, { frequency });
      const loudness = new GainNode(audio, { gain: 0 });
      const start = audio.currentTime + index * 0.22;
      loudness.gain
        .linearRampToValueAtTime(0, start)
        .linearRampToValueAtTime(0.25, start + 0.02)
        .linearRampToValueAtTime(0, start + 0.2);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.2);
    }
  }

  window.bedboard.ring = ring;
  if (!window.AudioContext) return;
  want(read());
  const isSwitch = ({ target }) => target.closest?.("[data-way=sound]");
  // A press of the switch itself is for the listener below: it must not find the sound on because of its own touch.
  const touch = (event) => root.dataset.sound === "blocked" && !isSwitch(event) && wake();
  for (const kind of TOUCHES) addEventListener(kind, touch, { capture: true, passive: true });
  document.addEventListener("click", async (event) => {
    if (!isSwitch(event)) return;
    const isOn = root.dataset.sound !== "on"; // blocked: the person wants to hear it
    choose(isOn);
    if (isOn) await wake();
    ring([660, 880]); // so that the person hears the sound that was chosen
  });
  addEventListener("storage", ({ key }) => key === SOUND && want(read())); // chosen in another tab
  document.addEventListener("bedboard:placed", show);
})();
