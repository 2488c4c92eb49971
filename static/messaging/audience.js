// The audience pages: a press on a tag's name writes it into the field, and a chosen file shows its name.
(() => {
  const fieldOf = (button) => button.closest("form")?.querySelector("[data-tag-names]");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-tag]");
    const field = button && fieldOf(button);
    if (!field) return;
    const names = field.value.split(",").map((name) => name.trim()).filter(Boolean);
    const name = button.dataset.addTag;
    field.value = (names.includes(name) ? names.filter((each) => each !== name) : [...names, name]).join(", ");
    field.focus();
  });

  document.addEventListener("change", (event) => {
    const shown = event.target.matches("[type=file]") && event.target.closest("label")?.querySelector("[data-file-name]");
    if (shown) shown.textContent = event.target.files[0]?.name || "";
  });
})();
