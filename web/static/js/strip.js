/* One's own things: sends what is pressed (a hold that begins, goes on or ends; any form with data-press), and draws what is
   one's own (any element with an id and, in data-own, its address) again when the server says that it changed. The forms work
   without this script. Of a hold nothing but the key is sent: what a search form says of a person stays in its fields. */
(() => {
  "use strict";
  const HOLDS = /^\/(places\/[^/]+\/hold|holds\/[^/]+\/(extend|release)|alerts\/[^/]+\/stop)$/;
  const STAFF_HOLDS = /^\/staff\/[^/]+\/(places\/[^/]+\/hold|holds\/[^/]+\/release)$/;
  const PATIENCE = 10e3;
  const DEAF = 600;
  const JUST = 350;
  const NEAR = 48;
  const { now, parse, place } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const owns = () => [...document.querySelectorAll("[data-own]")];
  const rows = () => [...document.querySelectorAll("#strip .hold")];
  const headers = { "HX-Request": "true" };
  const ask = (url, more) => fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...more });

  // --- what is pressed
  const busy = new Set(); // addresses under way
  const ended = new Set(); // ids of rows that were released here
  async function press(event) {
    const form = event.target;
    const button = event.submitter;
    const url = button?.getAttribute("formaction") ?? form.getAttribute("action");
    const isHold = HOLDS.test(url) || STAFF_HOLDS.test(url);
    if (event.defaultPrevented || !(isHold || "press" in form.dataset)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // nobody else need send it too
    if (busy.has(url)) return;
    const data = new FormData(form);
    const tile = form.closest(".tile");
    const element = tile ?? button ?? form;
    if (button?.name) data.set(button.name, button.value); // the form itself may have one by that name
    const names = isHold ? ["key", "caller"].filter((name) => data.has(name)) : [...new Set(data.keys())];
    const body = new URLSearchParams(names.map((name) => [name, data.get(name)]));
    const before = rows().map(({ id }) => id);
    const state = byId("case")?.dataset.state;
    const row = url.endsWith("/release") && form.closest(".hold")?.id;
    const home = form.closest("[data-own]:not(#strip)") && form.closest("article, [data-own]");
    const opened = home ? foldsOf(form, home) : [];
    busy.add(url);
    element.classList.add("sending");
    byId("notice")?.replaceChildren();
    if (row) ended.add(row);
    if (tile) {
      tile.open = false;
      tile.querySelector("summary").focus({ preventScroll: true });
    }
    const response = await ask(url, { method: "POST", body }).catch(() => null);
    const text = await response?.text().catch(() => "");
    busy.delete(url);
    element.classList.remove("sending");
    for (const one of opened) one.open = false; // it has done its work, and must not cover what is said now
    if (response?.status === 401) return location.assign("/sign-in?ended=1");
    if (!text || !parse(text).querySelector("#notice")) {
      ended.delete(row);
      say(byId("live").dataset.unsent);
      return refresh();
    }
    answered++;
    draw(text);
    if (byId("notice")?.childElementCount) return byId("notice").scrollIntoView({ block: "nearest" });
    const telephone = rows()
      .find(({ id }) => !before.includes(id))
      ?.querySelector(".tel");
    if (telephone) {
      telephone.focus({ preventScroll: true });
      telephone.closest(".hold").scrollIntoView({ block: "nearest" });
    } else if (byId("case")?.dataset.state !== state) {
      show("case");
      byId("case").scrollIntoView(); // how it goes on stands at its top
    } else if (home?.id) show(home.id);
    if (document.activeElement === document.body) byId("main").focus({ preventScroll: true });
  }
  function foldsOf(form, home) {
    return [...home.querySelectorAll("details[open]")].filter((one) => one.contains(form));
  }
  // What was pressed may have moved.
  function show(id) {
    const there = byId(id);
    if (there?.checkVisibility?.() === false || !there) return;
    there.tabIndex = -1;
    there.focus({ preventScroll: true });
    there.scrollIntoView({ block: "nearest" });
  }
  function say(words) {
    const notice = Object.assign(document.createElement("div"), { className: "notice" });
    notice.appendChild(document.createElement("p")).textContent = words;
    if (!byId("notice")) place('<div id="notice" role="alert"></div>');
    byId("notice").replaceChildren(notice);
    byId("notice").scrollIntoView({ block: "nearest" });
  }

  // --- the strip. What ended by itself or by the shelter stays to be read, with its telephone: perhaps that call goes on.
  function draw(text) {
    const fresh = parse(text);
    const strip = fresh.querySelector("#strip");
    const lost = [];
    for (const row of strip ? rows() : []) {
      if (ended.has(row.id) || strip.querySelector(`#${row.id}`)) continue;
      const kept = strip.appendChild(row.cloneNode(true));
      if (!kept.matches(".lapsed")) lost.push(kept);
      kept.classList.add("lapsed");
      for (const form of kept.querySelectorAll("form")) form.remove();
      for (const hidden of kept.querySelectorAll("[hidden]")) hidden.hidden = false;
    }
    place([...fresh.children].map((element) => element.outerHTML).join(""));
    lost.forEach(explain);
  }
  // What has become of a place that is not held any more, in the words of its shelter's page.
  async function explain({ id, dataset }) {
    const response = await ask(`/shelters/${dataset.shelter}`).catch(() => null);
    const text = response?.ok ? await response.text() : "";
    const state = parse(text).querySelector(`#place-${dataset.place} .state`);
    const now = byId(id)?.querySelector(".now");
    if (now && state) now.textContent = `${now.dataset.word} ${state.textContent.replace(/\s+/g, " ").trim()}`;
  }
  // Missed: something may have changed that has not been asked for, such as before the first sign of life.
  let isAsking;
  let isMissed = owns().some(({ id }) => id !== "strip");
  let greetings = 0;
  let answered = 0;
  async function refresh() {
    isMissed = true;
    if (isAsking || !owns().length) return;
    isAsking = true;
    while (isMissed) {
      isMissed = false;
      let isAway = false;
      for (const { id, dataset } of owns()) isAway = !(await renew(id, dataset.own)) || isAway;
      if (isAway) {
        isMissed = true; // with the next sign of life
        break;
      }
    }
    isAsking = false;
  }
  // Whether what the server says of it now is shown.
  async function renew(id, url) {
    const before = answered;
    const response = await ask(url).catch(() => null);
    const text = response?.ok ? await response.text().catch(() => "") : "";
    if (before !== answered) {
      isMissed = true; // it may be older than what a press has drawn meanwhile
      return true;
    }
    const fresh = text && parse(text).querySelector(`#${id}`);
    const isAway = !fresh || "away" in fresh.dataset;
    const height = byId("main").scrollHeight;
    if (fresh && id !== "strip") place(fresh.outerHTML);
    else if (fresh && !(isAway && rows().length)) draw(text);
    if (id !== "strip" && Math.abs(byId("main").scrollHeight - height) > NEAR) moved();
    return !isAway;
  }
  // What is kept until a moment is no longer so after it, and the server says what is.
  const passed = new Set();
  function look() {
    const times = document.querySelectorAll("[data-own] [data-until]");
    const over = [...times].filter((time) => Date.parse(time.dateTime) < now());
    const fresh = over.map((time) => time.closest("[id]").id + time.dateTime).filter((name) => !passed.has(name));
    for (const name of fresh) passed.add(name);
    if (fresh.length) refresh();
  }

  // --- the places on a shelter's page, whenever its card shows something newer
  let tried;
  async function redraw() {
    const places = byId("places");
    const card = byId(`shelter-${places?.dataset.shelter}`);
    if (!card || [places.dataset.of, tried].includes(card.dataset.stamp)) return;
    tried = card.dataset.stamp;
    const response = await ask(`/shelters/${places.dataset.shelter}`).catch(() => null);
    const text = response?.ok && (await response.text());
    if (text) place(text);
    else tried = null; // with the next sign of life
  }

  // What a press has drawn may stand where the finger is: a second tap on the same spot is not meant for it. Nor is one that was
  // on its way when a request came in above and moved everything.
  let tapped = { at: -DEAF };
  let settling;
  function moved() {
    byId("main").dataset.moved = "";
    clearTimeout(settling);
    settling = setTimeout(() => delete byId("main").dataset.moved, JUST);
  }
  addEventListener(
    "click",
    (event) => {
      if (!event.isTrusted || !event.detail) return; // the keyboard
      const { clientX: x, clientY: y } = event;
      const at = performance.now();
      const isAgain = at - tapped.at < DEAF && Math.hypot(x - tapped.x, y - tapped.y) < NEAR;
      tapped = { at, x, y };
      const isMoved = event.target.closest("[data-moved] :is(.asked, .tiles, #case)") && !event.target.closest(".sheet");
      const isDeaf =
        isMoved || (isAgain && event.target.closest("#strip .hold button, :is(.asked, #case) :is(button, summary)"));
      if (isDeaf) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );
  // Of two ways to say when they arrive, the last one counts, and the page shows no other.
  document.addEventListener("input", ({ target }) => {
    const form = target.form;
    const isTime = target.name === "arrives_at";
    if (isTime && target.value) for (const choice of form.querySelectorAll("[name=within]")) choice.checked = false;
    if (target.name === "within" && form.elements.arrives_at) form.elements.arrives_at.value = "";
  });
  document.addEventListener("submit", press, true);
  document.addEventListener("click", ({ target }) => target.matches("#strip .close") && target.closest(".hold").remove());
  document.addEventListener("click", ({ target }) => {
    const tile = target.closest('a[href^="#"]')?.closest(".tile"); // leads away from what covers it
    if (tile) tile.open = false;
  });
  document.addEventListener("keydown", ({ key }) => {
    const open = key === "Escape" && document.querySelector(".reply[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("bedboard:hello", () => {
    if (greetings++) isMissed = true; // who comes back may have missed it
  });
  document.addEventListener("bedboard:own", refresh);
  document.addEventListener("bedboard:placed", redraw);
  document.addEventListener("bedboard:heard", () => {
    if (isMissed) refresh();
    look();
    redraw();
  });
})();
