// 培训登记详情: "+" opens the progress in place instead of loading the page again.
(() => {
  "use strict";
  for (const link of document.querySelectorAll("[data-progress]")) {
    const row = document.getElementById(link.getAttribute("aria-controls"));
    const toggle = (event) => {
      event.preventDefault();
      const opens = row.hidden;
      row.hidden = !opens;
      link.setAttribute("aria-expanded", String(opens));
      link.textContent = opens ? "−" : "+";
    };
    link.addEventListener("click", toggle);
    link.addEventListener("keydown", (event) => {
      if (event.key === " ") toggle(event);
    });
  }
})();
