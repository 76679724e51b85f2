/* Web push: a message on this device when something is free or asked, even while no page is open. A person turns it on for each
   device. */
(() => {
  "use strict";
  const WHO = "bedboard:push"; // who turned it on here, and in which session: another person has to turn it on too
  const root = document.documentElement;
  if (!("serviceWorker" in navigator) || !window.PushManager || !window.Notification) return;
  const ways = () => document.querySelector("#ways[data-push-key]");
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  // A message leads shelters and seekers to different pages.
  const whose = () => (ways()?.dataset.pushFor ? `&for=${ways().dataset.pushFor}` : "");
  const register = () => window.bedboard.registerWorker(`/sw.js?lang=${root.lang}${whose()}`); // in the language of the page
  const existing = async () => (await navigator.serviceWorker.getRegistration("/"))?.pushManager.getSubscription();
  const show = (state) => (root.dataset.push = state);
  let told = null;

  async function send(what, subscription) {
    const { endpoint } = subscription;
    const body = new URLSearchParams({ do: what, endpoint });
    for (const key of what === "subscribe" ? ["p256dh", "auth"] : []) body.set(key, text(subscription.getKey(key)));
    const answer = await window.bedboard.ask(ways(), "/push", { method: "POST", fields: body, accepts: () => false });
    if (answer?.status !== 204) throw new Error("not saved");
  }
  function remember(who) {
    try {
      who ? localStorage.setItem(WHO, who) : localStorage.removeItem(WHO);
    } catch {} // without storage the next page shows it as off
  }
  const remembered = () => {
    try {
      return localStorage.getItem(WHO);
    } catch {
      return null;
    }
  };
  async function look() {
    const { pushKey, pushWho, pushSession } = ways()?.dataset ?? {};
    const [before, session] = remembered()?.split(" ") ?? [];
    // Another person turned it on, and no longer may be told here: its push service says so to the server.
    if (before && before !== document.getElementById("lock")?.dataset.person) await drop(await existing().catch(() => null));
    if (!pushKey || told === pushWho) return;
    told = pushWho;
    if (Notification.permission === "denied") return show("denied");
    const subscription = await existing().catch(() => null);
    const key = subscription?.options.applicationServerKey;
    const isOn = key && text(key) === pushKey && before === pushWho;
    show(isOn ? "on" : "off");
    if (!isOn) return;
    register().catch(() => null);
    if (session === pushSession) return;
    try {
      await send("subscribe", subscription); // the server dropped the device with the session before
      remember(`${pushWho} ${pushSession}`);
    } catch {
      show("off");
    }
  }
  async function turnOn() {
    const { pushKey, pushWho, pushSession } = ways().dataset;
    const permission = await Notification.requestPermission();
    if (permission !== "granted") return show(permission === "denied" ? "denied" : "off");
    await register();
    const registration = await navigator.serviceWorker.ready;
    const old = await registration.pushManager.getSubscription();
    if (old && text(old.options.applicationServerKey) !== pushKey) await old.unsubscribe();
    const options = { userVisibleOnly: true, applicationServerKey: bytes(pushKey) };
    await send("subscribe", await registration.pushManager.subscribe(options));
    remember(`${pushWho} ${pushSession}`);
    show("on");
  }
  async function turnOff() {
    const subscription = await existing();
    if (subscription) await send("unsubscribe", subscription);
    await drop(subscription);
    show("off");
  }
  async function drop(subscription) {
    remember(null);
    await subscription?.unsubscribe().catch(() => null);
  }
  // The server drops its part with the session; the browser's own part is of no use then.
  addEventListener("submit", async ({ target }) => {
    if (target.matches('[action^="/sign-out"]')) drop(await existing().catch(() => null));
  });
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("button[data-way^=push]");
    if (!button || button.classList.contains("sending")) return;
    button.classList.add("sending");
    try {
      await (button.dataset.way === "push-on" ? turnOn() : turnOff());
    } catch {} // after a failure everything stays as it was, also the button
    button.classList.remove("sending");
    document
      .querySelector(`button[data-way=push-${root.dataset.push === "on" ? "off" : "on"}]`)
      ?.focus({ preventScroll: true });
  });
  document.addEventListener("bedboard:placed", look);
  look();
})();
