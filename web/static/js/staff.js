/* Mijn opvang: a tap goes into the outbox (js/outbox.js), and stays visible until the server has answered. Here is what the
   person does and sees. The forms work without this script. */
(() => {
  "use strict";
  const TWICE = 1e3;
  const READ = 10e3; // how long "sent" can be read
  const MOST_OFFERED = 3; // taps that can be taken back at one time: more would cover the tiles
  const { fill, messages, now, clock, outbox } = window.bedboard;
  if (!outbox) return; // storage is forbidden here
  const { entries, isOpen, isOver, isSending } = outbox;
  const isWaiting = (entry) => isOpen(entry) && !entry.cancels && !isOver(entry);
  const byId = (id) => document.getElementById(id);
  const words = byId("outbox-item");
  const box = byId("outbox");
  const waits = box?.closest("details");
  const undo = byId("undo");
  const { undoSeconds } = box?.dataset ?? {};
  const plain = (text) => text?.replace(/\s+/g, " ").trim();
  const isPlace = (url) => /\/(places\/[^/]+|undo)$/.test(url);

  // A confirmation names the version that the person looked at. While taps wait, the server does not have that version yet.
  const isSeen = ([name]) => name !== "version" || !entries().some(isOpen);
  // The same tap again is no second wish while the first is being sent, or within a second of a first one that waits.
  const asked = (fields) => fields.filter(([name]) => name !== "version");
  function tap(event) {
    const form = event.target;
    const button = event.submitter;
    const isLeaving = form.matches('[action^="/sign-out"]') && entries().some(isWaiting);
    if (isLeaving && !confirm(words.dataset.leave)) return event.preventDefault();
    // Only taps on the board of a shelter may wait: the browser or htmx sends any other form at once, or never.
    if (!form.closest('section[id^="staff-"], #undo') || form.matches("[hx-boost]")) return;
    const data = new FormData(form);
    const url = form.getAttribute("action");
    const tile = form.closest(".tile");
    data.delete("key"); // the form has one key each time it is drawn; here each tap gets its own
    if (button?.name) data.append(button.name, button.value);
    const typed = [...form.querySelectorAll("input:not([type=hidden])")].map((input) => input.value.replace("T", " "));
    // biome-ignore lint/performance/useDomNodeTextContent: innerText leaves out the hidden words of the button
    const what = words?.dataset[url.split("/").pop()] ?? `${tile?.querySelector(".label")?.textContent} ${button?.innerText}`;
    const tapped = Date.now();
    const observed = new Date(now() || window.bedboard.estimate?.() || tapped).toISOString();
    const label = plain([what, ...typed].join(" ").replace(/\(.*\)/, ""));
    const fields = [...data].filter(isSeen);
    const last = entries()
      .filter((entry) => isWaiting(entry) && entry.url === url)
      .at(-1);
    const isAgain =
      `${asked(last?.fields ?? [])}` === `${asked([...data])}` && (last?.state === "new" || tapped - last?.tapped < TWICE);
    try {
      if (!isAgain) outbox.add({ url, fields, observed, tapped, label, tile: tile?.id });
    } catch {
      return; // storage is full or forbidden: the browser sends the form itself
    }
    event.preventDefault();
    event.stopPropagation();
    form.reset();
    messages.forget(url);
    for (const offer of offers()) if (!isPlace(url) || offer === form || isOf(offer, url)) drop(offer);
    if (tile) {
      tile.open = false;
      tile.querySelector("summary").focus({ preventScroll: true });
    }
    show();
    outbox.soon();
  }
  document.addEventListener("bedboard:decided", ({ detail: { entry, response, notice } }) => {
    if (response.status === 422) giveBack(entry);
    const about = { name: entry.url, press: { element: pressedOf(entry) }, form: byId(entry.tile) };
    if (!response.isOk) messages.tell(notice, about);
  });

  // A refused value goes back into its field, so that the person can correct it there.
  function giveBack({ url, fields, tile }) {
    if (byId(tile)) fill(byId(tile));
    for (const form of document.querySelectorAll(`form[action="${url}"]`)) {
      for (const [name, value] of fields) {
        const input = form.elements[name];
        if (input?.type === "hidden" || !("value" in (input ?? {}))) continue;
        if (byId(tile)) byId(tile).open = input.closest("details").open = true;
        input.value = value;
        input.focus();
      }
    }
  }

  // --- showing the outbox
  const formTo = (url) => [...document.forms].find((form) => form.getAttribute("action") === url);
  const pressedOf = ({ tile, url }) => byId(tile) ?? formTo(url);
  function show() {
    const all = entries().filter((entry) => !entry.cancels && (!isOver(entry) || outbox.isCancelled(entry)));
    const pressed = (has) => new Map(all.filter((one) => isWaiting(one) && has(one)).map((one) => [pressedOf(one), one]));
    const onItsWay = pressed((one) => one.state === "new" || isSending(one));
    const queued = pressed((one) => one.state !== "new" && !isSending(one));
    for (const element of document.querySelectorAll(".tile, section[id^='staff-'] form:not([hx-boost])")) {
      const isGoing = element.classList.toggle("sending", onItsWay.has(element));
      const isQueued = element.classList.toggle("queued", !isGoing && queued.has(element));
      const name = element.querySelector(".label")?.textContent ?? "";
      const what = queued.get(element)?.label.slice(name.length).trim(); // the wish, because the tile shows what was true before
      if (isQueued) element.querySelector("summary")?.setAttribute("data-queued", `${what}: ${words?.dataset.waiting}`);
      if (isGoing || isQueued) element.setAttribute("aria-busy", "true");
      else element.removeAttribute("aria-busy");
    }
    for (const offer of offers()) {
      const place = byId(`tile-${offer.dataset.place}`);
      if (place && !place.classList.contains(offer.dataset.status)) drop(offer); // the place has another status now
    }
    if (box && words) list(all.filter(isListed));
  }
  // What was never sent and is taken back is gone at once.
  const isListed = (entry) => entry.state !== "new" && (entry.isSent || !isOver(entry));
  function stateOf(entry) {
    if (isOver(entry)) return "stopping";
    if (isSending(entry)) return "sending";
    return entry.state === "waiting" && outbox.isLate(entry) ? "later" : entry.state;
  }
  function list(listed) {
    for (const item of [...box.children]) if (!listed.some(({ key }) => key === item.dataset.key)) item.remove();
    for (const entry of listed) {
      const state = stateOf(entry);
      const isNew = (item) => item.dataset.key === entry.key;
      const item = [...box.children].find(isNew) ?? box.appendChild(words.content.firstElementChild.cloneNode(true));
      if (item.dataset.is === state) continue;
      Object.assign(item.dataset, { key: entry.key, is: state });
      item.querySelector("[data-what]").textContent = entry.label;
      const said = words.dataset[state];
      const isSaid = entry.why?.toLowerCase().startsWith(said); // the reason may begin with the same words
      item.querySelector("[data-state]").textContent = [!isSaid && said, entry.why].filter(Boolean).join(": ");
      item.querySelector("time").textContent = new Date(entry.observed).toLocaleTimeString(
        document.documentElement.lang,
        clock,
      );
      const [cancel, close] = ["[data-cancel]", "[data-close]"].map((name) => item.querySelector(name));
      cancel.hidden = !["waiting", "later"].includes(state);
      cancel.onclick = () => outbox.cancel(entry);
      close.hidden = isOpen(entry);
      close.onclick = () => outbox.forget(entry);
    }
    const states = listed.map(stateOf);
    const isFailed = (state) => /^(refused|overtaken|done)$/.test(state);
    const worst = states.some(isFailed) ? "undone" : states.every((one) => one === "sent") ? "sent" : "open";
    waits.hidden = !listed.length;
    if (waits.hidden) waits.open = false;
    waits.dataset.is = worst;
    const count = waits.querySelector("[data-count]");
    const failed = states.filter(isFailed).length;
    const open = states.filter((one) => one !== "sent").length - failed;
    const say = (number, word) => number && `${number} ${(number > 1 && words.dataset[`${word}More`]) || words.dataset[word]}`;
    const text = [say(failed, "undone"), say(open, "open")].filter(Boolean).join(", ") || say(states.length, "sent");
    if (count.textContent !== text) count.textContent = text;
  }
  // What was sent goes by itself once it could be read. While the list is open nothing moves in it under the finger.
  function tidy() {
    const isPast = ({ state, ended }) => state === "sent" && Date.now() - ended > READ;
    const past = entries().filter(isPast);
    if (past.length && !(waits?.open && box.querySelector("button:not([hidden])")))
      for (const entry of past) outbox.forget(entry);
  }

  // --- an offer to undo stands until its time is over, unless somebody points at it. The next one does not take its place: of
  // two quick taps each can be taken back
  const left = new WeakMap(); // offer → seconds
  const dropped = new WeakSet();
  const offers = () => [...(undo?.querySelectorAll("form") ?? [])];
  const isOf = ({ dataset }, url) => url.endsWith(`/places/${dataset.place}`);
  function drop(offer) {
    dropped.add(offer);
    offer.remove();
  }
  function keepOffers(records) {
    const isGone = (node) => node.matches?.("form") && !dropped.has(node) && !node.isConnected;
    const isNewer = (offer) => offers().some(({ dataset }) => dataset.place === offer.dataset.place);
    const gone = records.flatMap(({ removedNodes }) => [...removedNodes]).filter(isGone);
    for (const offer of gone) if (!isNewer(offer)) undo.append(offer);
    for (const offer of offers().slice(MOST_OFFERED)) drop(offer);
    for (const offer of offers()) if (!left.has(offer)) left.set(offer, Number(undoSeconds));
  }
  function ageOffers() {
    const atIt = matchMedia("(hover: hover)").matches ? ":hover, :focus-within" : ":focus-within"; // a touch leaves :hover on
    if (undo.matches(atIt)) return;
    for (const offer of offers()) {
      left.set(offer, left.get(offer) - 1);
      if (left.get(offer) <= 0) drop(offer);
    }
  }
  if (undo) {
    undo.setAttribute("aria-live", "polite");
    new MutationObserver(keepOffers).observe(undo, { childList: true });
    keepOffers([]);
    setInterval(ageOffers, 1000);
  }

  // The question where people went leaves when an answer would be counted no more.
  function closeQuestion() {
    const question = document.querySelector("#departure form");
    if (Date.parse(question?.dataset.over) <= now()) question.remove();
  }
  setInterval(closeQuestion, 1000);

  document.addEventListener("submit", tap, true);
  function opened({ target }) {
    if (!target.matches(".tile[open]")) return;
    fill(target);
  }
  document.addEventListener("toggle", opened, true);
  document.addEventListener("bedboard:placed", show);
  document.addEventListener("bedboard:outbox", show);
  addEventListener("storage", show);
  waits?.addEventListener("toggle", tidy);
  setInterval(tidy, 1000);
  show();
  outbox.flush();
})();
