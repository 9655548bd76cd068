// Ticked rows: the box in the head ticks all; the bulk buttons show how many are ticked.
// <form data-bulk> … <input type="checkbox" data-select-all> … <input type="checkbox" data-select-row name="ids" …>
// … <span data-selected-count></span> … <span data-ticked-count data-elsewhere="3"> adds the ticks on other pages
(() => {
  "use strict";

  function show(form) {
    const rows = [...form.querySelectorAll("[data-select-row]")];
    const ticked = rows.filter((row) => row.checked).length;
    for (const all of form.querySelectorAll("[data-select-all]")) {
      all.checked = rows.length > 0 && ticked === rows.length;
      all.indeterminate = ticked > 0 && ticked < rows.length;
    }
    for (const place of form.querySelectorAll("[data-selected-count]")) {
      place.textContent = ticked ? `（${ticked}）` : "";
    }
    for (const place of form.querySelectorAll("[data-ticked-count]")) {
      place.textContent = Number(place.dataset.elsewhere) + ticked;
    }
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-bulk]");
    if (!form) return;
    if (event.target.matches("[data-select-all]")) {
      for (const row of form.querySelectorAll("[data-select-row]")) row.checked = event.target.checked;
    }
    show(form);
  });
  const showAll = () => document.querySelectorAll("[data-bulk]").forEach(show);
  showAll();
  // The browser may restore ticks when it returns to the page.
  window.addEventListener("pageshow", showAll);
  document.addEventListener("dialog:shown", showAll);
})();
