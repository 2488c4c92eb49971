// Keys and recovery codes: copied or printed by their buttons, where the browser lets pages do that.
(() => {
  const canCopy = Boolean(navigator.clipboard?.writeText);

  document.addEventListener("DOMContentLoaded", () => {
    if (canCopy) document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
    document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; });
  });

  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-print]")) window.print();
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const words = button.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = words; }, 2000);
  });
})();
