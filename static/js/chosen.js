// Shows the name of the row that a popup of the administration has put into a field; Django writes the key only.
// Without this script the name appears after saving.
(() => {
  const FACTS = [".field-shown_id", ".field-role", ".field-scope"];
  const dismiss = window.dismissRelatedLookupPopup;

  function labelOf(field) {
    let label = field.parentElement.querySelector("strong");
    if (!label) {
      label = document.createElement("strong");
      label.setAttribute("role", "status");
      field.parentElement.append(" ", label);
      field.addEventListener("input", () => label.replaceChildren());
    }
    return label;
  }

  window.dismissRelatedLookupPopup = (popup, key) => {
    const field = document.getElementById(popup.name.replace(/__\d+$/, ""));
    const link = popup.document.querySelector(`[data-popup-opener="${CSS.escape(key)}"]`);
    const facts = FACTS.map((fact) => link.closest("tr").querySelector(fact)?.textContent);
    labelOf(field).textContent = [link.textContent, ...facts].filter(Boolean).join(" · ");
    dismiss(popup, key);
  };
})();
