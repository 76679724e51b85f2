/* Puts elements from the server into the page: each whole element replaces the one with the same id. Answers to forms and
   refreshed parts come through htmx, with the swap style "place" from this file; messages of the socket come from live.js.
   htmx's own swaps do not know stamps: an answer that took long would undo newer news from the socket. */
(() => {
  "use strict";
  const PATIENCE = 10e3;
  const IDLE = 60e3;
  const OVER = ".sheet, .confirm, #bell, #notice, #undo, #departure, #address, #bar, #fresh"; // these lie over the page and do not move with it
  const { htmx } = window;
  const { parse } = window.bedboard;
  const asked = new URLSearchParams(location.search);
  const byId = (id) => document.getElementById(id);

  // --- fragments: the same elements stay, so that typed text, the focus and a finger that is down keep their place
  const news = new Map(); // element id → its newest element from the server, also of shelters that the filter hides
  let changed;
  let morph; // the one of htmx
  // People and scripts set these, so an answer without them does not remove them.
  const OWN = /^(open|tabindex|aria-(busy|live|checked|invalid|describedby)|data-wrong)$/;
  const FIXED = "input[type=hidden]:not([name=key])";

  // Two nodes with the same identity are one thing at two moments. A button with another meaning must be another element,
  // because otherwise a finger that is down would press it.
  function identity(node) {
    if (node.nodeType !== 1 || node.id) return node.nodeName + node.id;
    const means = node.matches("form") ? [...node.querySelectorAll(FIXED)] : node.matches(`button, ${FIXED}`) ? [node] : [];
    return [node.nodeName, node.getAttribute("action"), node.name, ...means.map((control) => control.value)].join();
  }
  // The records of the browser tell what htmx's morph has changed. New stamps and keys alone are no change.
  const isSaid = (node) => node.nodeType === 1 || node.data.trim();
  const records = new MutationObserver(() => null);
  function isChange({ type, target, attributeName: name, oldValue: before, addedNodes, removedNodes }) {
    if (type === "childList") return [...addedNodes, ...removedNodes].some(isSaid);
    const after = type === "attributes" ? target.getAttribute(name) : target.data;
    if (type === "attributes" && (/^data-(stamp|rings|open|htmx-powered)$/.test(name) || target.name === "key")) return false;
    return before !== after && !!(before?.trim() || after?.trim());
  }
  function morphInto(old, fresh) {
    const fragment = new DocumentFragment();
    fragment.append(fresh);
    const kinds = { childList: true, attributes: true, characterData: true };
    records.observe(old, { ...kinds, subtree: true, attributeOldValue: true, characterDataOldValue: true });
    morph(old, fragment, false);
    for (const record of records.takeRecords().filter(isChange)) {
      changed.add((record.target.closest ? record.target : record.target.parentNode)?.closest("[id]"));
    }
    records.disconnect();
  }

  // --- stamps: their versions count within one epoch of the database, which becomes higher when it may have come back older
  let { epoch } = document.documentElement.dataset;
  // Lets everything from the server replace what the page shows, whatever its stamp is.
  function forget() {
    news.clear();
    for (const element of document.querySelectorAll("[data-stamp]")) element.dataset.stamp = "0.0";
  }
  // Returns whether something of this epoch may be placed, after forgetting the stamps of a lower one. An answer without an
  // epoch has no stamps either.
  function isPresent(other) {
    if (!other || Number(other) === Number(epoch)) return true;
    if (Number(other) < Number(epoch)) return false;
    epoch = other;
    forget();
    document.dispatchEvent(new Event("bedboard:epoch"));
    return true;
  }
  function fits(card) {
    const chosen = byId("cards")?.dataset ?? {};
    const has = (facet, list) => {
      const wanted = chosen[facet] ?? asked.get(facet);
      return !wanted || list.split(" ").includes(wanted);
    };
    const { kinds, unit, takes, exploitation } = card.dataset;
    return has("kind", kinds) && has("unit", unit) && has("takes", takes) && has("exploitation", exploitation);
  }
  function isLower(stamp, other = "0.0") {
    const [[version, phase], [otherVersion, otherPhase]] = [stamp, other].map((text) => text.split(".").map(Number));
    return version < otherVersion || (version === otherVersion && phase < otherPhase);
  }
  // A small tile has no sheet of its own: it gets that of all such places, with its own id and a new key.
  function fill(tile) {
    const sheet = tile.querySelector("[data-sheet]");
    const shared = sheet && byId(`sheet-${sheet.dataset.sheet}`);
    if (!shared) return;
    const nonce = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const own = { __place__: tile.id.slice("tile-".length), __nonce__: nonce };
    sheet.replaceChildren(parse(shared.innerHTML.replace(/__(place|nonce)__/g, (name) => own[name])));
    sheet.querySelector("b").textContent = tile.querySelector(".label").textContent;
    sheet.removeAttribute("data-sheet");
    if (tile.isConnected) htmx.process(sheet);
  }
  function placeOne(fresh) {
    const { id } = fresh;
    const { stamp, name } = fresh.dataset;
    if (id === "notice") return; // it belongs to a press: messages.js shows it
    const isCard = fresh.matches("article");
    let old = byId(id);
    if (stamp) {
      if (isLower(stamp, old?.dataset.stamp) || isLower(stamp, news.get(id)?.dataset.stamp)) return;
      if (!fresh.matches(".tile")) news.set(id, fresh.cloneNode(true));
      if (isCard && !fits(fresh)) return old?.remove();
    }
    if (old && old.dataset.name !== name) old = old.remove(); // a card with a new name may have to move in the list
    if (old?.open) fill(fresh);
    if (old) morphInto(old, fresh);
    else if (isCard) {
      byId("cards")?.insertBefore(fresh, [...byId("cards").children].find((card) => card.dataset.name > name) ?? null);
      changed.add(fresh);
    } else if (id === "undo") byId("main")?.prepend(fresh);
    htmx.process(old ?? fresh);
  }
  const placeAll = (fragment) => [...fragment.children].filter(({ id }) => id).forEach(placeOne);
  // --- the place on the screen: what the person points at, types in or looks at stays where it is while news comes in above it
  let point;
  let usedAt = -IDLE;
  const isUsed = () => performance.now() - usedAt < IDLE;
  const isLookedAt = () => !document.hidden && (scrollY > 0 || isUsed() || !!byId("case"));
  function anchor() {
    const isIn = (element) => {
      const { top, bottom } = element.getBoundingClientRect();
      return (
        byId("main").contains(element) && element.id !== "main" && !element.closest(OVER) && bottom > 0 && top < innerHeight
      );
    };
    const at = (x, y) => document.elementFromPoint(x, y) ?? document.body;
    const points = [point ?? [innerWidth / 2, 0], [innerWidth / 2, innerHeight / 2]];
    const card = [...document.querySelectorAll("#case .part")].find(isIn); // the head above the cards may grow
    const used = isUsed() && point ? at(...points[0]) : document.activeElement;
    return [used, document.activeElement, card, at(...points[1])].find((one) => one && isIn(one));
  }
  // Returns a function that puts the page back where it is now; null when nobody looks.
  function pin() {
    const element = isLookedAt() && anchor();
    if (!element) return null;
    const home = element.closest("[id]").id;
    const { top } = element.getBoundingClientRect();
    return () => {
      const moved = () => (element.isConnected ? element : byId(home))?.getBoundingClientRect().top - top;
      const scroll = () => scrollBy({ top: moved(), behavior: "instant" });
      if (Math.abs(moved()) < 1) return;
      const { style } = byId("main");
      if (style.marginTop) style.marginTop = `${Math.max(0, Number.parseFloat(style.marginTop) - moved())}px`;
      scroll();
      const missing = moved();
      if (missing >= 1) {
        document.body.style.minHeight = `${scrollY + missing + innerHeight}px`; // the page is too short to scroll so far
        scroll();
      } else if (missing <= -1) style.marginTop = `${-missing}px`; // it is at its top already
    };
  }
  // Takes back the empty band that `pin` left above, as far as the person has scrolled over it, so nothing moves on the screen.
  function closeBand() {
    const main = byId("main");
    const band = Number.parseFloat(main?.style.marginTop) || 0;
    if (!band || scrollY <= 0) return;
    const seen = [...main.children].find(({ offsetHeight }) => offsetHeight);
    const { top } = seen.getBoundingClientRect();
    main.style.marginTop = band > scrollY ? `${band - scrollY}px` : "";
    scrollBy({ top: seen.getBoundingClientRect().top - top, behavior: "instant" });
  }
  addEventListener("onscrollend" in window ? "scrollend" : "scroll", closeBand, { passive: true });
  const note = ({ isTrusted, clientX, clientY, movementX, movementY, type }) => {
    if (!isTrusted || (type === "pointermove" && !movementX && !movementY)) return; // the page moved, and not the mouse
    usedAt = performance.now();
    if (type.startsWith("pointer")) point = [clientX, clientY];
  };
  for (const kind of ["pointerdown", "pointermove", "keydown", "wheel"])
    addEventListener(kind, note, { capture: true, passive: true });

  // With `isNews` it was not the person who caused it, so the page stays where it is on the screen.
  function steadily(work, isNews = false) {
    if (!isUsed() && byId("main")) byId("main").style.marginTop = ""; // no finger is near: the band of earlier news may go
    const restore = isNews ? pin() : null;
    const focused = document.activeElement;
    const home = focused?.closest("[id]")?.id;
    const empty = byId("empty");
    changed = new Set();
    work();
    if (empty) empty.hidden = byId("cards")?.childElementCount > 0;
    if (focused !== document.activeElement) {
      (focused.isConnected ? focused : byId(home)?.querySelector("summary, button, a"))?.focus({ preventScroll: true });
    }
    for (const element of changed) {
      element?.classList.add("changed");
      setTimeout(() => element?.classList.remove("changed"), 300);
    }
    restore?.(); // before the others look at what is in view, and after they have added to the page
    document.dispatchEvent(new Event("bedboard:placed"));
    restore?.();
  }
  // htmx replaces #main when a filter is chosen. Its answer may be older than the latest news from the socket.
  const replay = () => steadily(() => [...news.values()].map((kept) => kept.cloneNode(true)).forEach(placeOne));
  new MutationObserver(replay).observe(document.body, { childList: true });

  // --- htmx
  let isLate = false; // whether the next swap is of a database that is no more
  let isNews = false; // whether the next swap is of a request that a script has made to see what is new
  const isPlaced = ({ swap }) => /^place\b/.test(swap);
  htmx.registerExtension("bedboard", {
    init(api) {
      ({ morph } = api);
      api.isSoftMatch = (old, fresh) => identity(old) === identity(fresh);
    },
    // live.js writes in these two, as long as they stay what they are; what a frame leaves out stays, and so does a number that
    // was asked for; and a tile may be newer than the page that comes.
    htmx_before_morph_node: ({ className, dataset }, { newNode }) =>
      (dataset.shown === undefined || newNode.dataset?.shown !== undefined) &&
      (!/^(ago|left)$/.test(className) || className !== newNode.className) &&
      newNode.dataset?.kept === undefined &&
      !(newNode.dataset?.stamp && isLower(newNode.dataset.stamp, dataset.stamp)),
    htmx_before_morph_attr(old, { attrName: name, newValue: value }) {
      if (name === "open" && old.matches(".asking")) return false; // how many cards there are must not unfold one under a finger
      if (name === "value" && value !== null) old.setAttribute(name, value); // a typed value is a property, so it stays
      return name === "value" ? value === null : value !== null || !OWN.test(name);
    },
    htmx_config_request: (_, { ctx }) => {
      if (!isPlaced(ctx)) return;
      // A redirect comes from another server, such as the sign-in page of a hotel's network. It gets status 0 and is no answer.
      Object.assign(ctx.request, { redirect: "manual", timeout: PATIENCE });
      const own = document.querySelector('section[id^="staff-"]'); // the answer leaves out the tiles that it shows already
      if (own) ctx.request.headers["Bedboard-Shows"] = own.dataset.stamp;
      if (ctx.fields) ctx.request.body = new URLSearchParams(ctx.fields);
    },
    htmx_before_request: (_, { ctx }) => {
      // htmx's mark of a running request would count as a difference from the server's HTML.
      if (isPlaced(ctx)) for (const element of ctx.indicators) element.classList.remove(htmx.config.requestClass);
    },
    htmx_after_request: (_, { ctx }) => ctx.accepts?.(ctx),
    htmx_before_swap: (_, { ctx }) => {
      isNews = !!ctx.accepts && ctx.request.method === "GET";
      isLate = isPlaced(ctx) && !isPresent(ctx.response.headers.get("Bedboard-Epoch"));
    },
    handle_swap: (style, _, fragment) => {
      if (style !== "place") return false;
      if (!isLate) steadily(() => placeAll(fragment), isNews);
      return []; // htmx has nothing left to prepare
    },
  });
  // Sends a request for a script. `accepts` decides whether the answer is placed. Resolves to the status and text of an answer,
  // or to null if none came.
  async function ask(source, url, { method = "GET", accepts = () => true, ...more } = {}) {
    let answer = null;
    const take = ({ response: { status }, text }) => {
      answer = { status, text, isOk: status >= 200 && status < 300 };
      return !!accepts(answer);
    };
    await htmx.ajax(method, url, { source, swap: "place", accepts: take, ...more });
    return answer;
  }

  const place = (html) => steadily(() => placeAll(parse(html)));
  const epochNow = () => Number(epoch);
  Object.assign(window.bedboard, {
    ask,
    epochNow,
    fill,
    forget,
    isLookedAt,
    isPresent,
    news,
    parse,
    place,
    placeAll,
    steadily,
  });
})();
