/* Sheets: a details element whose content lies over the page. The Back button of the phone closes an open sheet and does not leave
   the page, and so does Escape. An open sheet has an entry of its own in the history; a sheet that closes takes its entry back. */
(() => {
  "use strict";
  const OPEN = "details[open]:has(> .sheet)";
  const opened = () => document.querySelector(OPEN);
  const isNoted = () => !!history.state?.sheet;
  let isGoing = false; // the browser is on its way back: a second step would leave the page

  function close() {
    for (let one = opened(); one; one = opened()) {
      one.open = false;
      one.querySelector("summary").focus({ preventScroll: true });
    }
  }
  function follow() {
    if (opened() && !isNoted()) {
      history.scrollRestoration = "manual"; // the page stays where it is when the sheet closes
      history.pushState({ sheet: true }, "");
    } else if (!opened() && isNoted() && !isGoing) {
      isGoing = true;
      history.back();
    }
  }
  addEventListener("popstate", () => {
    const isOwn = isGoing;
    isGoing = false;
    if (!isNoted()) history.scrollRestoration = "auto";
    // On the way back that this script began another sheet may have been opened.
    if (isOwn || isNoted()) follow();
    else close();
  });
  document.addEventListener("toggle", ({ target }) => target.querySelector?.(":scope > .sheet") && follow(), true);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  document.addEventListener("bedboard:placed", follow); // news may have taken the sheet away
  addEventListener("pageshow", follow); // a reload closes the sheet and keeps its entry
})();
