/* Zoeken: each choice goes over the socket at once, and the list follows, but nothing moves under a finger. Rows in view stay
   where they are until the person makes a new choice, asks for the new rows or scrolls away.
   The choices are in no address; kept.js keeps them for this tab. The form works without this script. */
(() => {
  "use strict";
  const DOUBT = 3e3;
  const SETTLE = 150;
  const DEAF = 600;
  const { leave, messages, parse, place, say } = window.bedboard;
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

  // --- asking: each choice has a number, so that a late answer is not taken for the newest one
  let number = 0;
  let answered = 0;
  let doubt;
  const search = () => ({ n: number, fields: Object.fromEntries([...new FormData(form)].filter(isOwn).filter(isChosen)) });
  const doubting = (is) => root.classList.toggle("doubting", is);
  function ask() {
    number++;
    results.setAttribute("aria-busy", "true");
    const isSaid = say({ type: "search", ...search() }); // otherwise the next connection begins with it
    clearTimeout(doubt);
    doubt = setTimeout(doubting, isSaid ? DOUBT : 0, true);
  }
  document.addEventListener("bedboard:hello", ({ detail }) => (detail.search = search()));

  // --- results: `order` is the order of the server, and `kept` is the HTML that is not shown yet
  let order = rows().map(idOf);
  const kept = new Map();
  function take(found) {
    if (found.n !== number) return;
    const isNew = found.n !== answered;
    clearTimeout(doubt);
    doubting(false);
    answered = found.n;
    if (found.notice) {
      // the list stays dim, because it belongs to other choices
      byId("count").firstElementChild.textContent = byId("count").dataset.clash;
      return messages.tell(element(found.notice), { name: "choices" });
    }
    results.removeAttribute("aria-busy");
    messages.forget("choices");
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

  // Updates a row to the newest HTML. Its button stays the same element, even if it now names another place of the same kind.
  function renew(row) {
    const html = kept.get(idOf(row));
    const fresh = html && element(html);
    if (!fresh) return;
    const button = row.querySelector("[name=key]");
    const next = fresh.querySelector("[name=key]");
    const key = next?.value;
    kept.delete(idOf(row));
    if (button && next) next.setAttribute("value", button.value);
    place(fresh.outerHTML);
    if (button?.isConnected && next) button.value = key;
  }
  function strike(row) {
    row.classList.add("gone");
    if (row.querySelector("button:focus")) row.querySelector("a").focus({ preventScroll: true });
    for (const button of row.querySelectorAll("button")) button.disabled = true;
  }
  function appear(id) {
    const row = element(kept.get(id));
    kept.delete(id);
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), 300);
    return row;
  }

  // With `whole`, the list becomes as the server has it. Otherwise rows in view, and rows above them, stay where they are.
  function arrange(whole) {
    const focused = document.activeElement;
    const all = rows();
    const isShut = list.getBoundingClientRect().bottom < innerHeight;
    const fixed = whole ? [] : all.filter((row) => row.getBoundingClientRect().top < innerHeight);
    for (const row of fixed) row.style.minHeight = `${row.getBoundingClientRect().height}px`; // even if its new text is shorter
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
    place(""); // shows the ages in new rows, and marks the person's own holds
  }
  const isSettled = () => rows().map(idOf).join() === order.join();

  function show() {
    const [first] = order.filter((id) => !rowOf(id));
    arrange(true);
    rowOf(first)?.scrollIntoView({ block: "center" });
    rowOf(first)?.querySelector("a").focus({ preventScroll: true });
  }
  // While the list is out of view it is put in order. The part of the page that is in view does not move.
  let settling;
  function settle() {
    if (isSettled()) return;
    const { top, bottom } = list.getBoundingClientRect();
    const isAbove = bottom < 0;
    arrange(isAbove || top > innerHeight || scrollY <= 0);
    if (isAbove) scrollBy({ top: list.getBoundingClientRect().bottom - bottom, behavior: "instant" });
  }

  // --- the form's buttons: htmx sends them. A search without a live connection is sent so too; its answer is the whole list
  // The key stays the same until the press has succeeded, so that repeated presses count once.
  function renewKey(button) {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    button.value = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  const articles = () => [...document.querySelectorAll("#strip article")];
  const on = (name, listen) =>
    document.addEventListener(name, (event) => {
      const { ctx } = event.detail;
      if (ctx.press?.url.startsWith("/search")) listen(ctx, event);
    });
  on("htmx:config:request", ({ press }) => (press.articles = articles()));
  on("htmx:after:request", ({ press, request, response, text }, event) => {
    if (press.isAnswered && response.status < 300 && request.submitter?.name === "key") renewKey(request.submitter);
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
    say({ type: "search", ...search() }); // later messages of the socket belong to this list
  });
  on("htmx:finally:request", ({ press, text }) => {
    if (press.isAnswered && press.url === "/search") return see();
    if (!press.isAnswered || press.notice?.childElementCount) return;
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
      if (url === "/requests/new") {
        event.stopPropagation(); // this leads to another page: the browser opens it
        return leave(event);
      }
      if (url || !say({ type: "active" }) || root.matches(".doubting, .lost")) return; // htmx sends it
      event.preventDefault();
      event.stopPropagation();
      ask();
      see();
    },
    true,
  );

  // --- a held place is asked for from the strip: the choices of this moment go along
  document.addEventListener(
    "submit",
    ({ target }) => {
      if (!target.matches("#strip form[action='/requests/new']")) return;
      for (const input of target.querySelectorAll("input:not([name=place])")) input.remove();
      for (const [name, value] of [...new FormData(form)].filter(isOwn).filter(isChosen)) {
        target.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
    },
    true,
  );

  // --- holding: a second tap must not press a button that has come under the finger meanwhile
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
    if (!document.querySelector("#nothing details")) return; // this search was counted: a new page for another person
    event.preventDefault();
    for (const input of form.querySelectorAll(":checked")) input.checked = false;
    const open = 'input:is([value=""], [value="0"], [name="arrival"][value="now"])';
    for (const input of form.querySelectorAll(open)) input.checked = true;
    form.elements.oldest_son.value = "";
    form.dispatchEvent(new Event("change"));
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
  say({ type: "search", ...search() }); // the socket may have opened before this script ran
})();
