/* Shows at most one push message of each sort, and opens the page for it. It stores nothing and answers no request. */
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
