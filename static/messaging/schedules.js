// The form of a schedule: all days by one press, and the zones that are in use by another.
(() => {
  const changed = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

  function chooseEveryDay(event) {
    const days = [...document.querySelectorAll("[name=weekdays]")];
    if (!days.length) return;
    event.preventDefault();
    days.forEach((day) => { day.checked = true; });
    changed(days[0]);
  }

  function chooseZone(name) {
    const field = document.querySelector("[name=time_zone]");
    field.value = name;
    changed(field);
    field.focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-every-day]")) chooseEveryDay(event);
    const zone = event.target.closest("[data-zone]");
    if (zone) chooseZone(zone.dataset.zone);
  });
  document.querySelectorAll("[data-zones]").forEach((line) => { line.hidden = false; });
})();
