/* Messages about the person's own presses. They are in one layer above every bar: near the thumb on a phone, beside the press on a
   larger screen. A message stays until the next press or until it is closed; live news never touches it.
   Without this script a notice stands at the top of the page. */
(() => {
  "use strict";
  const MOST = 3;
  const JUST = 1e3;
  const SLOW = 800;
  const GAP = 8;
  const BARS = ".confirm, .undo, #bar, .save-foot";
  const PRESSED = "a[href], button, summary, label, select";
  const shape = document.getElementById("message");
  const element = (id, role) => Object.assign(document.createElement("div"), { id, role });
  const layer = element("messages");
  const alerts = document.getElementById("notice") ?? element("notice", "alert");
  const waits = element("waits", "status"); // says that a press waits for its answer
  const all = () => [...alerts.querySelectorAll(".notice")];
  let marked = 0;
  let near; // what the newest message is about: an element, and where it was when it was pressed

  // --- where the layer stands: it covers neither the pressed button nor a bar near the thumb
  function floorOf({ offsetTop, height }) {
    let floor = offsetTop + height; // an open keyboard makes it smaller
    const boxes = [...document.querySelectorAll(BARS)].map((bar) => bar.getBoundingClientRect());
    for (const { top, bottom, height } of boxes.sort((a, b) => b.bottom - a.bottom)) {
      if (height && top < floor && bottom > floor - 2 * GAP) floor = top;
    }
    return floor;
  }
  function stand() {
    if (!layer.querySelector(".notice")) return;
    const view = window.visualViewport ?? { offsetTop: 0, offsetLeft: 0, width: innerWidth, height: innerHeight };
    const floor = floorOf(view);
    const isWide = matchMedia("(min-width: 48rem)").matches;
    const isThere = near?.element?.isConnected && near.element.getClientRects().length;
    const spot = isThere ? near.element.getBoundingClientRect() : near?.spot;
    const { width, height } = layer.getBoundingClientRect();
    const ceiling = view.offsetTop + GAP;
    let top = floor - GAP - height;
    let left = view.offsetLeft + (view.width - width) / 2;
    if (spot?.height && spot.top < floor && (isWide || spot.bottom > top - GAP)) {
      const above = spot.top - GAP - height;
      const furthest = view.offsetLeft + view.width - GAP - width;
      const isBeside = (above < ceiling || near.isField) && spot.right + GAP < furthest;
      top = isBeside ? Math.min(spot.top, top) : above >= ceiling ? above : Math.min(spot.bottom + GAP, top);
      if (isWide) left = isBeside ? spot.right + GAP : Math.min(spot.left, furthest);
    }
    Object.assign(layer.style, { inset: `${Math.max(top, ceiling)}px auto auto ${Math.max(left, GAP)}px` });
  }

  // --- fields that are refused: the first one gets the focus, and each is described by its message. A page that came with its
  // refusal says beside each field what is wrong, so the message does not say it again.
  const homeOf = (field) => field?.closest("p, fieldset") ?? field; // the field with its label and its explanation
  function unmark() {
    for (const field of document.querySelectorAll("[data-wrong]")) {
      for (const name of ["aria-invalid", "aria-describedby", "data-wrong"]) field.removeAttribute(name);
    }
  }
  function mark(message, form) {
    const fields = [...message.querySelectorAll("[data-field]")].flatMap((line) => {
      const name = CSS.escape(line.dataset.field);
      const input = [...(form ?? document).querySelectorAll(`[name="${name}"], [name^="${name}."]`)].find(
        ({ type }) => !/^(hidden|submit)$/.test(type),
      );
      if (!input) return [];
      const field = /^(radio|checkbox)$/.test(input.type) ? (input.closest("fieldset") ?? input) : input;
      field.dataset.wrong = "";
      if (homeOf(field).querySelector(".wrong-field")) line.remove();
      else {
        line.id = `wrong-${marked++}`;
        field.setAttribute("aria-describedby", line.id);
        if (field === input) input.setAttribute("aria-invalid", "true");
      }
      return input;
    });
    message.querySelector("ul:empty, ul:not(:has(li))")?.remove();
    const [first] = fields;
    for (let fold = first?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: "center" });
    return homeOf(first?.closest("[data-wrong]"));
  }
  // A message must not lie over what is wrong: then the field goes up to where there is room below it.
  function clear(field) {
    const [{ top, bottom, left, right }, box] = [field.getBoundingClientRect(), layer.getBoundingClientRect()];
    if (bottom <= box.top || top >= box.bottom || right <= box.left || left >= box.right) return;
    field.scrollIntoView();
    stand();
  }

  // --- telling
  function drop(message) {
    const isInside = message.contains(document.activeElement);
    message.remove();
    if (isInside && near?.element?.isConnected) near.element.focus({ preventScroll: true });
  }
  function forget(name) {
    for (const message of all()) if (message.dataset.name === name) drop(message);
  }
  function hush() {
    unmark();
    for (const message of all()) if (performance.now() - message.dataset.at > JUST || !message.dataset.name) drop(message);
  }
  // Shows a message about a press. `said`: words, or the notice of the server. `again` does the same press once more.
  function tell(said, { name = "", press, form, again, isWait = false, cut } = {}) {
    const message = shape.content.firstElementChild.cloneNode(true);
    const { childNodes } = said.querySelector?.(".notice") ?? said;
    message.querySelector("[data-said]").append(...(childNodes ? [...childNodes] : [said]));
    Object.assign(message.dataset, { name, at: performance.now() });
    if (cut) message.dataset.cut = cut;
    forget(name);
    for (const old of all().slice(0, 1 - MOST)) old.remove();
    alerts.dataset.code = said.dataset?.code ?? "";
    const retry = message.querySelector("[data-again]");
    retry.hidden = !again;
    retry.onclick = () => {
      drop(message);
      again();
    };
    message.querySelector("[data-close]").onclick = () => drop(message);
    message.querySelector("[data-close]").hidden = isWait;
    near = press ?? near;
    (isWait ? waits : alerts).append(message);
    const wrong = mark(message, form);
    if (wrong) near = { element: wrong, isField: true };
    message.toggleAttribute("data-of-field", Boolean(wrong));
    stand();
    if (wrong) clear(wrong);
  }
  // A press begins: gives what is needed to say later how it went.
  function begin(name, pressed) {
    forget(name);
    const press = { element: pressed, spot: pressed.getBoundingClientRect(), isOffline: !navigator.onLine };
    const wait = setTimeout(tell, SLOW, shape.dataset.waits, { name, press, isWait: true });
    return Object.assign(press, {
      end() {
        clearTimeout(wait);
        for (const message of [...waits.children]) if (message.dataset.name === name) message.remove();
      },
      unanswered(again) {
        const isCut = press.isOffline;
        tell(shape.dataset[isCut ? "offline" : "unanswered"], { name, press, again, cut: isCut && "press" });
      },
    });
  }
  // The network is back: no message says that it is away. A press that was not sent is still to be made; a link is just there.
  function reconnect() {
    for (const message of all().filter(({ dataset }) => "cut" in dataset)) {
      if (message.dataset.cut === "link") drop(message);
      delete message.dataset.cut;
      message.querySelector("[data-said]").textContent = shape.dataset.back;
    }
  }
  // The notice of an answer; null if another machine answered, such as a proxy or the sign-in page of a hotel's network.
  const noticeOf = (answer) => answer.querySelector('#notice[role="alert"]');

  const given = alerts.querySelector(".notice") && alerts.cloneNode(true);
  alerts.replaceChildren();
  layer.append(alerts, waits);
  for (const region of layer.children) region.ariaAtomic = "false"; // a new message is read alone
  document.body.append(layer); // outside the part of the page that news and filters change
  if (given) tell(given);
  addEventListener("click", ({ target }) => target.closest?.(PRESSED) && !layer.contains(target) && hush(), true);
  // A change in a field answers what was said of the fields, however soon it comes.
  addEventListener("change", () => {
    for (const message of all()) if ("ofField" in message.dataset) drop(message);
  });
  addEventListener("keydown", ({ key }) => key === "Escape" && all().slice(-1).map(drop));
  for (const source of [window, window.visualViewport ?? window]) source.addEventListener("resize", stand);
  // Other bars stand on the lowest one; of the top only the line that says "not live" stays. Both are as high as their text.
  const fixed = () => [".confirm", ".top", "#live"].map((one) => document.querySelector(one));
  const measured = new ResizeObserver(() => {
    const { style } = document.documentElement;
    const [bar, head, live] = fixed();
    if (bar) style.setProperty("--bedboard-bar-height", `${bar.offsetHeight}px`);
    if (head && live) style.setProperty("--bedboard-head-away", `${head.offsetHeight - live.offsetHeight}px`);
    stand(); // a head that grows, because the page is not live any more, moves the pressed button
  });
  function measure() {
    for (const one of fixed()) if (one) measured.observe(one);
  }
  // News may bring a new bar, and may move the pressed button.
  document.addEventListener("bedboard:placed", () => {
    measure();
    stand();
  });
  addEventListener("scroll", stand, { passive: true });
  measure();

  Object.assign(window.bedboard, { messages: { tell, begin, forget, reconnect, noticeOf } });
})();
