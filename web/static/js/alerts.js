/* News of the person's own in the strip: a place came free, a shelter says yes, a hold ends in five minutes. The title of the page
   says so, and tones sound if the person wants them. The words come from the strip. */
(() => {
  "use strict";
  const TOLD = "bedboard:told"; // the ends of holds that this tab has told of, so that the next page does not tell again
  const holds = () => [...document.querySelectorAll("#strip .hold:not(.lapsed)")];
  const news = () => [
    ...document.querySelectorAll("#strip [data-ending]"),
    ...document.querySelectorAll("#strip [data-found]"),
  ];
  const nameOf = ({ id, dataset }) => id + (dataset.ending ?? dataset.found);
  const told = () => {
    try {
      return JSON.parse(sessionStorage.getItem(TOLD) ?? "[]");
    } catch {
      return []; // without storage the next page tells again
    }
  };
  let known = new Set([...document.querySelectorAll("#strip [data-found]")].map(nameOf).concat(told()));
  let mark = "";

  // One word for one place. Of several that end soon, the number counts: nobody sees from one which others end.
  function words([first, ...others]) {
    const ending = [first, ...others].filter(({ dataset }) => dataset.ending);
    const count = ending.reduce((sum, { dataset }) => sum + Number(dataset.places), 0);
    return count > 1 ? document.getElementById("strip").dataset.endingMany.replace("#", count) : first.dataset.title;
  }
  function tell() {
    const rows = news();
    const title = mark && document.title.startsWith(mark) ? document.title.slice(mark.length) : document.title;
    mark = rows.length ? `● ${words(rows)} – ` : "";
    if (document.title !== mark + title) document.title = mark + title;
    const fresh = rows.filter((row) => !known.has(nameOf(row)));
    if (fresh.length) window.bedboard.ring(fresh[0].dataset.ending ? [1175, 880, 1175] : [880, 1175]);
    known = new Set(rows.map(nameOf));
    try {
      const ending = [...document.querySelectorAll("#strip [data-ending]")].map(nameOf);
      if (ending.length) sessionStorage.setItem(TOLD, JSON.stringify(ending));
      else sessionStorage.removeItem(TOLD);
    } catch {
      // as in `told`
    }
  }
  // The clock of the server decides; before its first message the row is as the server has drawn it.
  function warn() {
    const now = window.bedboard.now();
    const { warns } = document.getElementById("strip")?.dataset ?? {};
    if (!now || !warns) return;
    let isNew = false;
    for (const hold of holds()) {
      const { dateTime } = hold.querySelector("[data-until]");
      const left = Date.parse(dateTime) - now;
      const ending = left > 0 && left <= warns * 60e3 ? dateTime : undefined;
      if (hold.dataset.ending === ending) continue;
      isNew = true;
      if (ending) hold.dataset.ending = ending;
      else delete hold.dataset.ending;
    }
    if (isNew) tell();
  }

  document.addEventListener("bedboard:placed", () => {
    warn();
    tell();
  });
  document.addEventListener("bedboard:covered", () => window.bedboard.ring([880, 1175]));
  document.addEventListener("visibilitychange", () => document.hidden || warn());
  setInterval(warn, 1000);
  tell();
})();
