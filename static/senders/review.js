// The review page: pictures zoom and turn, and a reviewer's hands stay on the keyboard.
(() => {
  const ZOOM = { in: 1.3, out: 1 / 1.3 };
  const MIN_ZOOM = 0.5;
  const MAX_ZOOM = 5;

  // On its side, a picture is as wide as it was high: it is sized by that, and margins move its box under it.
  function draw(view) {
    const image = view.querySelector("img");
    const zoom = Number(view.dataset.zoom || 1);
    const turned = Number(view.dataset.turned || 0);
    image.style.transform = `rotate(${turned * 90}deg)`;
    if (turned % 2 === 0) {
      Object.assign(image.style, { width: `${zoom * 100}%`, margin: "" });
      return;
    }
    const across = view.clientWidth * zoom;
    const width = across * (image.naturalWidth / image.naturalHeight);
    Object.assign(image.style, { width: `${width}px`, margin: `${(width - across) / 2}px ${(across - width) / 2}px` });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]:not(.s-pane-view), [data-turn]");
    const view = button?.closest("[data-pane]")?.querySelector(".s-pane-view");
    if (!view) return;
    if ("turn" in button.dataset) {
      view.dataset.turned = (Number(view.dataset.turned || 0) + 1) % 4;
    } else {
      const zoom = Number(view.dataset.zoom || 1) * ZOOM[button.dataset.zoom];
      view.dataset.zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
    }
    draw(view);
  });

  const click = (selector) => document.querySelector(selector)?.click();

  function reject() {
    const reasons = document.querySelector("[data-reject]");
    if (!reasons) return;
    const given = reasons.querySelector("input:checked") || reasons.querySelector("textarea").value.trim();
    if (given) return click("[data-decide=reject]");
    reasons.open = true;
    reasons.querySelector("input").focus();
  }

  function approve() {
    const missing = document.querySelector("[data-check]:not(:checked)");
    if (missing) return missing.focus();
    click("[data-decide=approve]");
  }

  const shortcuts = {
    a: approve,
    r: reject,
    ArrowLeft: () => click("[data-review-previous]"),
    ArrowRight: () => click("[data-review-next]"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = event.target;
    if (target.closest("textarea, select, .s-pane-view, input:not([type=checkbox])")) return;
    if (/^[1-9]$/.test(event.key)) {
      document.querySelectorAll("[data-check]")[Number(event.key) - 1]?.click();
    } else if (shortcuts[event.key]) {
      event.preventDefault();
      shortcuts[event.key]();
    }
  });

  // A decision is sent once; a page that the browser kept for "back" starts afresh.
  addEventListener("pageshow", () => document.querySelectorAll("[data-review]").forEach((form) => delete form.dataset.sent));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-review]")) return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
})();
