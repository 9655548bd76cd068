// The frame: the menu on narrow screens, the person's menu, error summaries, and forms that are sent once.
(() => {
  "use strict";

  // --- The menu below 992 px; without this script its button is a link to #menu, shown by :target.
  const menu = document.getElementById("menu");
  const menuButton = document.querySelector("[data-menu-button]");

  function showMenu(open) {
    menu.classList.toggle("is-open", open);
    menuButton.setAttribute("aria-expanded", String(open));
    (open ? menu.querySelector("a") : menuButton).focus();
  }

  if (menu && menuButton) {
    menuButton.setAttribute("role", "button");
    menuButton.setAttribute("aria-expanded", "false");
    menuButton.addEventListener("click", (event) => {
      event.preventDefault();
      showMenu(!menu.classList.contains("is-open"));
    });
    menuButton.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        menuButton.click();
      }
    });
    menu.querySelector("[data-menu-close]").addEventListener("click", (event) => {
      event.preventDefault();
      showMenu(false);
    });
  }

  // --- Open menus close after a click elsewhere or Esc.
  document.addEventListener("click", (event) => {
    for (const fold of document.querySelectorAll("details[data-fold][open]")) {
      if (!fold.contains(event.target)) fold.open = false;
    }
    if (menu && menu.classList.contains("is-open") && !menu.contains(event.target) && !menuButton.contains(event.target)) {
      showMenu(false);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const fold of document.querySelectorAll("details[data-fold][open]")) {
      fold.open = false;
      fold.querySelector("summary").focus();
    }
    if (menu && menu.classList.contains("is-open")) showMenu(false);
  });

  // --- Errors: the summary gets the focus, and its links move it to the field.
  document.querySelector("[data-error-summary]")?.focus();
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    if (!link) return;
    const id = decodeURIComponent(link.hash.slice(1));
    const scope = link.closest("dialog") || document; // the page below a dialog may use the same ids
    const place = scope.querySelector(`[id="${CSS.escape(id)}"]`) || scope.querySelector(`[id="div_${CSS.escape(id)}"]`);
    if (!place) return;
    event.preventDefault();
    const field = place.matches("input, select, textarea") ? place : place.querySelector("input, select, textarea");
    (field || place).focus();
    place.closest("div")?.scrollIntoView({ block: "center" });
  });

  // --- A form is sent once, however often its button is pressed.
  function markSent(form, button) {
    form.dataset.sent = "yes";
    // After the submission, because a disabled button would not send its name and value.
    setTimeout(() => {
      for (const other of form.elements) if (other.type === "submit") other.disabled = true;
      button?.classList.add("is-sending");
    });
  }

  function markUnsent(form) {
    delete form.dataset.sent;
    for (const button of form.elements) {
      if (button.type !== "submit") continue;
      button.disabled = false;
      button.classList.remove("is-sending");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const method = event.submitter?.formMethod || form.method;
    if (event.defaultPrevented || method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    else markSent(form, event.submitter);
    // The answer is a download and the page stays.
    if (event.submitter?.hasAttribute("data-download")) setTimeout(() => markUnsent(form), 2000);
  });
  // Forms of a page from the back/forward cache can be sent again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(markUnsent);
  });
})();
