/* Shows the one message there is, and opens the page to look. It stores nothing and answers no request. */
"use strict";
const WORDS = {
  nl: ["Er is iets vrij", "Kijk snel: iemand anders kan eerder zijn."],
  en: ["Something is free", "Look soon: somebody else may be first."],
};
const language = new URL(self.location).searchParams.get("lang");
const [title, body] = WORDS[language] ?? WORDS.nl;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => {
  const shown = { body, lang: language === "en" ? "en" : "nl", tag: "found", renotify: true, icon: "/static/icons/bedboard.svg" };
  event.waitUntil(self.registration.showNotification(title, shown));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window" });
      const page = pages.find(({ url }) => /^\/(search|waiting\/[^/]+)$/.test(new URL(url).pathname));
      return page ? page.focus() : self.clients.openWindow("/search");
    })(),
  );
});
