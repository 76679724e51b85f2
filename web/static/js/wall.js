/* The wall screen turns its pages by itself, and keeps the screen awake. Its stylesheet puts the shelters into columns of the
   height of the screen; a page is one width of them. The space bar and the button stop the turning, for people who read. */
(() => {
  "use strict";
  const TURN = 12e3;
  const cards = document.getElementById("cards");
  const button = document.getElementById("turning");
  const gap = () => Number.parseFloat(getComputedStyle(cards).columnGap);
  const width = () => cards.clientWidth + gap();
  const count = () => Math.max(1, Math.ceil((cards.scrollWidth + gap()) / width() - 0.1));
  let page = 0;
  let isStopped = false;

  function show() {
    page %= count();
    cards.scrollLeft = page * width();
    button.hidden = count() === 1;
    const text = `${page + 1} / ${count()}`;
    if (button.lastElementChild.textContent !== text) button.lastElementChild.textContent = text;
  }
  function turn(by) {
    page += by + count();
    show();
  }
  function stop() {
    isStopped = !isStopped;
    button.setAttribute("aria-pressed", isStopped);
  }
  async function stayAwake() {
    if (!document.hidden) await navigator.wakeLock?.request("screen").catch(() => null); // a full battery is not ours to ask for
  }

  setInterval(() => isStopped || turn(1), TURN);
  button.addEventListener("click", stop);
  addEventListener("keydown", ({ key, target }) => {
    if (key === "ArrowRight" || key === "ArrowLeft") turn(key === "ArrowRight" ? 1 : -1);
    if (key === " " && target !== button) stop();
  });
  addEventListener("resize", show);
  document.addEventListener("bedboard:placed", show);
  document.addEventListener("visibilitychange", stayAwake);
  show();
  stayAwake();
})();
