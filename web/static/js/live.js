/* The live page: one WebSocket brings whole fragments, and the page always says how old they are.
   htmx's WebSocket extension is not enough: it cannot refuse a lower stamp, tell the server which stamps the page shows,
   notice that the pulse has stopped, or reconnect with full jitter. This file knows ids, stamps and filters, and not the text
   of a card. */
(() => {
  "use strict";
  const SILENCE = 15e3;
  const PATIENCE = 10e3;
  const LONGEST = 30e3;
  const WAITED = 4e3; // 1013: the server has kept this page waiting at its door for seconds, so few come at once
  const KEPT = 1e3; // the server may give out a snapshot again for so long
  const MINUTE = 60e3;
  const LONG = 7200;
  const root = document.documentElement;
  const zone = { timeZone: root.dataset.zone || "Europe/Amsterdam" };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone };
  const { epochNow, forget, isPresent, news, parse, placeAll, steadily } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const shown = () => document.querySelectorAll("[data-stamp]:not(.tile)");
  const shelterOf = (element) => element.id.replace(/^(shelter|staff)-/, "");

  // --- the server's clock: the phone's clock may be a day wrong, and performance.now() stops while the phone sleeps
  let offset = NaN;
  const now = () => offset + performance.now();
  // The same, as late as it can be: a message says nothing of its own way, but the server made the snapshot after our hello.
  let latest = NaN;
  const ageOf = (at) => latest + performance.now() - Date.parse(at);
  const ago = new Intl.RelativeTimeFormat(root.lang);
  const justNow = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });
  function showAges() {
    for (const time of offset ? document.querySelectorAll("[data-age]") : []) {
      const words = time.parentNode.querySelector(".ago");
      const minutes = Math.trunc((Date.parse(time.dateTime) - now()) / MINUTE);
      const near = minutes > 0 ? 105 : 120; // what comes is rounded to hours, what was is never called older than it is
      const [size, unit] = Math.abs(minutes) < near ? [1, "minute"] : Math.abs(minutes) < 2880 ? [60, "hour"] : [1440, "day"];
      const count = minutes > 0 ? Math.round(minutes / size) : Math.trunc(minutes / size);
      if (words) words.textContent = minutes ? ago.format(count, unit) : justNow.format(0, "second");
    }
  }
  function showLeft() {
    for (const time of offset ? document.querySelectorAll("[data-until]") : []) {
      const words = time.parentNode.querySelector(".left");
      const seconds = Math.ceil((Date.parse(time.dateTime) - now()) / 1000);
      const { left, over } = byId("live")?.dataset ?? {};
      const clock = `${Math.trunc(seconds / 60)}:${`${seconds % 60}`.padStart(2, 0)}`;
      const text = seconds > LONG ? "" : seconds > 0 ? `${left} ${clock}` : over; // an end hours away needs no countdown
      if (words && words.textContent !== text) words.textContent = text;
    }
  }

  function takeNews({ exists, fragments, totals }) {
    if (exists) {
      for (const element of shown()) if (!exists.includes(shelterOf(element))) element.remove();
      for (const [id, element] of news) if (!exists.includes(shelterOf(element))) news.delete(id);
    }
    for (const { id, stamp } of fragments) {
      const version = Number.parseInt(stamp, 10);
      const element = byId(`staff-${id}`) ?? byId(`shelter-${id}`) ?? news.get(`shelter-${id}`);
      if (version < Number.parseInt(element?.dataset.stamp, 10)) gone.add(id);
      else gone.delete(id);
    }
    for (const html of [...fragments.map(({ html }) => html), totals ?? ""]) placeAll(parse(html));
  }

  // --- the live mark
  const mark = byId("live");
  let state = mark?.dataset.state;
  let lastAt;
  function showState(next) {
    state = next;
    const isLost = !!mark && ["lost", "full", "signed-out"].includes(state);
    for (const name of ["not-live", "lost"]) root.classList.toggle(name, isLost);
    if (mark && mark.dataset.state !== state) mark.dataset.state = state;
    if (!mark || !lastAt) return; // the text from the server is still right
    const day = now() - Date.parse(lastAt) > 720 * MINUTE && { weekday: "short", day: "numeric", month: "short" };
    for (const time of mark.querySelectorAll("time")) {
      const dated = "dated" in time.dataset && { dateStyle: "full", timeStyle: "short", ...zone };
      const text = new Date(lastAt).toLocaleString(root.lang, dated || { ...clock, ...day });
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // --- the socket
  const liveUrl = () => byId("cards")?.dataset.liveUrl ?? document.body.dataset.liveUrl; // a filter of the board is part of it
  let url = liveUrl();
  let socket;
  let timer;
  let attempt = 0;
  let since = 0;
  let whole; // the snapshot of this socket has come
  let asked = NaN; // when the hello of this socket was sent
  const gone = new Set(); // shelters of which this socket has said a lower version than the page shows
  let isOver;
  let heardAt = 0;
  let toldAt = -MINUTE;
  let touched;
  let tickedAt = performance.now();
  let tickedOn = Date.now();

  function connect() {
    clearTimeout(timer);
    if (socket || isOver) return;
    const opened = new WebSocket(new URL(url, location.href.replace(/^http/, "ws")));
    socket = opened;
    [since, whole] = [performance.now(), false];
    gone.clear();
    opened.onopen = () => {
      since = performance.now();
      const known = [...news.values(), ...shown()].map((element) => [shelterOf(element), element.dataset.stamp]);
      const hello = { type: "hello", epoch: epochNow(), known: Object.fromEntries(known.slice(-200)) }; // the server reads at most 16 KiB
      document.dispatchEvent(new CustomEvent("bedboard:hello", { detail: hello })); // other scripts add to this first message
      opened.send(JSON.stringify(hello));
      asked = performance.now();
    };
    opened.onmessage = (event) => opened === socket && hear(JSON.parse(event.data));
    opened.onclose = (event) => opened === socket && closed(event.code);
  }
  const drop = () => {
    socket?.close();
    socket = null; // its later messages are ignored
  };
  function retry(isSoon, longest = LONGEST) {
    clearTimeout(timer);
    timer = setTimeout(connect, Math.random() * (isSoon ? 500 : Math.min(longest, 500 * 2 ** attempt++)));
  }
  function lose(isSoon) {
    if (isOver) return;
    showState("lost");
    drop();
    retry(isSoon);
  }
  function closed(code) {
    socket = null;
    isOver = code === 4401 || code === 4403;
    if (isOver) showState(code === 4401 ? "signed-out" : "lost");
    if (code === 4401) document.dispatchEvent(new Event("bedboard:ended"));
    if (isOver) return;
    const next = code === 4429 ? "full" : "waiting"; // 4429: this person has too many pages open
    if (next === "full" || state === "live") showState(next);
    retry(code === 4423, code === 1013 ? WAITED : LONGEST); // 4423: the session was locked or unlocked
  }
  const isOld = () => ageOf(lastAt) > SILENCE; // by its own time, not by when it came
  const isCovered = () => "cover" in root.dataset; // by lock.js
  function hear(message) {
    if (!tick() || !socket) return; // the message waited while this device slept, nobody knows for how long
    if (message.epoch && !isPresent(message.epoch)) return lose(); // this server still reads a database that is no more
    if (message.at) {
      const heard = Date.parse(message.at) - performance.now();
      if (whole && heard < offset - SILENCE) return lose(); // the message took too long
      offset = whole ? Math.max(offset, heard) : heard; // the fastest message gives the best estimate
      const bound = whole ? latest : Date.parse(message.now) + KEPT - asked;
      latest = Math.max(bound || heard, heard);
      lastAt = message.at;
    }
    whole ||= message.type === "snapshot";
    if (message.type === "pulse" && gone.size) {
      forget(); // the server has said all, so what the page shows is no more: begin again, and believe everything
      return lose(true);
    }
    if ("locked" in message) document.dispatchEvent(new CustomEvent("bedboard:locked", { detail: message.locked }));
    if (message.fragments && !isCovered()) steadily(() => takeNews(message), true);
    for (const what of ["found", "own", "device"]) {
      const detail = message[what];
      const name = isCovered() ? "covered" : what; // a covered page shows that there is news, and not what it is
      if (detail || message.type === what)
        document.dispatchEvent(new CustomEvent(`bedboard:${name}`, { detail: detail ?? what }));
    }
    if (!whole || !message.at) return; // a change alone is no sign of life: the message must carry the server's time
    [heardAt, attempt] = [performance.now(), 0];
    showState(isOld() ? "lost" : "live");
    if (!isCovered()) document.dispatchEvent(new Event("bedboard:heard"));
  }

  // Runs each second and with each message, to notice sleep and silence. Returns false after a sleep, and the page reconnects.
  function tick() {
    const at = performance.now();
    const passed = at - tickedAt;
    const passedOutside = Date.now() - tickedOn;
    [tickedAt, tickedOn] = [at, Date.now()];
    if (Math.max(passed, passedOutside) > SILENCE) {
      offset += Math.max(0, passedOutside - passed);
      return lose(true);
    }
    if ((at - heardAt > SILENCE || isOld()) && !isOver && state !== "full") showState("lost");
    if (socket && at - Math.max(heardAt, since) > (socket.readyState ? SILENCE : PATIENCE)) {
      drop();
      retry();
    }
    if (touched && socket?.readyState === 1 && at - toldAt > MINUTE) {
      socket.send('{"type":"active"}');
      [toldAt, touched] = [at, false];
    }
    return true;
  }

  // Returns whether the message was sent: only an open socket takes it.
  function say(message) {
    if (socket?.readyState !== 1) return false;
    socket.send(JSON.stringify(message));
    return true;
  }

  Object.assign(window.bedboard, { now, clock, say });
  document.addEventListener("bedboard:placed", () => {
    showAges();
    showLeft();
  });
  if (!url) return;
  document.addEventListener("bedboard:placed", () => {
    if (liveUrl() === url) return;
    url = liveUrl(); // the numbers on the page are those of another filter now
    if (!socket) return;
    drop();
    connect();
  });
  const wake = () => tick() && !socket && retry(true);
  const touch = ({ isTrusted }) => {
    touched ||= isTrusted && !isCovered();
  };
  for (const input of ["pointerdown", "keydown", "wheel"]) addEventListener(input, touch, { capture: true, passive: true });
  setInterval(tick, 1000);
  setInterval(showLeft, 1000);
  setInterval(showAges, 20e3);
  document.addEventListener("visibilitychange", () => document.hidden || wake());
  document.addEventListener("resume", wake);
  document.addEventListener("bedboard:epoch", () => {
    if (isOver || whole === false) return; // the snapshot of this socket says it, and brings everything
    showState("waiting");
    drop();
    connect();
  });
  document.addEventListener("bedboard:unlocked", () => {
    showState("waiting"); // the page shows what was true before
    drop();
    connect();
  });
  addEventListener("online", () => retry(true));
  addEventListener("offline", () => lose());
  addEventListener("pagehide", drop); // for the Back button a browser keeps only pages without an open socket
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isOver = false; // the person may have signed in again meanwhile
    if (state !== "lost") showState("waiting");
    wake();
  });
  showState(navigator.onLine ? state : "lost");
  connect();
})();
