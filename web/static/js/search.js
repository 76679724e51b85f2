/* Zoeken: each choice is said over the socket at once, and the list follows, but never under a finger: what is seen stays where
   it is until somebody makes a new choice, asks for it or looks away. The form works without this script.
   The choices are in the form and nowhere else: not in an address, not in a storage. */
(() => {
  "use strict";
  const DOUBT = 3e3;
  const SETTLE = 150;
  const DEAF = 600;
  const { parse, place, say } = window.bedboard;
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const form = byId("profile");
  const list = byId("list");
  const results = byId("results");
  const more = byId("more");
  if (!form || !list) return;
  const rowOf = (id) => byId(`lot-${id}`);
  const idOf = (row) => row.id.replace("lot-", "");
  const rows = () => [...list.children];
  const isOwn = ([name]) => name !== "key" && name !== "page";
  const isChosen = ([, value]) => value && value !== "0";
  const element = (html) => parse(html).firstElementChild;

  // --- asking: a number per choice, so that a late answer is not taken for the present one
  let number = 0;
  let answered = 0;
  let doubt;
  const search = () => ({ n: number, fields: Object.fromEntries([...new FormData(form)].filter(isOwn).filter(isChosen)) });
  const doubting = (is) => root.classList.toggle("doubting", is);
  function ask() {
    number++;
    results.setAttribute("aria-busy", "true");
    const isSaid = say({ type: "search", ...search() }); // else the next connection begins with it
    clearTimeout(doubt);
    doubt = setTimeout(doubting, isSaid ? DOUBT : 0, true);
  }
  document.addEventListener("bedboard:hello", ({ detail }) => (detail.search = search()));

  // --- what was found: `order` as the server has it, and the rows that are not shown yet
  let order = rows().map(idOf);
  const kept = new Map();
  function take(found) {
    if (found.n !== number) return;
    const isNew = found.n !== answered;
    clearTimeout(doubt);
    doubting(false);
    answered = found.n;
    if (found.notice) {
      // the list stays dim: it belongs to other choices
      byId("count").firstElementChild.textContent = byId("count").dataset.clash;
      place(found.notice);
      return byId("notice").scrollIntoView({ block: "nearest" });
    }
    results.removeAttribute("aria-busy");
    if (byId("notice")?.dataset.code === "invalid") byId("notice").replaceChildren();
    for (const { id, html } of found.fragments) kept.set(id, html);
    order = found.order.filter((id) => kept.has(id) || rowOf(id));
    for (const id of kept.keys()) if (!order.includes(id)) kept.delete(id);
    place(found.figures);
    const tally = byId("figures").querySelector(".tally").cloneNode(true);
    const count = byId("count").firstElementChild;
    if (count.textContent !== tally.textContent) count.replaceChildren(...tally.childNodes);
    arrange(isNew);
    const question = document.querySelector("#nothing details");
    if (isNew && question) question.open = !order.length;
  }

  // The row that is there becomes what was said of it; its button stays the same one, whatever place of its kind it now names.
  function renew(row) {
    const html = kept.get(idOf(row));
    const fresh = html && element(html);
    if (!fresh) return;
    const button = row.querySelector("button");
    const next = fresh.querySelector("button");
    const key = next?.value;
    kept.delete(idOf(row));
    if (button && next) next.setAttribute("value", button.value);
    place(fresh.outerHTML);
    if (button?.isConnected && next) button.value = key;
  }
  function strike(row) {
    const button = row.querySelector("button");
    row.classList.add("gone");
    if (button === document.activeElement) row.querySelector("a").focus({ preventScroll: true });
    if (button) button.disabled = true;
  }
  function appear(id) {
    const row = element(kept.get(id));
    kept.delete(id);
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), 300);
    return row;
  }

  // `whole`: as the server has it. Else only what nobody sees moves: rows that are seen, or stand above what is seen, stay.
  function arrange(whole) {
    const focused = document.activeElement;
    const all = rows();
    const isShut = list.getBoundingClientRect().bottom < innerHeight;
    const fixed = whole ? [] : all.filter((row) => row.getBoundingClientRect().top < innerHeight);
    for (const row of fixed) row.style.minHeight = `${row.getBoundingClientRect().height}px`; // also where what is said of it is shorter now
    for (const row of all) {
      if (order.includes(idOf(row))) renew(row);
      else if (fixed.includes(row)) strike(row);
      else row.remove();
    }
    const last = Math.max(-1, ...fixed.map((row) => order.indexOf(idOf(row))));
    const isHeld = (id, index) => !whole && !rowOf(id) && (isShut || index < last);
    const held = order.filter(isHeld);
    const rest = order.filter((id, index) => !fixed.includes(rowOf(id)) && !isHeld(id, index));
    let next = fixed.length ? fixed.at(-1).nextElementSibling : list.firstElementChild;
    for (const id of rest) {
      const row = rowOf(id) ?? appear(id);
      if (whole) row.style.minHeight = "";
      if (row === next) next = next.nextElementSibling;
      else list.insertBefore(row, next);
    }
    if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
    const count = held.reduce((sum, id) => sum + Number(element(kept.get(id)).dataset.free), 0);
    more.hidden = !count;
    if (count) more.textContent = count === 1 ? more.dataset.one : more.dataset.many.replace("#", count);
    place(""); // ages of what is new, and what is one's own
  }
  const isSettled = () => rows().map(idOf).join() === order.join();

  function show() {
    const [first] = order.filter((id) => !rowOf(id));
    arrange(true);
    rowOf(first)?.scrollIntoView({ block: "center" });
    rowOf(first)?.querySelector("a").focus({ preventScroll: true });
  }
  // Who looks away finds the list in order; what is looked at then does not move either.
  let settling;
  function settle() {
    if (isSettled()) return;
    const { top, bottom } = list.getBoundingClientRect();
    const isAbove = bottom < 0;
    arrange(isAbove || top > innerHeight || scrollY <= 0);
    if (isAbove) scrollBy({ top: list.getBoundingClientRect().bottom - bottom, behavior: "instant" });
  }

  // --- what the form's buttons do: htmx sends it. A search that is not live is such a button too, and gets the whole list as its answer.
  // The same key until it is done, so that however often it is pressed it is done once.
  function renewKey(button) {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    (button.name === "key" ? button : form.querySelector("[name=key]")).value = bytes
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
  }
  const articles = () => [...document.querySelectorAll("#strip article")];
  const on = (name, listen) =>
    document.addEventListener(name, (event) => {
      const { ctx } = event.detail;
      if (ctx.press?.url.startsWith("/search")) listen(ctx, event);
    });
  on("htmx:config:request", ({ press }) => (press.articles = articles()));
  on("htmx:after:request", ({ press, request, response, text }, event) => {
    if (press.isAnswered && response.status < 300 && request.submitter?.name) renewKey(request.submitter);
    if (press.url !== "/search" || !press.isAnswered) return;
    event.preventDefault();
    const answer = parse(text);
    const fragments = [...answer.querySelectorAll("#list > article")].map((row) => ({ id: idOf(row), html: row.outerHTML }));
    const told = (id) => answer.querySelector(`#${id}`)?.outerHTML;
    const isFound = answer.querySelector("#figures .tally");
    number++;
    take({
      n: number,
      ...(isFound ? { order: fragments.map(({ id }) => id), fragments, figures: told("figures") } : { notice: told("notice") }),
    });
    say({ type: "search", ...search() }); // what is said from now on belongs to this list
  });
  on("htmx:finally:request", ({ press, text }) => {
    if (press.url === "/search") return see();
    if (!press.isAnswered || byId("notice")?.childElementCount) return;
    const own = articles().find((article) => !press.articles.includes(article));
    const shown = parse(text).querySelector("#nothing") ? byId("nothing") : own;
    (shown === own ? own?.querySelector("a, button") : shown)?.focus({ preventScroll: true });
    shown?.scrollIntoView({ block: "nearest" });
  });
  function see() {
    results.focus({ preventScroll: true });
    results.scrollIntoView({ block: "start" });
  }
  addEventListener(
    "submit",
    (event) => {
      const url = event.submitter?.getAttribute("formaction");
      if (event.target !== form) return;
      if (url === "/requests/new") event.stopPropagation(); // that is another page: the browser opens it
      if (url || !say({ type: "active" }) || root.matches(".doubting, .lost")) return; // htmx sends it
      event.preventDefault();
      event.stopPropagation();
      ask();
      see();
    },
    true,
  );

  // --- holding: once. A second tap must not fall on what has come under the finger meanwhile.
  const pressed = new Set();
  let deafUntil = 0;
  addEventListener(
    "submit",
    ({ submitter }) => {
      const row = submitter?.closest(".match");
      if (row) {
        pressed.add(row.id);
        deafUntil = performance.now() + DEAF;
      }
    },
    true,
  );
  addEventListener(
    "click",
    (event) => {
      if (event.isTrusted && event.detail && performance.now() < deafUntil) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    },
    true,
  );
  document.addEventListener("bedboard:placed", () => {
    for (const row of list.querySelectorAll(".gone")) row.classList.toggle("yours", isYours(row));
  });
  const isYours = (row) =>
    pressed.has(row.id) &&
    !!document.querySelector(`#strip .hold:not(.lapsed) a[href="${row.querySelector("a").getAttribute("href")}"]`);

  // --- choosing
  form.addEventListener("change", ask);
  form.querySelector(".clear").addEventListener("click", (event) => {
    if (!document.querySelector("#nothing details")) return; // counted: a new page for somebody else
    event.preventDefault();
    for (const input of form.querySelectorAll(":checked")) input.checked = false;
    const open = 'input:is([value=""], [value="0"], [name="arrival"][value="now"])';
    for (const input of form.querySelectorAll(open)) input.checked = true;
    ask();
  });
  more.addEventListener("click", show);
  addEventListener(
    "scroll",
    () => {
      clearTimeout(settling);
      settling = setTimeout(settle, SETTLE);
    },
    { passive: true },
  );
  document.addEventListener("bedboard:found", ({ detail }) => take(detail));
  say({ type: "search", ...search() }); // the socket was open before this script was here
})();
