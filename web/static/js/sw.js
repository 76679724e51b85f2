/* Shows at most one push message of each sort, and opens the page for it. Keeps the last picture of a shelter's own page, to open
   it without a network, and sends its waiting taps when the browser says that the network is back (Background Sync).
   The picture and the taps are encrypted with a key that no script can read out. The key is deleted when its session ends; after
   its time, or behind a lock, nothing is opened with it. */
"use strict";
const WORDS = {
  nl: {
    found: ["Er is iets vrij", "Kijk snel: iemand anders kan eerder zijn."],
    asked: ["Er wordt een plek gevraagd", "Kijk en antwoord: ja, in overleg of nee."],
    news: ["Er is nieuws over een aanvraag", "Kijk wat er nu is."],
    confirm: ["Klopt het bord nog?", "Kijk en bevestig het, of pas het aan."],
    token: ["Uw locatie heeft een nieuw token", "Kijk bij Beheer of dat klopt."],
    access: ["Nieuwe manier om als u in te loggen", "Was u dat niet? Verwijder hem bij Mijn apparaten."],
  },
  en: {
    found: ["Something is free", "Look soon: somebody else may be faster."],
    asked: ["Somebody asks for a place", "Please answer: yes, to be discussed, or no."],
    news: ["There is news about a request", "Open it to see the news."],
    confirm: ["Is the board still correct?", "Please confirm it, or change it."],
    token: ["Your shelter has a new token", "Please check it at Manage."],
    access: ["A new way to sign in as you", "Was it not you? Remove it at My devices."],
  },
};
const asked = new URL(self.location).searchParams;
const language = asked.get("lang") === "en" ? "en" : "nl";
const isShelter = asked.get("for") === "shelter";
// Where a message leads: to a page that is open already, or otherwise to this address.
const STAFF = { open: /^\/staff\//, url: "/" };
const CASES = { open: /^\/requests/, url: "/requests" };
const PAGES = {
  found: { open: /^\/(search|alerts\/[^/]+)$/, url: "/search" },
  asked: STAFF,
  confirm: STAFF,
  news: isShelter ? STAFF : CASES,
  token: { open: /^\/manage/, url: "/manage" },
  access: { open: /^\/devices/, url: "/devices" },
};

// Returns the sort of the message. An unreadable message is shown too, because otherwise the browser shows its own words.
function whatOf(event) {
  try {
    const { what } = event.data.json();
    if (Object.hasOwn(WORDS.nl, what)) return what;
  } catch {
    // not a message of ours, or an empty one
  }
  return isShelter ? "asked" : "found";
}

// --- the store: one key, and what is encrypted with it
const FILES = "bedboard-files"; // scripts and stylesheets, which are public
const START = ["/", "/staff", "/shift"];
const LATER = ["busy", "key_in_use", "too_many", "internal", "perhaps_saved"];
const PATIENCE = 10e3;
const LOCKED = {
  nl: ["Vergrendeld", "Er is geen verbinding. Ontgrendelen kan weer als er verbinding is.", "Probeer nog eens"],
  en: ["Locked", "There is no connection. You can unlock again once there is one.", "Try again"],
};
const asPromise = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
let opening;
function openStore() {
  const request = indexedDB.open("bedboard", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("kept");
  return asPromise(request);
}
async function inStore(mode, work) {
  opening ??= openStore().catch((error) => {
    opening = null;
    throw error;
  });
  return asPromise(work((await opening).transaction("kept", mode).objectStore("kept")));
}
const read = (name) => inStore("readonly", (store) => store.get(name));
const write = (name, value) => inStore("readwrite", (store) => store.put(value, name));
async function wipe() {
  await Promise.allSettled([inStore("readwrite", (store) => store.clear()), caches.delete(FILES)]);
}
// One after the other: otherwise a picture could be written after the wiping that should have removed it.
let last = Promise.resolve();
function inTurn(work) {
  last = last.then(work, work);
  return last;
}

// --- the session of the picture, as the page and the server said it
async function sessionOf(mark) {
  const session = await read("session");
  const now = Date.now();
  const isOver = session && (now >= session.until || now < session.keptAt); // a clock that was set back proves nothing
  if (isOver) await wipe();
  return !session || isOver || (mark && session.mark !== mark) ? null : session;
}
const isLocked = ({ locked, idle, touched }) => locked || (idle && Date.now() - touched >= idle);
async function seal(key, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plain) };
}
async function unseal(key, { iv, sealed }) {
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed)));
}

