// The home page looks again by itself while it is seen: for what moves every few seconds, for all of it now and
// then. A part is exchanged only where it changed, with its open details and the focus kept.
(() => {
  const SECONDS = 5, WHOLE_EVERY = 6, PATIENCE = 12_000;
  const home = () => document.getElementById("home");
  let looks = 0, asking = 0, isOut = false, focused = "", open = [];

  function look(whole) {
    if (!home() || document.hidden || isOut || Date.now() - asking < PATIENCE) return;
    asking = Date.now();
    const values = whole ? { parts: "all" } : {};
    window.htmx.ajax("GET", home().dataset.live, { source: home(), swap: "none", target: home(), values })
      .catch(() => {});
  }

  function tick() {
    looks += 1;
    look(looks % WHOLE_EVERY === 0);
  }

  function answered(isWell) {
    asking = 0;
    const note = document.getElementById("home-lost");
    if (note) note.hidden = isWell;
    document.getElementById("home-dot")?.classList.toggle("h-lost", !isWell);
  }

  const isOurs = (event) => event.detail.elt === home();
  document.addEventListener("htmx:afterRequest", (event) => { if (isOurs(event)) answered(event.detail.successful); });
  // Whoever was signed out is told so once, and looked for again when they come back to the tab.
  document.addEventListener("htmx:responseError", (event) => { if (isOurs(event)) isOut = event.detail.xhr.status === 401; });
  document.addEventListener("htmx:timeout", (event) => { if (isOurs(event)) answered(false); });

  // A part that says what it said before stays, so that nothing flickers under the eyes or the hands.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const old = event.detail.target, fresh = event.detail.fragment.firstElementChild;
    if (!old?.matches?.("[data-part]") || !fresh) return;
    if (old.dataset.digest === fresh.dataset.digest) {
      event.detail.shouldSwap = false;
      return;
    }
    focused = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") || "summary" : "";
    open = [...old.querySelectorAll("details[open][id]")].map((each) => each.id);
    open.forEach((id) => { const each = fresh.querySelector(`#${id}`); if (each) each.open = true; });
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (!focused) return;
    const part = document.getElementById(event.detail.target.id) || document;
    const again = focused === "summary" ? part.querySelector("summary")
      : [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused);
    again?.focus({ preventScroll: true });
    focused = "";
  });

  document.addEventListener("visibilitychange", () => {
    isOut = false;
    look(true);
  });
  window.addEventListener("online", () => look(true));
  setInterval(tick, SECONDS * 1000);
})();
