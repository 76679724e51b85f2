/* Gives the choice of a file words of the page's own language; the browser's own words are in the browser's language.
   Without this script the browser's control does the same. */
(() => {
  "use strict";
  const input = document.getElementById("field-file");
  const said = document.getElementById("file-chosen");
  const none = said.textContent;
  const tell = () => {
    said.textContent = input.files[0]?.name ?? none;
  };
  input.classList.add("hidden");
  input.labels[0].classList.add("file-button");
  said.hidden = false;
  input.addEventListener("change", tell);
  tell(); // a browser that goes back may have kept the choice
})();
