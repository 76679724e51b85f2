/* Shows the one message there is of each sort, and opens the page to look. It stores nothing and answers no request. */
"use strict";
const WORDS = {
  nl: {
    found: ["Er is iets vrij", "Kijk snel: iemand anders kan eerder zijn."],
    asked: ["Er wordt een plek gevraagd", "Kijk en antwoord: ja, in overleg of nee."],
    news: ["Er is nieuws over een aanvraag", "Kijk wat er nu is."],
  },
  en: {
    found: ["Something is free", "Look soon: somebody else may be first."],
    asked: ["A place is asked for", "Look and answer: yes, to be discussed or no."],
    news: ["There is news of a request", "Look what is so now."],
  },
};
const asked = new URL(self.location).searchParams;
const language = asked.get("lang") === "en" ? "en" : "nl";
const isShelter = asked.get("for") === "shelter";
// Where to look: a page that is open already, or else this address.
const STAFF = { open: /^\/staff\//, url: "/" };
const CASES = { open: /^\/requests/, url: "/requests" };
const PAGES = {
  found: { open: /^\/(search|alerts\/[^/]+)$/, url: "/search" },
  asked: STAFF,
  news: isShelter ? STAFF : CASES,
};

// Which sort it is; what cannot be read is still shown, or the browser says something of its own.
function whatOf(event) {
  try {
    const { what } = event.data.json();
    if (Object.hasOwn(WORDS.nl, what)) return what;
  } catch {
    // not ours, or nothing
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
