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

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-choose-all]")) return;
    document.querySelectorAll("[data-choose]").forEach((box) => { box.checked = event.target.checked; });
  });
})();
