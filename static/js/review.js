// Keyboard shortcuts of 学时审核, and pictures that can be rotated and enlarged. Without this script the pages work by
// Tab and links. A single key never decides: a, r and f only move the focus to the next field or button.
(() => {
  "use strict";

  const page = document.querySelector("[data-review]");
  if (!page) return;
  const keys = document.querySelector("[data-keys]");
  const TYPING = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

  // --- The list ----------------------------------------------------------------------------------
  const rows = [...page.querySelectorAll("[data-row]")];
  let here = -1;

  function goTo(index) {
    if (!rows.length) return;
    rows[here]?.classList.remove("is-here");
    here = Math.max(0, Math.min(index, rows.length - 1));
    rows[here].classList.add("is-here");
    rows[here].querySelector("[data-open]").focus({ preventScroll: true });
    rows[here].scrollIntoView({ block: "nearest" });
  }

  // Tab moves the focus too; the shortcuts continue from there.
  page.addEventListener("focusin", (event) => {
    const index = rows.indexOf(event.target.closest("[data-row]"));
    if (index < 0 || index === here) return;
    rows[here]?.classList.remove("is-here");
    here = index;
    rows[here].classList.add("is-here");
  });

  function tick() {
    rows[here]?.querySelector("[data-select-row]")?.click();
  }

  function chooseBulkAction(action) {
    const choice = document.getElementById("bulk_action");
    if (!choice) return;
    choice.value = action;
    const reason = document.getElementById("bulk_reason");
    const words = document.getElementById("bulk_words");
    const button = choice.form.querySelector("button[type=submit]");
    if (action === "agree") button.focus();
    else (reason.value ? (words.value ? button : words) : reason).focus();
  }

  const inList = {
    j: () => goTo(here + 1),
    k: () => goTo(here - 1),
    x: tick,
    o: () => rows[here]?.querySelector("[data-open]").click(),
    a: () => chooseBulkAction("agree"),
    r: () => chooseBulkAction("return"),
    f: () => chooseBulkAction("refuse"),
    n: () => page.querySelector("[rel=next]")?.click(),
    "/": () => document.getElementById("filter_name")?.focus(),
  };

  // --- One registration ---------------------------------------------------------------------------------
  const form = page.querySelector("[data-decision]");
  let chosen = null; // the button that a, r or f chose: Tab in the words focuses it, Ctrl+Enter presses it

  function chooseAction(name) {
    if (!form) return;
    chosen?.classList.remove("is-meant");
    chosen = form.querySelector(`[data-${name}]`);
    chosen.classList.add("is-meant");
    const reason = form.querySelector("[name=reason]");
    const words = form.querySelector("[name=words]");
    const next = name === "agree" || (reason.value && words.value.trim()) ? chosen : reason.value ? words : reason;
    next.focus();
  }

  form?.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && chosen) {
      event.preventDefault();
      chosen.click();
    } else if (event.key === "Tab" && !event.shiftKey && chosen && event.target.name === "words") {
      // Tab would focus the first button, which agrees.
      event.preventDefault();
      chosen.focus();
    }
  });

  const follow = (selector) => () => document.querySelector(selector)?.click();
  const viewed = () => page.querySelector("[data-viewer]:hover, [data-viewer]:focus-within") || page.querySelector("[data-viewer]");
  const press = (name) => () => viewed()?.querySelector(`[data-${name}]`)?.click();
  const inRegistration = {
    j: follow(".page-actions [rel=next]"),
    n: follow(".page-actions [rel=next]"),
    k: follow(".page-actions [rel=prev]"),
    u: follow("[data-back]"),
    a: () => chooseAction("agree"),
    r: () => chooseAction("return"),
    f: () => chooseAction("refuse"),
    t: press("turn"),
    "+": press("larger"),
    "=": press("larger"),
    "-": press("smaller"),
  };

  // --- Keys --------------------------------------------------------------------------------------
  const commands = page.dataset.review === "queue" ? inList : inRegistration;
  commands["?"] = () => {
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && keys?.open) {
      keys.open = false;
      keys.querySelector("summary").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
    const command = commands[event.key];
    if (!command) return;
    event.preventDefault();
    command();
  });
  document.addEventListener("click", (event) => {
    if (keys?.open && !keys.contains(event.target)) keys.open = false;
  });

  // --- Filters are folded on narrow screens ---------------------------------------------------------
  const fold = page.querySelector("[data-fold-narrow]");
  if (fold && window.matchMedia("(min-width: 1100px)").matches) fold.open = true;

  // --- Pictures ------------------------------------------------------------------------------------
  for (const viewer of page.querySelectorAll("[data-viewer]")) {
    const picture = viewer.querySelector("[data-picture]");
    let turns = 0;
    let zoom = 1;
    const show = () => {
      const box = picture.closest(".viewer");
      const lies = turns % 2 === 1;
      const ratio = picture.naturalWidth / picture.naturalHeight || 1;
      const room = box.clientWidth;
      const width = Math.min(picture.naturalWidth, lies ? room * ratio : room) * zoom;
      const height = width / ratio;
      picture.classList.add("is-zoomed");
      picture.style.width = `${width}px`;
      picture.style.transform = `rotate(${turns * 90}deg)`;
      // A rotated picture keeps the layout box of the unrotated one; margins correct that.
      picture.style.margin = lies ? `${(width - height) / 2}px auto ${(width - height) / 2}px ${Math.max((room - width) / 2, (height - width) / 2)}px` : "0 auto";
    };
    viewer.querySelector("[data-viewer-buttons]").hidden = false;
    viewer.querySelector("[data-turn]").addEventListener("click", () => {
      turns = (turns + 1) % 4;
      show();
    });
    viewer.querySelector("[data-larger]").addEventListener("click", () => {
      zoom = Math.min(zoom * 1.5, 6);
      show();
    });
    viewer.querySelector("[data-smaller]").addEventListener("click", () => {
      zoom = Math.max(zoom / 1.5, 0.3);
      show();
    });
  }

  // --- The link to the decision on a phone, hidden while the decision is visible ---------------------
  const shortcut = document.querySelector(".to-decision");
  const decision = document.getElementById("decision");
  if (shortcut && decision && window.IntersectionObserver) {
    new IntersectionObserver(([change]) => shortcut.classList.toggle("is-there", change.isIntersecting)).observe(decision);
  }
})();
