// The delivery pages: the chart follows what htmx brings, and one box chooses all.
(() => {
  const chartOf = (canvas) => (canvas && window.Chart ? window.Chart.getChart(canvas) : undefined);

  // The colours of the drawn lines stay; only the numbers move on.
  document.addEventListener("htmx:afterSettle", () => {
    const live = document.getElementById("live");
    const chart = chartOf(document.getElementById("delivery-chart"));
    if (!live?.dataset.chart || !chart) return;
    const fresh = JSON.parse(live.dataset.chart);
    chart.data.labels = fresh.labels;
    fresh.datasets.forEach((dataset, index) => { chart.data.datasets[index].data = dataset.data; });
    chart.update("none");
  });

  // The result of a message is copied by its button; where the browser lets no page do that, it is marked.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-copy-from]").forEach((button) => { button.hidden = false; });
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy-from]");
    if (!button || button.dataset.words) return;
    const said = await copied(document.querySelector(button.dataset.copyFrom)) ? button.dataset.copied : button.dataset.selected;
    button.dataset.words = button.textContent;
    button.textContent = said;
    setTimeout(() => { button.textContent = button.dataset.words; delete button.dataset.words; }, 2000);
  });
  async function copied(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      window.getSelection().selectAllChildren(source);
      source.focus();
      return false;
    }
  }

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-choose-all]")) return;
    document.querySelectorAll("[data-choose]").forEach((box) => { box.checked = event.target.checked; });
  });
})();
