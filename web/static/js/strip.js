/* The person's own holds, alerts and cases. htmx sends each form and link with hx-boost and swaps the answer. This script allows
   one press at a time, places the focus, and says when no answer comes. Such a press is for now, so it never waits to be sent later. When the server says that something of the person's own has
   changed, it draws each own part again (an element with an id and, in data-own, its address).
   The forms work without this script. */
(() => {
  "use strict";
  const DEAF = 600;
  const JUST = 350;
  const NEAR = 48;
  // refusals of this moment only
  const PASSING =
    /^(busy|changed_meanwhile|database_away|database_full|database_read_only|internal|key_in_use|perhaps_saved|too_many)$/;
  const PATIENCE = 20e3; // the server may need longer than a background request waits
  const { ask, messages, now, parse } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const owns = () => [...document.querySelectorAll("[data-own]")];
  const rows = () => [...document.querySelectorAll("#strip .hold")];
  const on = (name, listen) => document.addEventListener(name, listen);

  // --- presses
  const busy = new Map(); // presses under way, by their addresses
  const ended = new Set(); // ids of rows that were released here
  let repeated; // the press that is made once more
  on("htmx:config:request", (event) => {
    const { ctx } = event.detail;
    const { action: url, submitter } = ctx.request;
    const form = ctx.sourceElement;
    if (!form.matches("form[hx-boost], a[href]")) return;
    if (busy.has(url)) return event.preventDefault();
    if (repeated?.url === url) ctx.request.body = repeated.body; // with the same key, so it is done once
    repeated = null;
    ctx.request.timeout = PATIENCE;
    const { body } = ctx.request;
    if (submitter?.name) body.set(submitter.name, submitter.value); // the form may have a field with the same name
    if (url.endsWith("/hold")) {
      // The profile of a search form stays on the page: a hold does not need it.
      for (const name of new Set(body.keys())) if (!/^(key|caller)$/.test(name)) body.delete(name);
    }
    const tile = form.closest(".tile");
    const home = form.closest("[data-own]:not(#strip)") && form.closest("article, [data-own]");
    const element = tile ?? submitter ?? form;
    ctx.press = {
      ...messages.begin(url, tile?.querySelector("summary") ?? element),
      url,
      form,
      body: new URLSearchParams(body),
      element,
      submitter,
      before: rows().map(({ id }) => id),
      state: byId("case")?.dataset.state,
      row: url.endsWith("/release") && form.closest(".hold")?.id,
      home,
      opened: home ? foldsOf(form, home) : [],
    };
    busy.set(url, ctx.press);
    element.classList.add("sending");
    if (ctx.press.row) ended.add(ctx.press.row);
    if (tile) {
      tile.open = false;
      tile.querySelector("summary").focus({ preventScroll: true });
    }
  });
  function cease({ url, element, end }) {
    busy.delete(url);
    element.classList.remove("sending");
    end();
  }
  function showBusy() {
    for (const { element } of busy.values()) element.classList.add("sending");
  }
  on("bedboard:placed", () => queueMicrotask(showBusy)); // news may have drawn it again
  on("htmx:after:request", (event) => {
    const { press, response, text } = event.detail.ctx;
    if (!press) return;
    cease(press);
    const answer = parse(text);
    press.notice = messages.noticeOf(answer);
    press.isEnded = response.status === 401 && press.notice;
    press.isAnswered = !press.isEnded && !!(press.notice || answer.querySelector("#strip[data-own]"));
    // A sheet has done its work, and must not cover the answer, unless a field in it is wrong.
    if (press.isAnswered && response.status !== 422) for (const one of press.opened) one.open = false;
    if (press.isEnded) location.assign("/sign-in?ended=1");
    if (press.isAnswered) answered++;
    if (!press.isAnswered || (response.status >= 400 && press.form.matches("a"))) event.preventDefault();
  });
  on("htmx:finally:request", ({ detail }) => {
    const { press } = detail.ctx;
    if (!press || press.isEnded) return;
    cease(press);
    if (press.isAnswered) return goOn(press);
    ended.delete(press.row);
    press.unanswered(() => again(press));
    refresh();
  });
  function again(press) {
    const { form, submitter, url } = press;
    const address = ["formaction", "action", "href"].map(
      (name) => (submitter ?? form).getAttribute(name) ?? form.getAttribute(name),
    );
    const isThere = form.isConnected && submitter?.isConnected !== false && !submitter?.disabled;
    if (!isThere || address.find(Boolean) !== url) return messages.tell(byId("message").dataset.gone, { name: url, press });
    repeated = press;
    if (form.matches("a")) form.click();
    else form.requestSubmit(submitter);
  }
  function goOn({ before, state, home, notice, ...press }) {
    if (notice?.childElementCount) {
      const isPassing = PASSING.test(notice.dataset.code);
      return messages.tell(notice, { name: press.url, press, form: press.form, again: isPassing && (() => again(press)) });
    }
    const telephone = rows()
      .find(({ id }) => !before.includes(id))
      ?.querySelector(".tel");
    if (telephone) {
      telephone.focus({ preventScroll: true });
      telephone.closest(".hold").scrollIntoView({ block: "nearest" });
    } else if (byId("case")?.dataset.state !== state) {
      show("case");
      byId("case").scrollIntoView(); // the next step stands at its top
    } else if (home?.id) show(home.id);
    if (document.activeElement === document.body) byId("main").focus({ preventScroll: true });
  }
  function foldsOf(form, home) {
    return [...home.querySelectorAll("details[open]:not(.asking)")].filter((one) => one.contains(form));
  }
  // A pressed part may have moved, so it is shown again.
  function show(id) {
    const there = byId(id);
    if (there?.checkVisibility?.() === false || !there) return;
    there.tabIndex = -1;
    there.focus({ preventScroll: true });
    there.scrollIntoView({ block: "nearest" });
  }

  // --- the strip: a hold that ended by time or by the shelter stays readable, with its telephone, because a call may go on
  on("htmx:before:swap", ({ detail }) => {
    const strip = detail.ctx.swap.startsWith("place") && detail.tasks[0]?.fragment.querySelector("#strip");
    for (const row of strip ? rows() : []) {
      if (ended.has(row.id) || strip.querySelector(`#${row.id}`)) continue;
      // Before its time, and used by a case: the shelter has said yes, and the case says so.
      const isUsed = row.querySelector('a[href^="/requests/"]');
      if (isUsed && Date.parse(row.querySelector("[data-until]").dateTime) > now()) continue;
      const kept = strip.appendChild(row.cloneNode(true));
      if (!kept.matches(".lapsed")) explain(row);
      kept.classList.add("lapsed");
      for (const form of kept.querySelectorAll("form")) form.remove();
      for (const hidden of kept.querySelectorAll("[hidden]")) hidden.hidden = false;
    }
  });
  // Says what the place of an ended hold is now, in the words of its shelter's page.
  function explain(row) {
    const { shelter, place } = row.dataset;
    const accepts = ({ isOk, text }) => {
      const state = isOk && parse(text).querySelector(`#place-${place} .state`);
      const now = byId(row.id)?.querySelector(".now");
      if (now && state) now.textContent = `${now.dataset.word} ${state.textContent.replace(/\s+/g, " ").trim()}`;
    };
    ask(row, `/shelters/${shelter}`, { accepts });
  }
  // isMissed: something may have changed, for instance before the first sign of life, and the page has not asked for it yet.
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
      for (const own of owns()) isAway = !(await renew(own)) || isAway;
      if (isAway) {
        isMissed = true; // asks again with the next sign of life
        break;
      }
    }
    isAsking = false;
  }
  // Resolves to true when the page shows the present state of this part.
  const firstCase = () => document.querySelector("#strip .case-row > a")?.getAttribute("href");
  async function renew({ id, dataset }) {
    const before = answered;
    const { scrollHeight } = byId("main");
    const first = firstCase();
    const { state } = dataset;
    let isShown = false;
    await ask(byId(id), dataset.own, {
      select: `#${id}`,
      accepts({ isOk, status, text }) {
        if (status === 404 && id === "case") location.assign("/requests"); // it is offered to this group no more
        const isLate = before !== answered; // the answer to a press may be newer and is on the page already
        const fresh = isOk && parse(text).querySelector(`#${id}`);
        const isAway = !fresh || "away" in fresh.dataset;
        isMissed ||= isLate;
        isShown = isLate || !isAway;
        return !isLate && fresh && !(id === "strip" && isAway && rows().length);
      },
    });
    const isKept = id === "strip" || (id === "case" && byId(id)?.dataset.state === state); // its cards have not moved (still.js)
    if (first && id === "strip" && firstCase() !== first) moved(); // another case stands where the finger may be going
    if (!isKept && Math.abs(byId("main").scrollHeight - scrollHeight) > NEAR) moved();
    return isShown;
  }
  // When the time of a hold or an offer is over, the server says what is true now.
  const passed = new Set();
  function look() {
    const times = document.querySelectorAll("[data-own] [data-until]");
    const over = [...times].filter((time) => Date.parse(time.dateTime) < now());
    const fresh = over.map((time) => time.closest("[id]").id + time.dateTime).filter((name) => !passed.has(name));
    for (const name of fresh) passed.add(name);
    if (fresh.length) refresh();
  }

  // --- the places on a shelter's page: drawn again when its card shows something newer
  let tried;
  async function redraw() {
    const places = byId("places");
    const card = byId(`shelter-${places?.dataset.shelter}`);
    if (!card || [places.dataset.of, tried].includes(card.dataset.stamp)) return;
    tried = card.dataset.stamp;
    const answer = await ask(places, `/shelters/${places.dataset.shelter}`, { accepts: ({ isOk }) => isOk });
    if (!answer?.isOk) tried = null; // tries again with the next sign of life
  }

  // After a press, another button may stand under the finger: a second tap on the same spot is not meant for it. The same holds
  // for a tap that was on its way when a new request came in above and moved the page.
  let tapped = { at: -DEAF };
  let settling;
  // The question where people went comes up after a tap, with answers that a second tap does not mean.
  let question;
  let questionAt = -DEAF;
  document.addEventListener("bedboard:placed", () => {
    const change = document.querySelector("#departure [name=change]")?.value;
    if (change && change !== question) questionAt = performance.now();
    question = change;
  });
  function moved() {
    byId("main").dataset.moved = "";
    clearTimeout(settling);
    settling = setTimeout(() => delete byId("main").dataset.moved, JUST);
  }
  addEventListener(
    "click",
    (event) => {
      if (!event.isTrusted || !event.detail) return; // it comes from the keyboard
      const { clientX: x, clientY: y } = event;
      const at = performance.now();
      const isAgain = at - tapped.at < DEAF && Math.hypot(x - tapped.x, y - tapped.y) < NEAR;
      const sheet = event.target.closest(":is(.tile, .queue)[open]");
      // The first tap closed a sheet that lay over this. The line of the sheet itself was not under it: a press there is meant.
      const isClosed = !sheet && tapped.sheet?.open === false && !tapped.sheet.contains(event.target);
      const isGone = isAgain && (isClosed || !tapped.target.isConnected); // such as the offer to undo: below it is something else
      tapped = { at, x, y, target: event.target, sheet };
      const isMoved =
        event.target.closest("[data-moved] :is(.asked, .tiles, #case, .case-row)") && !event.target.closest(".sheet, .jump");
      const isEarly = at - questionAt < DEAF + JUST && event.target.closest("#departure");
      const isDeaf =
        isEarly ||
        isGone ||
        isMoved ||
        (isAgain && event.target.closest("#strip .hold button, :is(.asked, #case) :is(button, summary)"));
      if (isDeaf) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );
  // There are two ways to say when they arrive. The last one counts, so the page clears the other one.
  document.addEventListener("input", ({ target }) => {
    const form = target.form;
    const isTime = target.name === "arrives_at";
    if (isTime && target.value) for (const choice of form.querySelectorAll("[name=within]")) choice.checked = false;
    if (target.name === "within" && form.elements.arrives_at) form.elements.arrives_at.value = "";
  });
  document.addEventListener("click", ({ target }) => target.matches("#strip .close") && target.closest(".hold").remove());
  document.addEventListener("click", ({ target }) => {
    const link = target.closest('a[href^="#"]');
    const tile = link?.closest(".tile"); // the link leads away, so the sheet above it closes
    if (tile) tile.open = false;
    // Of a request to which a link leads all is shown; the list of them is no request.
    const folded = link?.hash.startsWith("#ask-") && byId(link.hash.slice(1))?.querySelector(".asking");
    if (folded) folded.open = true;
  });
  document.addEventListener("bedboard:hello", () => {
    if (greetings++) isMissed = true; // a page that reconnects may have missed something
  });
  document.addEventListener("bedboard:own", refresh);
  document.addEventListener("bedboard:placed", redraw);
  document.addEventListener("bedboard:heard", () => {
    if (isMissed) refresh();
    look();
    redraw();
  });
})();
