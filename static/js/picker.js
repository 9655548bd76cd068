// A unit that is ticked stays ticked while one turns pages, changes the region, or goes to add another one and returns:
// the links of organizations/_unit_picker.html take it along, as its search form does by itself.
(() => {
  "use strict";

  function withUnit(address, key) {
    const [path, query = ""] = address.split("?");
    const parameters = new URLSearchParams(query);
    if (parameters.has("next")) parameters.set("next", withUnit(parameters.get("next"), key));
    else parameters.set("unit", key);
    return `${path}?${parameters}`;
  }

  // Before the dialog reads the link.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".unit-picker a[href*='?']");
    const ticked = link?.closest(".unit-picker").querySelector("[name=unit]:checked");
    if (ticked) link.setAttribute("href", withUnit(link.getAttribute("href"), ticked.value));
  }, true);
})();
