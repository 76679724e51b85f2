/* Links and forms that lead to another page. Without a network the browser would put an error page of its own in the place of this
   one, and of what was typed. So a page that has not heard the server of late asks it first, and otherwise says at the pressed
   element that nothing was sent. htmx's forms say so themselves (js/strip.js), and the browser leads on without this script. */
(() => {
  "use strict";
  const SURE = 10e3; // since the last sign of life: two pulses
  const PATIENCE = 5e3;
  const { messages } = window.bedboard;
  const { dataset: words } = document.getElementById("message");
  // On both clocks, because each can miss something: a sleep, or a change of the hour.
  let heard;
  const note = () => (heard = [performance.now(), Date.now()]);
  const isSure = () => heard && Math.max(performance.now() - heard[0], Date.now() - heard[1]) < SURE;
  if (!("keptAt" in document.documentElement.dataset)) note(); // the page itself was a sign
  async function isThere() {
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const answer = await fetch("/health", { cache: "no-store", redirect: "manual", signal });
      return answer.ok && (await answer.text()) === "ok\n"; // a hotel's network answers with a page of its own
    } catch {
      return false;
    }
  }
  // A shelter's own page opens without a network too: its worker keeps it.
  async function isKept(url) {
    const worker = navigator.serviceWorker?.controller;
    if (!worker) return false;
    const channel = new MessageChannel();
    worker.postMessage({ do: "has", path: new URL(url).pathname }, [channel.port2]);
    return new Promise((resolve) => {
      channel.port1.onmessage = ({ data }) => resolve(data);
      setTimeout(resolve, PATIENCE, false);
    });
  }

  let last; // the press that goes on: of several, the one that came last
  let isPassed; // the server has just answered: this press goes on
  // `go` does the press once more. `url` is null for a form.
  async function check(event, element, url, go) {
    if (isPassed || isSure()) return;
    event.preventDefault();
    last?.end();
    const press = messages.begin("network", element);
    last = press;
    const isOpen = (await isThere()) || (url && (await isKept(url)));
    if (last !== press) return;
    last = null;
    press.end();
    if (!isOpen)
      return messages.tell(url ? words.cutLink : words.cutForm, { name: "network", press, cut: url ? "link" : "press" });
    isPassed = true;
    go();
    isPassed = false;
  }
  function follow(event) {
    const { target, button, altKey, ctrlKey, metaKey, shiftKey } = event;
    const link = target.closest?.("a[href]");
    if (!link || event.defaultPrevented || button || altKey || ctrlKey || metaKey || shiftKey || link.target) return;
    const isHere = link.hash && link.href.split("#")[0] === location.href.split("#")[0];
    if (link.origin !== location.origin || isHere) return;
    check(event, link, link.href, () => link.click());
  }
  function send(event) {
    const { target: form, submitter } = event;
    if (!event.defaultPrevented) check(event, submitter ?? form, null, () => form.requestSubmit(submitter));
  }
  addEventListener("click", follow);
  addEventListener("submit", send);
  document.addEventListener("bedboard:heard", () => {
    note();
    messages.reconnect();
  });
  addEventListener("offline", () => (heard = null));
  Object.assign(window.bedboard, { leave: send });
})();
