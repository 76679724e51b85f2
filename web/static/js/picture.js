/* A picture of a shelter's own page, opened without a network (js/sw.js): says how old it is, and gives way to the page itself. */
(() => {
  "use strict";
  const MINUTE = 60e3;
  const root = document.documentElement;
  const { keptAt, keptOn } = root.dataset; // the same moment, for the server and for the phone
  const { outbox } = window.bedboard;
  // The server's time, whatever the phone's clock says: that of the picture, and what has passed since on the phone.
  window.bedboard.estimate = () => Date.parse(keptAt) + Date.now() - keptOn;
  function showAge() {
    const minutes = Math.trunc((Date.now() - keptOn) / MINUTE);
    const [count, unit] = minutes < 120 ? [minutes, "minute"] : [Math.trunc(minutes / 60), "hour"];
    const ago = new Intl.RelativeTimeFormat(root.lang).format(-count, unit);
    document.querySelector("#kept [data-ago]").textContent = minutes < 0 ? "" : `(${ago})`;
  }
  // Nobody tells a picture that its news grows old: it takes its later words along, and says them when their time comes.
  let said;
  function showFreshness() {
    const isDue = ({ dataset }) => Date.parse(dataset.at) <= window.bedboard.estimate();
    const due = [...document.querySelectorAll("template[data-aged]")].filter(isDue).at(-1);
    if (!due || due === said) return;
    said = due;
    const section = document.querySelector('section[id^="staff-"]');
    section.classList.remove("fresh", "ageing", "stale");
    section.classList.add(due.dataset.aged);
    section.querySelector(".age").replaceChildren(due.content.cloneNode(true));
  }
  function showTime() {
    showAge();
    showFreshness();
  }
  // The connection is back. The page itself comes with its requests; its outbox sends what this one has not sent.
  let isLeft;
  function leave() {
    if (isLeft || outbox?.entries().some(outbox.isSending)) return;
    isLeft = true;
    location.replace(location.href);
  }
  document.addEventListener("bedboard:heard", leave);
  setInterval(showTime, MINUTE / 2);
  addEventListener("pageshow", showTime);
  document.addEventListener("visibilitychange", showTime);
  showTime();
})();
