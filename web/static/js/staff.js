/* Mijn opvang: each tap is first stored, then sent, and stays visible until the server has answered.
   The forms work without this script. A stored tap holds a key, an address, fields and a label, and nothing about a victim. */
(() => {
  "use strict";
  const PREFIX = "bedboard:tap:";
  const DAY = 864e5;
  const PATIENCE = 10e3;
  const TWICE = 1e3;
  const SOON = 1e3;
  const LONGEST = 60e3;
  const MOST_FAULTS = 5;
  const LATER = ["busy", "key_in_use", "too_many", "internal"];
  const { ask, fill, messages, now, clock, parse } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const words = byId("outbox-item");
  const box = byId("outbox");
  const undo = byId("undo");
  const { person, undoSeconds } = box?.dataset ?? {};
  const plain = (text) => text?.replace(/\s+/g, " ").trim();
  let sending;
  let isRunning;
  let isLater; // the server answers that it cannot do it now
  let decided = [];
  let isFault; // the last answer was a fault, or came from another machine
  let tries = 0; // in a row, with a fault
  let next = 0; // when the next try may follow by itself: after each fault twice as late
  try {
    localStorage.length;
  } catch {
    return; // storage is forbidden here: the forms work without this script
  }

  // --- the outbox: one item of localStorage per tap, so that two tabs never overwrite each other's taps
  const save = (entry) => localStorage.setItem(PREFIX + entry.key, JSON.stringify(entry));
  const forget = ({ key }) => {
    localStorage.removeItem(PREFIX + key);
    show();
  };
  const end = (entry, state, why) => {
    save({ ...entry, state, why, ended: Date.now() });
    return true;
  };
  const isOpen = ({ state }) => state === "new" || state === "waiting";
  function entries() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    const all = names.map((name) => JSON.parse(localStorage.getItem(name)));
    return all.filter((entry) => entry.person === person).sort((a, b) => a.tapped - b.tapped); // another person's taps wait
  }

  // A confirmation names the version that the person looked at. While taps wait, the server does not have that version yet.
  const isSeen = ([name]) => name !== "version" || !entries().some(isOpen);
  // The same tap again is no second wish while the first is being sent, or within a second of a first one that waits.
  const asked = (fields) => fields.filter(([name]) => name !== "version");
  function tap(event) {
    const form = event.target;
    const button = event.submitter;
    const isLeaving = form.matches('[action="/sign-out"]') && entries().some(isOpen);
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
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is absent on plain http
    const key = crypto.randomUUID?.() ?? [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const tapped = Date.now();
    const observed = new Date(now() || tapped).toISOString();
    const label = plain([what, ...typed].join(" ").replace(/\(.*\)/, ""));
    const fields = [...data].filter(isSeen);
    const last = entries()
      .filter((entry) => isOpen(entry) && entry.url === url)
      .at(-1);
    const isAgain =
      `${asked(last?.fields ?? [])}` === `${asked([...data])}` && (last?.state === "new" || tapped - last?.tapped < TWICE);
    try {
      if (!isAgain) save({ key, person, url, fields, observed, tapped, label, tile: tile?.id, state: "new" });
    } catch {
      return; // storage is full or forbidden: the browser sends the form itself
    }
    event.preventDefault();
    event.stopPropagation();
    form.reset();
    messages.forget(url);
    undo?.replaceChildren();
    if (tile) {
      tile.open = false;
      tile.querySelector("summary").focus({ preventScroll: true });
    }
    show();
    soon();
  }

  // --- sending, in order and one at a time. A tab that hangs does not stop the others: the same key does no harm twice
  function alone(work) {
    const options = { signal: AbortSignal.timeout(PATIENCE) }; // limits the wait for the lock, not the work under it
    return navigator.locks?.request("bedboard-outbox", options, work).catch(work) ?? work();
  }
  // This tab may see the storage of another tab some milliseconds late, but it sees the locks at once. So a decided tap is also
  // kept as a lock for a while, and the next tab to send skips it, even if the storage still shows it as open.
  const isDue = (entry) => isOpen(entry) && !decided.includes(PREFIX + entry.key);
  const isUntried = (entry) => isDue(entry) && entry.state === "new";
  function tell({ key }) {
    const hold = (told) => () => {
      told();
      return new Promise((over) => setTimeout(over, PATIENCE));
    };
    return new Promise((told) => navigator.locks?.request(PREFIX + key, { mode: "shared" }, hold(told)) ?? told());
  }
  async function flush() {
    if (isRunning || !entries().some(isOpen) || performance.now() < next) return;
    isRunning = true;
    await alone(async () => {
      decided = (await navigator.locks?.query())?.held.map(({ name }) => name) ?? [];
      for (let entry = entries().find(isDue); entry; entry = entries().find(isDue)) {
        sending = entry.key;
        show();
        if (await send(entry).catch(() => false)) {
          [tries, next] = [0, 0];
          await tell(entry);
          continue;
        }
        for (const behind of entries()) if (isUntried(behind)) save({ ...behind, state: "waiting" });
        const wait = isFault ? Math.min(LONGEST, SOON * 2 ** tries++) * (1 + Math.random()) : 0;
        next = performance.now() + wait;
        if (wait) setTimeout(flush, wait);
        break;
      }
      sending = null;
    });
    isRunning = false;
    show();
    if (entries().some(isUntried)) flush(); // a tap may have come while the lock was released
  }
  // A new tap, a new connection or the network that returns: there is reason to try now.
  function soon() {
    next = 0;
    flush();
  }
  // Resolves to true when the tap is decided; false or an error means "not yet".
  async function send(entry) {
    const { key, url, fields, observed, tapped, state } = entry;
    if (Date.now() - tapped > DAY) return end(entry, "refused"); // both times are the phone's: a wrong clock does no harm
    const body = new URLSearchParams([...fields, ["key", key]]);
    if (state === "waiting") body.append("observed_at", observed); // otherwise the server takes its own time, which is better
    isLater = false;
    const isHere = byId(`staff-${url.split("/")[2]}`);
    let isDecided = false;
    let notice; // without one, another machine answered, such as a proxy: nobody knows the fate of the tap, so it is sent again
    const accepts = ({ status, text }) => {
      notice = messages.noticeOf(parse(text));
      isLater = LATER.includes(notice?.dataset.code);
      isDecided = notice && !isLater && ![401, 423, 503].includes(status);
      return isDecided && isHere;
    };
    const response = await ask(box, url, { method: "POST", fields: body, accepts });
    const code = notice?.dataset.code;
    isFault = code === "internal" || (!notice && response?.status > 0);
    if (notice && response.status === 401) location.assign("/sign-in?ended=1");
    // A fault of the server may pass. If it does not, it must not keep the taps behind it.
    const faults = (entry.faults ?? 0) + (code === "internal");
    if (code === "internal" && faults < MOST_FAULTS) save({ ...entry, faults });
    else if (code === "internal") return end(entry, "failed", plain(notice.textContent));
    if (!isDecided) return false;
    if (response.isOk && state === "waiting") return end(entry, "sent");
    const isTold = response.isOk || (isHere && state === "new"); // then the outbox does not have to say it
    if (!isTold) return end(entry, code === "overtaken" ? code : "refused", plain(notice.textContent));
    if (response.status === 422) giveBack(entry);
    forget(entry);
    if (!response.isOk) messages.tell(notice, { name: url, press: { element: pressedOf(entry) }, form: byId(entry.tile) });
    return true;
  }

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
    const all = entries();
    const listed = all.filter(({ state }) => state !== "new");
    const pressed = (has) => all.filter((entry) => isOpen(entry) && has(entry)).map(pressedOf);
    const onItsWay = pressed(({ key, state }) => state === "new" || key === sending);
    const queued = pressed(({ key, state }) => state !== "new" && key !== sending);
    for (const element of document.querySelectorAll(".tile, section[id^='staff-'] form:not([hx-boost])")) {
      const isSending = element.classList.toggle("sending", onItsWay.includes(element));
      const isQueued = element.classList.toggle("queued", !isSending && queued.includes(element));
      if (isQueued) element.querySelector("summary")?.setAttribute("data-queued", words?.dataset.waiting); // once, not in 400 tiles
      if (isSending || isQueued) element.setAttribute("aria-busy", "true");
      else element.removeAttribute("aria-busy");
    }
    const offer = undo?.querySelector("[data-place]");
    const place = offer && byId(`tile-${offer.dataset.place}`);
    if (place && !place.classList.contains(offer.dataset.status)) undo.replaceChildren(); // the place has another status now
    if (!box || !words) return;
    for (const item of [...box.children]) if (!listed.some(({ key }) => key === item.dataset.key)) item.remove();
    for (const entry of listed) {
      const held = entry.state === "waiting" && isLater ? "later" : entry.state;
      const state = entry.key === sending ? "sending" : held;
      const isNew = (item) => item.dataset.key === entry.key;
      const item = [...box.children].find(isNew) ?? box.appendChild(words.content.firstElementChild.cloneNode(true));
      if (item.dataset.is === state) continue;
      Object.assign(item.dataset, { key: entry.key, is: state });
      item.querySelector("[data-what]").textContent = entry.label;
      item.querySelector("[data-state]").textContent = [words.dataset[state], entry.why].filter(Boolean).join(": ");
      item.querySelector("time").textContent = new Date(entry.observed).toLocaleTimeString(
        document.documentElement.lang,
        clock,
      );
      for (const button of item.querySelectorAll("button")) {
        button.hidden = isOpen(entry);
        button.onclick = () => forget(entry);
      }
      if (state === "sent") setTimeout(forget, PATIENCE, entry);
    }
    box.hidden = !listed.length;
  }

  // --- the undo bar goes away when its time is over, unless somebody points at it
  let left = 0;
  const startUndo = () => (left = undo.childElementCount && Number(undoSeconds));
  if (undo) {
    undo.setAttribute("aria-live", "polite");
    new MutationObserver(startUndo).observe(undo, { childList: true });
    startUndo();
    const atIt = matchMedia("(hover: hover)").matches ? ":hover, :focus-within" : ":focus-within"; // a touch leaves :hover on
    setInterval(() => left && !undo.matches(atIt) && !--left && undo.replaceChildren(), 1000);
  }

  for (const entry of entries()) if (Date.now() - entry.ended > DAY) forget(entry); // people could read it for a day
  document.addEventListener("submit", tap, true);
  function opened({ target }) {
    if (!target.matches(".tile[open]")) return;
    fill(target);
  }
  document.addEventListener("toggle", opened, true);
  document.addEventListener("keydown", ({ key }) => {
    const open = key === "Escape" && document.querySelector(".tile[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("bedboard:placed", show);
  document.addEventListener("bedboard:heard", flush);
  document.addEventListener("bedboard:hello", soon);
  addEventListener("online", soon);
  addEventListener("storage", show);
  setInterval(flush, PATIENCE * (0.75 + Math.random() / 2));
  show();
  flush();
})();
