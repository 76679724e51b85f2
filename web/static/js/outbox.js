/* The outbox of Mijn opvang: each tap is first stored, then sent, and is forgotten only when the server has decided about it.
   A newer tap on the same place takes over from one that waits. One that was never sent is then just dropped. One that may have
   reached the server is taken back there first, under its own key: otherwise it could still arrive, and overwrite the newer one.
   Only the tab that has the lock changes a stored tap or drops it; any tab adds one. So no two tabs overwrite each other.
   A stored tap holds a key, an address, fields and a label, and nothing about a victim. */
(() => {
  "use strict";
  const PREFIX = "bedboard:tap:";
  const DAY = 864e5;
  const PATIENCE = 10e3;
  const SOON = 1e3;
  const LONGEST = 60e3;
  const MOST_FAULTS = 5;
  const LATER = ["busy", "key_in_use", "too_many", "internal"];
  const UNSURE = ["key_in_use", "internal", "perhaps_saved"]; // an answer of ours that does not say whether it was done
  const { ask, messages, parse } = window.bedboard;
  const box = document.getElementById("outbox");
  const { person } = box?.dataset ?? {};
  const plain = (text) => text?.replace(/\s+/g, " ").trim();
  const tell = () => document.dispatchEvent(new Event("bedboard:outbox"));
  try {
    localStorage.length;
  } catch {
    return; // storage is forbidden here: the forms work without this script
  }

  // --- the stored taps: one item of localStorage each
  const save = (entry) => localStorage.setItem(PREFIX + entry.key, JSON.stringify(entry));
  const isOpen = ({ state }) => state === "new" || state === "waiting";
  const turn = ({ order, tapped }) => order ?? tapped;
  // A fault of the server may pass. Until it does, it must not keep the taps behind it: these go first then.
  const isAside = ({ faults }) => faults >= MOST_FAULTS;
  function entries() {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
    const all = names.map((name) => JSON.parse(localStorage.getItem(name)));
    const mine = all.filter((entry) => entry.person === person); // another person's taps wait
    return mine.sort((a, b) => isAside(a) - isAside(b) || turn(a) - turn(b));
  }
  function forget({ key }) {
    const all = entries().filter((entry) => entry.key === key || entry.cancels === key);
    for (const entry of all) localStorage.removeItem(PREFIX + entry.key);
    tell();
  }
  function end(entry, state, why) {
    save({ ...entry, state, why, ended: Date.now() });
    return true;
  }
  const isCancelled = ({ key }) => entries().some(({ cancels }) => cancels === key);
  const isPlace = ({ url, cancels }) => !cancels && /\/places\/[^/]+$/.test(url);
  const newer = (entry) =>
    entries().filter(
      (one) => isPlace(entry) && isPlace(one) && isOpen(one) && one.url === entry.url && one.tapped > entry.tapped,
    );
  // Whether the person has taken this tap back, or has tapped the same place again since.
  const isOver = (entry) => isOpen(entry) && (isCancelled(entry) || newer(entry).length > 0);
  function makeKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID is absent on plain http
    return crypto.randomUUID?.() ?? [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const add = (tap) => save({ key: makeKey(), person, state: "new", ...tap });
  function cancel({ key, url }) {
    add({ cancels: key, url, tapped: Date.now() });
    tell();
    soon();
  }

  // --- sending, in order and one at a time. A tab that hangs does not stop the others: the same key does no harm twice
  let sending;
  let isRunning;
  let isLater; // the server answers that it cannot do it now
  let isFault; // the last answer was a fault, or came from another machine
  let decided = [];
  let tries = 0; // in a row, with a fault
  let next = 0; // when the next try may follow by itself: after each fault twice as late
  function alone(work) {
    const options = { signal: AbortSignal.timeout(PATIENCE) }; // limits the wait for the lock, not the work under it
    return navigator.locks?.request("bedboard-outbox", options, work).catch(work) ?? work();
  }
  // This tab may see the storage of another tab some milliseconds late, but it sees the locks at once. So a decided tap is also
  // kept as a lock for a while, and the next tab to send skips it, even if the storage still shows it as open.
  const isDue = (entry) => isOpen(entry) && !decided.includes(PREFIX + entry.key);
  const isUntried = (entry) => isDue(entry) && entry.state === "new" && !isOver(entry);
  function note({ key }) {
    const hold = (told) => () => {
      told();
      return new Promise((over) => setTimeout(over, PATIENCE));
    };
    return new Promise((told) => navigator.locks?.request(PREFIX + key, { mode: "shared" }, hold(told)) ?? told());
  }
  // Without a network nothing is tried: what was certainly not sent can still be dropped.
  const isCut = () => !navigator.onLine && document.getElementById("live")?.dataset.state !== "live";
  async function flush() {
    if (isRunning || !entries().some(isOpen) || performance.now() < next) return;
    isRunning = true;
    await alone(async () => {
      decided = (await navigator.locks?.query())?.held.map(({ name }) => name) ?? [];
      for (let entry = entries().find(isDue); entry; entry = entries().find(isDue)) {
        if (await pass(entry)) continue;
        const first = entries().find(isDue);
        if (isFault && first.key !== entry.key && !isAside(first)) continue; // this one has just gone aside
        for (const behind of entries()) if (isUntried(behind)) save({ ...behind, state: "waiting" });
        const wait = isFault ? Math.min(LONGEST, SOON * 2 ** tries++) * (1 + Math.random()) : 0;
        next = performance.now() + wait;
        if (wait) setTimeout(flush, wait);
        break;
      }
      sending = null;
    });
    isRunning = false;
    tell();
    if (entries().some(isUntried)) flush(); // a tap may have come while the lock was released
  }
  // A new tap, a new connection or the network that returns: there is reason to try now.
  function soon() {
    next = 0;
    flush();
  }
  // Resolves to true when the next one may follow.
  async function pass(entry) {
    const isVoid = isOver(entry);
    if (entry.cancels || (isVoid && !entry.isSent)) {
      giveTurn(entry);
      forget(entry);
      return true;
    }
    isFault = false;
    if (isCut()) return false;
    sending = entry.key;
    tell();
    if (!(await send(entry, isVoid).catch(() => false))) return false;
    if (isVoid) giveTurn(entry);
    [tries, next] = [0, 0];
    await note(entry);
    return true;
  }
  // The tap that takes over goes when the older one would have gone: before a confirmation that was given after it.
  function giveTurn(entry) {
    for (const one of newer(entry)) save({ ...one, order: Math.min(turn(one), turn(entry)) });
  }
  // Resolves to true when the tap is decided; false or an error means "not yet".
  async function send(entry, isVoid) {
    const { key, url, fields, observed, tapped, state } = entry;
    if (Date.now() - tapped > DAY) return end(entry, "refused"); // both times are the phone's: a wrong clock does no harm
    const body = new URLSearchParams([...fields, ["key", key]]);
    if (state === "waiting") body.append("observed_at", observed); // otherwise the server takes its own time, which is better
    if (isVoid) body.append("void", "yes");
    isLater = false;
    const isHere = document.getElementById(`staff-${url.split("/")[2]}`);
    let isDecided = false;
    let notice; // without one, another machine answered, such as a proxy: nobody knows the fate of the tap, so it is sent again
    const accepts = ({ status, text }) => {
      notice = messages.noticeOf(parse(text));
      isLater = LATER.includes(notice?.dataset.code);
      isDecided = notice && !isLater && ![401, 423, 503].includes(status);
      return isDecided && isHere;
    };
    save({ ...entry, isSent: true });
    const response = await ask(box, url, { method: "POST", fields: body, accepts });
    const code = notice?.dataset.code;
    isFault = code === "internal" || (!notice && response?.status > 0);
    if (notice && response.status === 401) location.assign("/sign-in?ended=1");
    const faults = (entry.faults ?? 0) + (code === "internal");
    const isSent = !notice || UNSURE.includes(code) || !!entry.isSent; // what was surely not done can still be dropped
    if (!isDecided) {
      const last = isAside({ faults }) && { order: Date.now() }; // those aside take turns
      return save({ ...entry, ...last, isSent, faults });
    }
    if (isVoid) return endVoid(entry, code, notice);
    if (response.isOk && state === "waiting") return end(entry, "sent");
    const isTold = response.isOk || (isHere && state === "new"); // then the outbox does not have to say it
    if (!isTold) return end(entry, code === "overtaken" ? code : "refused", plain(notice.textContent));
    forget(entry);
    document.dispatchEvent(new CustomEvent("bedboard:decided", { detail: { entry, response, notice } }));
    return true;
  }
  // The server has taken it back, or had done it before: the person who wanted to cancel it must know that.
  function endVoid(entry, code, notice) {
    if (code === "done_already" && !newer(entry).length) return end(entry, "done", plain(notice.textContent));
    forget(entry);
    return true;
  }

  for (const entry of entries()) if (Date.now() - entry.ended > DAY) forget(entry); // people could read it for a day
  document.addEventListener("bedboard:heard", flush);
  document.addEventListener("bedboard:hello", soon);
  addEventListener("online", soon);
  setInterval(flush, PATIENCE * (0.75 + Math.random() / 2));
  const isSending = ({ key }) => key === sending;
  const isLate = ({ faults }) => isLater || faults > 0;
  const outbox = { entries, add, cancel, forget, soon, flush, isOpen, isOver, isCancelled, isSending, isLate };
  Object.assign(window.bedboard, { outbox });
})();
