// 新登记培训: the second list depends on the first; hours and year follow the dates until the person types them.
(() => {
  "use strict";

  function narrow(first, second) {
    const chosen = first.value ? first.selectedOptions[0].text : null;
    for (const group of second.querySelectorAll("optgroup")) {
      const fits = group.label === chosen;
      group.hidden = !fits;
      group.disabled = !fits;
    }
    if (second.value && second.selectedOptions[0].closest("optgroup")?.disabled) second.value = "";
    second.disabled = !chosen;
    second.options[0].text = chosen ? "请选择二级类型" : "请先选择类型";
  }

  function follow(form) {
    const field = (name) => form.querySelector(`[name="${name}"]`);
    const hours = field("hours_applied");
    const year = field("year");
    const told = form.querySelector("[data-proposal]");
    let proposed = hours.value; // the last value that the system filled in; only that may be replaced
    let asked = 0;
    let known = false;

    async function propose() {
      const query = new URLSearchParams();
      for (const name of ["category", "starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1"]) {
        query.set(name, field(name)?.value ?? "");
      }
      const turn = ++asked;
      const answer = await fetch(`${form.dataset.proposalUrl}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== asked) return;
      const proposal = await answer.json();
      told.textContent = proposal.text;
      told.hidden = !proposal.text;
      const untouched = hours.value === "" || (known && hours.value === proposed);
      if (untouched && proposal.hours !== null) hours.value = proposal.hours;
      else if (untouched && known && hours.value === proposed) hours.value = "";
      if (proposal.hours !== null) proposed = proposal.hours;
      known = true;
      offer(year, proposal);
    }

    // A question about numbers that were changed is out of date.
    for (const name of ["hours_applied", "starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1"]) {
      field(name)?.addEventListener("change", () => form.querySelector("[data-question]")?.remove());
    }
    for (const name of ["category", "first_level", "starts_at_0", "starts_at_1", "ends_at_0", "ends_at_1"]) {
      field(name)?.addEventListener("change", propose);
    }
    if (field("starts_at_0").value && field("ends_at_0").value) propose();
  }

  // Offers only the years of the training; the person chooses.
  function offer(year, proposal) {
    for (const option of year.options) {
      if (!option.value || !proposal.years.length) {
        option.hidden = option.disabled = false;
        continue;
      }
      option.hidden = option.disabled = !proposal.years.includes(Number(option.value)) && !option.selected;
    }
    year.options[0].text = proposal.year ? `按结束时间所在年度（${proposal.year}）` : "按结束时间所在年度";
  }

  function prepare(form) {
    if (form.dataset.prepared) return;
    form.dataset.prepared = "yes";
    const first = form.querySelector('[name="first_level"]');
    const second = form.querySelector('[name="category"]');
    first.addEventListener("change", () => narrow(first, second));
    narrow(first, second);
    follow(form);
  }

  const look = () => document.querySelectorAll("[data-registration-form]").forEach(prepare);
  look();
  document.addEventListener("dialog:shown", look);
})();
