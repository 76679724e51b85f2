/* Passkeys. A form with data-passkey is an ordinary form with one more field, "proof": what the device has signed. The value of
   data-passkey is the address that gives the question to sign; empty: one tap is enough (a demo). Devices sign only for scripts. */
(() => {
  "use strict";
  const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  const sayOf = (form) => form.querySelector("[data-outcome]") ?? form.parentNode.querySelector("[data-outcome]");

  // The browser's own ways from and to JSON are younger than some phones in use.
  function read({ challenge, user, allowCredentials = [], excludeCredentials = [], ...rest }) {
    const known = (list) => list.map((one) => ({ ...one, id: bytes(one.id) }));
    const ours = { ...rest, challenge: bytes(challenge) };
    if (!user) return { ...ours, allowCredentials: known(allowCredentials) };
    return { ...ours, user: { ...user, id: bytes(user.id) }, excludeCredentials: known(excludeCredentials) };
  }
  function write({ id, rawId, type, response }) {
    const parts = PARTS.filter((part) => response[part]).map((part) => [part, text(response[part])]);
    return JSON.stringify({ id, rawId: text(rawId), type, response: Object.fromEntries(parts) });
  }
  // Nothing is swapped here, so this is no work for htmx. The header asks for a short answer to a refusal.
  async function ask(form) {
    const body = new URLSearchParams([...new FormData(form)].filter(([name]) => /^(code|label)$/.test(name)));
    const headers = { "HX-Request": "true" };
    const answer = await fetch(form.dataset.passkey, { method: "POST", body, headers, redirect: "manual" });
    if (answer.ok) return read(await answer.json());
    const refusal = window.bedboard.parse(await answer.text());
    throw new Error(refusal.querySelector(".notice p")?.textContent ?? sayOf(form).dataset.unanswered);
  }
  function wordsFor({ name, message }, { dataset }) {
    if (name === "NotAllowedError" || name === "AbortError") return dataset.cancelled;
    if (name === "InvalidStateError") return dataset.known;
    if (name === "TypeError") return dataset.unanswered; // of fetch: there is no connection
    return name === "Error" ? message : dataset.unable;
  }

  // Resolves to true when the form has its proof. What went wrong stands in the form.
  async function prove(form) {
    const said = sayOf(form);
    said.textContent = "";
    if (!form.dataset.passkey) return true;
    if (!window.PublicKeyCredential) {
      said.textContent = said.dataset.unable;
      return false;
    }
    form.classList.add("sending");
    try {
      const publicKey = await ask(form);
      const made = await navigator.credentials[publicKey.user ? "create" : "get"]({ publicKey });
      form.elements.proof.value = write(made);
      return true;
    } catch (error) {
      said.textContent = wordsFor(error, said);
      return false;
    } finally {
      form.classList.remove("sending");
    }
  }

  const isOwn = (form) => form.matches("[data-passkey]") && !form.closest("#lock"); // lock.js sends the form of the cover
  addEventListener("submit", async (event) => {
    const form = event.target;
    if (!isOwn(form) || form.dataset.proven) return;
    // One tap is enough: the form goes as it is. A browser ignores requestSubmit() until this event is over.
    if (!form.dataset.passkey && !("inPlace" in form.dataset)) return;
    event.preventDefault();
    if (form.classList.contains("sending") || !(await prove(form))) return;
    if (!("inPlace" in form.dataset)) {
      form.dataset.proven = "yes";
      return form.requestSubmit(event.submitter);
    }
    const fields = [...new FormData(form)];
    const answer = await window.bedboard.ask(form, form.action, { method: "POST", fields, accepts: () => false });
    const said = sayOf(form);
    said.textContent = answer?.isOk ? said.dataset.done : said.dataset.unanswered;
    if (answer?.isOk) form.querySelector("button").hidden = true;
  });
  // A page that Back brings again has an answer that was used.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("[data-proven]")) {
      delete form.dataset.proven;
      form.elements.proof.value = "";
    }
  });
  Object.assign(window.bedboard, { prove });
})();
