// Small things in the admin: the focus is on the first wrong field, and choices with a search say their name.
(() => {
  "use strict";
  document.querySelector(".form-row.errors :is(input:not([type=hidden]), select, textarea)")?.focus();

  // select2 leaves out the name of the field for those who hear the page.
  function nameChoices() {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const label = select.labels[0];
      if (!label) continue;
      label.id ||= `${select.id}_label`;
      for (const part of select.parentElement.querySelectorAll(".select2-selection, .select2-selection__rendered")) {
        part.setAttribute("aria-labelledby", `${label.id} select2-${select.id}-container`);
      }
    }
  }

  // jQuery calls those who wait for the page in turn: select2 comes first.
  window.django?.jQuery?.(nameChoices);
})();
