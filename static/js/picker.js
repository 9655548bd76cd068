// Keeps the ticked unit on other pages, in another region and after 添加单位: the links of
// organizations/_unit_picker.html get it as a parameter, which the search form sends by itself.
(() => {
  "use strict";

  function withUnit(address, key) {
    const [path, query = ""] = address.split("?");
    const parameters = new URLSearchParams(query);
    if (parameters.has("next")) parameters.set("next", withUnit(parameters.get("next"), key));
    else parameters.set("unit", key);
    return `${path}?${parameters}`;
  }

  // In the capture phase, before dialog.js reads the link.
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".unit-picker a[href*='?']");
    const ticked = link?.closest(".unit-picker").querySelector("[name=unit]:checked");
    if (ticked) link.setAttribute("href", withUnit(link.getAttribute("href"), ticked.value));
  }, true);
})();
