// What every page of the console does: menus that close, shortcuts, the project of the page on all that it
// sends, and nothing typed that is lost when a session ends.
(() => {
  const frame = () => document.querySelector(".b-top")?.dataset || {};
  const isTyping = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  const cookie = (name) => document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.split("=")[1];
  // unfold writes a chosen file's name into the nearest text field, or fails where there is none: only its own
  // file fields, of which we have none, want that.
  Object.defineProperty(HTMLInputElement.prototype, "hasChangeListener", { get: () => true, set: () => {} });
  const isPost = (form) => form.getAttribute("method")?.toLowerCase() === "post";

  // A form opened in one project must not act in another that a second tab has switched to since, and one that
  // was opened before a new sign-in must not fail for its old token.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!isPost(form)) return;
    const token = form.querySelector("[name=csrfmiddlewaretoken]");
    if (token && cookie("csrftoken")) token.value = cookie("csrftoken");
    if (!("anyProject" in form.dataset) && frame().project && !form.querySelector("[name=_project]")) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name: "_project" });
      field.value = frame().project;
      form.append(field);
    }
    if (!("anyProject" in form.dataset) && frame().person) remember(form);
  }, true);
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-Bongsu-Project"] = frame().project || "";
    event.detail.headers["X-CSRFToken"] = cookie("csrftoken") || "";
  });
  document.addEventListener("htmx:responseError", (event) => {
    const dialog = { 401: "signed-out", 409: "switched-elsewhere" }[event.detail.xhr.status];
    const element = dialog && document.getElementById(dialog);
    if (element && !element.open && event.detail.requestConfig.triggeringEvent?.type !== "load") element.showModal();
  });

  // Where a session ended before a form was sent: keep what was typed for this tab and this person only, until
  // the same page is open again. Passwords and files are never kept.
  const KEPT = "bongsu-kept";
  const isKept = (field) => field.name && !field.name.startsWith("_") && field.name !== "csrfmiddlewaretoken"
    && !["password", "file", "submit", "button"].includes(field.type);

  function remember(form) {
    const fields = [...form.elements].filter(isKept).map((field) => ({
      name: field.name, type: field.type, value: field.value, checked: field.checked,
    }));
    const kept = { page: location.pathname, person: frame().person, fields, isLost: false };
    try { sessionStorage.setItem(KEPT, JSON.stringify(kept)); } catch { /* too large to keep */ }
  }

  function restore() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    if (!kept) return;
    if (document.getElementById("login-form")) {
      sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, isLost: true }));
      return;
    }
    sessionStorage.removeItem(KEPT);
    if (!kept.isLost || kept.person !== frame().person || kept.page !== location.pathname) return;
    kept.fields.forEach(fill);
    const notice = document.getElementById("restored");
    document.getElementById("content")?.prepend(notice);
    notice.hidden = false;
  }

  function fill({ name, type, value, checked }) {
    const same = [...document.getElementsByName(name)].filter((field) => field.type === type && type !== "hidden");
    const isChoice = type === "checkbox" || type === "radio";
    const field = isChoice ? same.find((each) => each.value === value) : same[0];
    if (!field) return;
    if (isChoice) field.checked = checked; else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  const openMenus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    openMenus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    if (event.target.closest("[data-show-shortcuts]")) showShortcuts();
  });

  function showShortcuts() {
    document.getElementById("shortcuts")?.showModal();
  }

  function focusSearch() {
    const first = document.querySelector("[data-filters] input:not([type=hidden]), [data-filters] select, #searchbar")
      || document.querySelector("[data-search]");
    first?.focus();
    first?.select?.();
  }

  const follow = (selector) => document.querySelector(selector)?.click();
  const shortcuts = {
    "/": focusSearch,
    "?": showShortcuts,
    "n": () => follow("[data-newer]"),
    "o": () => follow("[data-older]"),
    "m": () => follow("[data-menu-toggle]"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      openMenus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const action = shortcuts[event.key];
    if (action && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      action();
    }
  });

  document.addEventListener("DOMContentLoaded", restore);
})();
