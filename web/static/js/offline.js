/* A shelter's own page without a network: asks the service worker (js/sw.js) to keep its last picture and its waiting taps, and
   says so where the browser keeps nothing. Then the page works as before. */
(() => {
  "use strict";
  const SECOND = 1e3;
  const PATIENCE = 15 * SECOND;
  const GAP = 20 * SECOND; // between two pictures
  const OLD = 300 * SECOND; // a picture is renewed after so long, also when nothing has changed
  const root = document.documentElement;
  const place = document.getElementById("offline");
  const { outbox } = window.bedboard;
  const { person, session: mark, page, idleSeconds } = place.dataset;
  function say(keeps) {
    place.dataset.kept = keeps;
    place.hidden = keeps === "yes";
  }
  if (!navigator.serviceWorker || !window.indexedDB || !window.caches || !outbox) return say("no");

  // --- the worker
  const address = `/sw.js?lang=${root.lang}&for=shelter`; // the same as in js/push.js
  const worker = window.bedboard.registerWorker(address).then(() => navigator.serviceWorker.ready);
  async function ask(message) {
    const { active } = await worker;
    const channel = new MessageChannel();
    active.postMessage({ mark, ...message }, [channel.port2]);
    return new Promise((resolve) => {
      channel.port1.onmessage = ({ data }) => resolve(data);
      setTimeout(resolve, PATIENCE, false);
    });
  }
  const tell = (message) => ask(message).catch(() => false);

  // --- the picture
  const stampOf = () => [...document.querySelectorAll("[data-stamp]")].map(({ dataset }) => dataset.stamp).join(" ");
  const isLive = () =>
    !("keptAt" in root.dataset) && document.getElementById("live").dataset.state === "live" && !("cover" in root.dataset);
  let kept;
  let keptAt = -OLD;
  let isKeeping;
  async function keep() {
    const [stamp, since] = [stampOf(), performance.now() - keptAt];
    if (isKeeping || !isLive() || since < (stamp === kept ? OLD : GAP)) return;
    isKeeping = true;
    const isKept = await tell({ do: "keep", page, person, idle: idleSeconds * SECOND || 0 });
    [isKeeping, kept, keptAt] = [false, stamp, performance.now()];
    say(isKept ? "yes" : "no");
    if (isKept) mirror();
  }

  // --- the taps that wait, for a browser that sends them while no page is open
  function mirror() {
    const isDue = (entry) => outbox.isOpen(entry) && !entry.cancels && (entry.isSent || !outbox.isOver(entry));
    const taps = outbox.entries().filter(isDue);
    const told = taps.map((entry) => {
      const fields = [...entry.fields, ["key", entry.key], ["observed_at", entry.observed]];
      return { url: entry.url, fields: outbox.isOver(entry) ? [...fields, ["void", "yes"]] : fields };
    });
    tell({ do: "taps", taps: told });
    if (taps.length) worker.then(({ sync }) => sync?.register("taps")).catch(() => null); // not every browser has it
  }

  // --- the person is here, or has left
  let touchedAt = -GAP;
  function touch({ isTrusted }) {
    if (!isTrusted || "cover" in root.dataset || performance.now() - touchedAt < GAP) return;
    touchedAt = performance.now();
    tell({ do: "touch" });
  }
  function follow() {
    if (root.dataset.cover === "ended") tell({ do: "wipe" });
    else tell({ do: "lock", is: root.dataset.cover === "locked" });
  }
  new MutationObserver(follow).observe(root, { attributeFilter: ["data-cover"] });
  for (const input of ["pointerdown", "keydown", "wheel"]) addEventListener(input, touch, { capture: true, passive: true });
  document.addEventListener("bedboard:outbox", mirror);
  document.addEventListener("bedboard:heard", keep);
  tell({ do: "touch" }); // opening a page is a touch, as in js/lock.js
})();
