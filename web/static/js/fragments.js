/* The one way in which text becomes elements, here and in htmx. The policy of the page refuses text from every other script (Trusted
   Types), and lets no second policy be made. Both ways get only text that our own server sent. A browser that does not know Trusted
   Types takes the text as it is. */
(() => {
  "use strict";
  const WORKER = /^\/sw\.js\?[\w=&-]+$/;
  function createHTML(html) {
    return html;
  }
  function createScriptURL(url) {
    if (!WORKER.test(url)) throw new TypeError("not the script of our worker");
    return url;
  }
  const own = { createHTML, createScriptURL };
  const policy = window.trustedTypes?.createPolicy("fragments", own) ?? own;
  // Nothing that comes may bring a script: htmx would ask the policy for one too, and it has none to give.
  window.htmx.registerExtension("fragments", { init: ({ initSecurity }) => initSecurity(policy) });

  const parse = (html) => Object.assign(document.createElement("template"), { innerHTML: policy.createHTML(html) }).content;
  const registerWorker = (url) => navigator.serviceWorker.register(policy.createScriptURL(url));
  window.bedboard = { parse, registerWorker };
})();