// --- what a page asks for
async function keep({ page, mark, person, idle }) {
  const answer = await fetch(`${page}/kept`, { redirect: "error" });
  if (answer.status === 401) await inTurn(wipe);
  if (!answer.ok || answer.headers.get("Bedboard-Session") !== mark) return false;
  const [html, policy] = [await answer.text(), answer.headers.get("Content-Security-Policy")];
  const until = Date.now() + 1000 * answer.headers.get("Bedboard-Keep");
  const urls = [...html.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, url]) => url);
  return inTurn(async () => {
    const before = await sessionOf(mark);
    if (!before) await wipe(); // of another session
    const key =
      before?.key ?? (await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));
    try {
      const files = await caches.open(FILES);
      const there = (await files.keys()).map(({ url }) => url);
      const all = urls.map((url) => new URL(url, self.location).href);
      await files.addAll(all.filter((url) => !there.includes(url)));
      for (const url of there) if (!all.includes(url)) await files.delete(url);
      const picture = {
        page,
        at: Date.now(),
        ...(await seal(key, { html: html.replace(" data-kept-at=", ` data-kept-on="${Date.now()}" data-kept-at=`), policy })),
      };
      const css = urls.find((url) => url.includes(".css"));
      const touched = before?.touched ?? Date.now();
      await write(page, picture);
      await write("session", { touched, locked: false, key, mark, person, idle, css, until, page, keptAt: Date.now() });
    } catch (error) {
      await wipe(); // storage is full: half a picture is none
      throw error;
    }
    return true;
  });
}
async function change(mark, part) {
  const session = await sessionOf(mark);
  if (session) await write("session", { ...session, ...part });
  return !!session;
}
async function keepTaps({ mark, taps }) {
  const session = await sessionOf(mark);
  if (session) await write("taps", await seal(session.key, taps));
  return !!session;
}
const WORK = {
  keep,
  touch: ({ mark }) => inTurn(() => change(mark, { touched: Date.now() })),
  lock: ({ mark, is }) => inTurn(() => change(mark, { locked: is })),
  has: ({ path }) => inTurn(async () => !!(await keptPage(path))),
  taps: (said) => inTurn(() => keepTaps(said)),
  wipe: () => inTurn(wipe),
};
self.addEventListener("message", (event) => {
  const work = Object.hasOwn(WORK, event.data?.do) ? WORK[event.data.do](event.data) : Promise.resolve(false);
  const tell = (isDone) => event.ports[0]?.postMessage(isDone !== false);
  event.waitUntil(work.then(tell, () => tell(false)));
});

// --- a page without a network
function lockedPage({ css }) {
  const [title, text, again] = LOCKED[language];
  const body = `<main class="staff"><h1>${title}</h1><p>${text}</p><p><a class="go" href="">${again}</a></p></main>`;
  const style = css ? `<link rel="stylesheet" href="${css}">` : "";
  const view = '<meta name="viewport" content="width=device-width, initial-scale=1">';
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8">${view}<title>${title}</title>${style}</head><body>${body}</body></html>`;
}
async function keptPage(path) {
  const session = await sessionOf();
  if (!session) return null;
  const picture = await read(START.includes(path) ? session.page : path);
  if (!picture?.sealed) return null;
  const { html, policy } = await unseal(session.key, picture);
  const headers = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": policy,
    "Cache-Control": "no-store",
  };
  return new Response(isLocked(session) ? lockedPage(session) : html, { headers });
}
async function visit(request, path) {
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE)); // bad reception can take minutes
  const network = fetch(request);
  network.catch(() => null);
  if (request.method !== "GET") return network;
  const answer = await Promise.race([network, late]).catch(() => null);
  return answer ?? (await inTurn(() => keptPage(path)).catch(() => null)) ?? network;
}
const isLeaving = (path) => /^\/(sign-in|sign-out|enrol)\b/.test(path);
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, searchParams } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.mode === "navigate" && isLeaving(pathname)) {
    // Whoever comes to sign in finds nothing of the person before, and only a server that answers signs anybody out.
    const isDone = (answer) => inTurn(wipe).then(() => answer);
    return event.respondWith(fetch(request).then(isDone));
  }
  if (request.mode === "navigate" && (START.includes(pathname) || /^\/staff\/[^/]+$/.test(pathname)))
    return event.respondWith(visit(request, pathname));
  if (request.method === "GET" && pathname.startsWith("/static/") && searchParams.has("v")) {
    const find = async () => (await caches.match(request)) ?? fetch(request);
    event.respondWith(find().catch(() => fetch(request)));
  }
});

// --- the waiting taps, while no page is open: each in its turn, and each with its key, so that the server does it once
async function isDecided(tap, person) {
  const headers = { "HX-Request": "true", "Bedboard-Person": person };
  const answer = await fetch(tap.url, { method: "POST", headers, body: new URLSearchParams(tap.fields), redirect: "error" });
  const notice = /id="notice"(?:[^>]*data-code="(\w+)")?/.exec(await answer.text());
  if (!notice) return false; // another machine answered, such as a proxy
  return answer.ok || (!!notice[1] && !LATER.includes(notice[1]) && ![401, 403, 423, 503].includes(answer.status));
}
async function sendTaps() {
  const session = await sessionOf();
  const kept = session && (await read("taps"));
  const taps = kept ? await unseal(session.key, kept) : [];
  while (taps.length) {
    if (!(await isDecided(taps[0], session.person))) throw new Error("later"); // the browser tries again
    taps.shift();
    await keepTaps({ mark: session.mark, taps });
  }
}
self.addEventListener("sync", (event) => {
  if (event.tag === "taps") event.waitUntil(navigator.locks.request("bedboard-outbox", sendTaps));
});

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => {
  const what = whatOf(event);
  const [title, body] = WORDS[language][what];
  const shown = { body, lang: language, tag: what, renotify: true, icon: "/static/icons/bedboard.svg" };
  event.waitUntil(self.registration.showNotification(title, shown));
});
self.addEventListener("notificationclick", (event) => {
  const { open, url } = PAGES[event.notification.tag] ?? PAGES.found;
  event.notification.close();
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window" });
      const page = pages.find((one) => open.test(new URL(one.url).pathname));
      return page ? page.focus() : self.clients.openWindow(url);
    })(),
  );
});
