// The lists of countries: found by name in either language or by code, many ticked at once, and counted.
(() => {
  const boxes = (list) => [...list.querySelectorAll("input[type=checkbox]")];

  function count(list) {
    const names = list.querySelector("[data-names]");
    if (names) names.hidden = true; // it named what was ticked when the page came
    list.querySelector("[data-count]").textContent = boxes(list).filter((box) => box.checked).length;
  }

  function find(list, written) {
    const wanted = written.trim().toLowerCase();
    const labels = [...list.querySelectorAll("[data-words]")];
    labels.forEach((label) => { label.hidden = !label.dataset.words.includes(wanted); });
    list.querySelector("[data-none]").hidden = labels.some((label) => !label.hidden);
  }

  function choose(list, codes) {
    const wanted = new Set(codes.split(","));
    boxes(list).forEach((box) => { box.checked = wanted.has(box.value); });
    count(list);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-choose]");
    const list = button?.closest("[data-countries]");
    if (!list) return;
    event.preventDefault();
    choose(list, button.dataset.choose);
  });
  document.addEventListener("input", (event) => {
    const list = event.target.closest("[data-countries]");
    if (!list) return;
    if (event.target.matches("[data-search-countries]")) find(list, event.target.value); else count(list);
  });
  // Enter in the search shows what was found; it does not save.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches?.("[data-search-countries]")) event.preventDefault();
  });
  document.querySelectorAll("[data-search-countries]").forEach((field) => { field.hidden = false; });
})();
