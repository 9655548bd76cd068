// Forms whose answer takes long: <form data-busy="正在读取文件…"> says so below its buttons and is sent once. A button that
// leads elsewhere (formaction) does not wait. Without this script the browser shows that it is loading.
(() => {
  "use strict";

  function tell(form) {
    const told = document.createElement("p");
    told.className = "busy";
    told.setAttribute("role", "status");
    told.append(document.createElement("progress"));
    form.append(told);
    // A status region is read out when its text changes.
    requestAnimationFrame(() => told.append(` ${form.dataset.busy}请不要关闭或刷新页面。`));
    told.scrollIntoView({ block: "center" });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.dataset.busy || event.submitter?.hasAttribute("formaction")) return;
    if (form.querySelector(".busy")) event.preventDefault();
    else if (!event.defaultPrevented) tell(form);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const told of document.querySelectorAll("[data-busy] > .busy")) told.remove();
  });
})();
