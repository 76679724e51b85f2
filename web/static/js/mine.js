/* Holds: sends what keeps, extends or releases one, and draws one's own strip again when the server says that it changed.
   The forms work without this script. Nothing but the key is sent: what a search form says of a person stays in its fields. */
(() => {
  "use strict";
  const HOLDS = /^\/(places\/[^/]+\/hold|holds\/[^/]+\/(extend|release)|waiting\/[^/]+\/stop|desk\/[^/]+\/(places\/[^/]+\/hold|holds\/[^/]+\/release))$/;
  const PATIENCE = 10e3, DEAF = 600, NEAR = 48;
  const { parse, place } = window.bedboard;
  const byId = (id) => document.getElementById(id);
  const rows = () => [...document.querySelectorAll("#mine .hold")];
  const headers = { "HX-Request": "true" };
  const ask = (url, more) => fetch(url, { headers, redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...more });

  // --- what is pressed
  const busy = new Set(), ended = new Set(); // addresses under way; ids of rows that were released here
  async function press(event) {
    const form = event.target, button = event.submitter, url = button?.getAttribute("formaction") ?? form.getAttribute("action");
    if (event.defaultPrevented || !HOLDS.test(url)) return;
    event.preventDefault(), event.stopImmediatePropagation(); // nobody else need send it too
    if (busy.has(url)) return;
    const data = new FormData(form), tile = form.closest(".tile"), element = tile ?? button ?? form;
    if (button?.name) data.set(button.name, button.value); // the form itself may have one by that name
    const body = new URLSearchParams(["key", "caller"].filter((name) => data.has(name)).map((name) => [name, data.get(name)]));
    const before = rows().map(({ id }) => id), row = url.endsWith("/release") && form.closest(".hold")?.id;
    busy.add(url), element.classList.add("sending"), byId("notice")?.replaceChildren();
    if (row) ended.add(row);
    if (tile) (tile.open = false), tile.querySelector("summary").focus({ preventScroll: true });
    const response = await ask(url, { method: "POST", body }).catch(() => null), text = await response?.text().catch(() => "");
    busy.delete(url), element.classList.remove("sending");
    if (response?.status === 401) return location.assign("/sign-in?ended=1");
    if (!text || !parse(text).querySelector("#notice")) return ended.delete(row), say(byId("live").dataset.unsent);
    draw(text);
    if (byId("notice")?.childElementCount) return byId("notice").scrollIntoView({ block: "nearest" });
    const telephone = rows().find(({ id }) => !before.includes(id))?.querySelector(".tel");
    if (telephone) telephone.focus({ preventScroll: true }), telephone.closest(".hold").scrollIntoView({ block: "nearest" });
    else if (document.activeElement === document.body) byId("main").focus({ preventScroll: true });
  }
  function say(words) {
    const notice = Object.assign(document.createElement("div"), { className: "notice" });
    notice.appendChild(document.createElement("p")).textContent = words;
    if (!byId("notice")) place('<div id="notice" role="alert"></div>');
    byId("notice").replaceChildren(notice), byId("notice").scrollIntoView({ block: "nearest" });
  }

  // --- the strip. What ended by itself or by the shelter stays to be read, with its telephone: perhaps that call goes on.
  function draw(text) {
    const fresh = parse(text), strip = fresh.querySelector("#mine"), lost = [];
    for (const row of strip ? rows() : []) {
      if (ended.has(row.id) || strip.querySelector("#" + row.id)) continue;
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
    const response = await ask("/shelters/" + dataset.shelter).catch(() => null), text = response?.ok ? await response.text() : "";
    const state = parse(text).querySelector(`#place-${dataset.place} .state`), now = byId(id)?.querySelector(".now");
    if (now && state) now.textContent = `${now.dataset.word} ${state.textContent.replace(/\s+/g, " ").trim()}`;
  }
  let isAsking, isMissed, greetings = 0; // missed: something may have changed that has not been asked for
  async function refresh() {
    isMissed = true;
    if (isAsking || !byId("mine")) return;
    isAsking = true;
    while (isMissed) {
      isMissed = false;
      const response = await ask("/mine").catch(() => null), text = response?.ok ? await response.text().catch(() => "") : "";
      const strip = text && parse(text).querySelector("#mine"), isAway = !strip || "away" in strip.dataset;
      if (strip && !(isAway && rows().length)) draw(text);
      if (isAway) return (isMissed = true), (isAsking = false); // with the next sign of life
    }
    isAsking = false;
  }

  // --- the places on a shelter's page, whenever its card shows something newer
  let tried;
  async function redraw() {
    const places = byId("places"), card = byId("shelter-" + places?.dataset.shelter);
    if (!card || [places.dataset.of, tried].includes(card.dataset.stamp)) return;
    tried = card.dataset.stamp;
    const response = await ask("/shelters/" + places.dataset.shelter).catch(() => null), text = response?.ok && (await response.text());
    if (text) place(text);
    else tried = null; // with the next sign of life
  }

  // What a press has drawn may stand where the finger is: a second tap on the same spot is not meant for it.
  let tapped = { at: -DEAF };
  addEventListener("click", (event) => {
    if (!event.isTrusted || !event.detail) return; // the keyboard
    const { clientX: x, clientY: y } = event, at = performance.now();
    const isAgain = at - tapped.at < DEAF && Math.hypot(x - tapped.x, y - tapped.y) < NEAR;
    tapped = { at, x, y };
    if (isAgain && event.target.closest("#mine .hold button")) event.preventDefault(), event.stopImmediatePropagation();
  }, true);
  document.addEventListener("submit", press, true);
  document.addEventListener("click", ({ target }) => target.matches("#mine .close") && target.closest(".hold").remove());
  document.addEventListener("bedboard:hello", () => greetings++ && (isMissed = true)); // who comes back may have missed it
  document.addEventListener("bedboard:mine", refresh);
  document.addEventListener("bedboard:placed", redraw);
  document.addEventListener("bedboard:heard", () => (isMissed && refresh(), redraw()));
})();
