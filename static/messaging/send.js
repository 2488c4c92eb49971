// The send pages: what a page with htmx alone cannot do. Everything is delegated, so that swapped parts need nothing.
(() => {
  const form = () => document.getElementById("send-form");
  const body = () => form()?.elements.namedItem("body");
  const look = () => window.htmx.trigger(document.body, "look");

  // unfold's script writes the name of a chosen file into a text field that these pages do not have.
  const leaveAlone = () => document.querySelectorAll("input.s-file").forEach((input) => { input.hasChangeListener = true; });
  new MutationObserver(leaveAlone).observe(document.body, { childList: true, subtree: true });
  leaveAlone();

  // A sign-in in another tab changes the token; what is sent from here takes the new one along.
  const freshToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1]
    || document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";

  // Instant feedback while the server's count is on its way: the server's replaces it.
  function countBytes(text) {
    let bytes = 0;
    for (const character of text.replace(/\r\n?/g, "\n")) bytes += character.codePointAt(0) < 128 ? 1 : 2;
    return bytes;
  }
  function showCount() {
    const shown = document.querySelector("#send-counter [data-bytes]");
    if (shown && body() && !body().value.includes("##")) shown.textContent = countBytes(body().value).toLocaleString(document.documentElement.lang);
  }

  function setType(value) {
    const choice = document.querySelector(`#send-form [name=message_type][value="${value}"]`);
    if (!choice) return;
    choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    choice.focus();
  }

  function insertKey(key) {
    const field = body();
    field.focus();
    field.setRangeText(`##${key}##`, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function openStep(id) {
    const next = document.getElementById(id);
    if (!next) return;
    document.activeElement.closest("details")?.removeAttribute("open");
    next.open = true;
    next.querySelector("summary").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("click", (event) => {
    const found = (selector) => event.target.closest(selector);
    if (found("[data-set-type]")) setType(found("[data-set-type]").dataset.setType);
    if (found("[data-insert-key]")) insertKey(found("[data-insert-key]").dataset.insertKey);
    if (found("[data-next-step]")) openStep(found("[data-next-step]").dataset.nextStep);
    if (found("[data-close-dialog]")) found("dialog").close();
  });

  // Enter in a field with a button of its own presses that, and does not ask to send.
  document.addEventListener("keydown", (event) => {
    const button = event.key === "Enter" && !event.isComposing && document.querySelector(event.target.dataset?.enter || "#nothing");
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches?.(".s-templates")) event.target.querySelector("input")?.focus();
  }, true);

  // What joins the list of numbers comes as lines: written below whatever was typed meanwhile.
  function appendLines(box) {
    const list = form()?.elements.namedItem("recipients");
    const lines = box.textContent.trim();
    box.remove();
    if (!list || !lines) return;
    const before = list.value.trimEnd();
    list.value = before ? `${before}\n${lines}\n` : `${lines}\n`;
    list.scrollTop = list.scrollHeight;
    list.dispatchEvent(new Event("input", { bubbles: true }));
  }
  // While one number is on its way it is marked, so that the next one can be typed over it.
  function clearAdded(said) {
    const field = form()?.elements.namedItem("one_number");
    if (field && field.value === said.dataset.added) field.value = "";
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id !== "send-add") return;
    const field = form().elements.namedItem("one_number");
    field.focus();
    field.select();
  });
  document.addEventListener("htmx:afterSwap", () => {
    document.querySelectorAll("#send-one-said [data-added]").forEach(clearAdded);
    document.querySelectorAll("[data-append]").forEach(appendLines);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.("[data-select]")) event.target.select();
  });

  document.addEventListener("input", (event) => {
    if (event.target === body()) showCount();
    const field = event.target.closest(".b-field-wrong");
    if (!field) return;
    field.classList.remove("b-field-wrong");
    field.querySelectorAll(":scope > .b-error").forEach((error) => error.remove());
  });

  document.addEventListener("submit", (event) => {
    if (event.target.dataset.ask && !window.confirm(event.target.dataset.ask)) {
      event.preventDefault();
      return;
    }
    if (event.submitter?.value !== "send") return;
    if (event.submitter.dataset.pressed) event.preventDefault();
    event.submitter.dataset.pressed = "1";
    event.submitter.setAttribute("aria-disabled", "true");
  });
  // Coming back with the browser's own button shows a page that may be sent again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.getElementById("send-dialog")?.close();
    document.querySelectorAll("[data-pressed]").forEach((button) => {
      delete button.dataset.pressed;
      button.removeAttribute("aria-disabled");
    });
  });

  // An answer to what was asked before another file was chosen knows nothing of that file: its panel is left out.
  let filesChosen = 0;
  let isLate = false;
  document.addEventListener("htmx:beforeRequest", (event) => { event.detail.xhr.filesChosen = filesChosen; });
  document.addEventListener("htmx:beforeSwap", (event) => { isLate = event.detail.xhr.filesChosen !== filesChosen; });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (isLate && event.detail.target.id === "send-file") event.preventDefault();
  });

  // Uploading a recipient file, chosen or dropped, with its progress.
  function uploadFile(file) {
    const panel = document.getElementById("send-file");
    if (!file || !panel) return;
    if (file.size > Number(panel.dataset.maxBytes)) {
      sayProblem(panel, panel.dataset.tooLarge);
      return;
    }
    const sent = new FormData(form());
    sent.delete("picture");
    sent.set("csrfmiddlewaretoken", freshToken());
    sent.set("file", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", panel.dataset.uploadUrl);
    request.setRequestHeader("X-CSRFToken", freshToken());
    request.setRequestHeader("X-Bongsu-Project", document.querySelector(".b-top")?.dataset.project || "");
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => showUpload(event.loaded, event.total));
    request.addEventListener("load", () => uploaded(request));
    request.addEventListener("error", () => { showUpload(0, 0); offline(true); });
    request.send(sent);
    showUpload(0, file.size);
  }
  function showUpload(loaded, total) {
    const box = document.querySelector("[data-uploading]");
    if (!box) return;
    box.hidden = !total;
    const percent = total ? Math.floor((loaded / total) * 100) : 0;
    box.querySelector("progress").value = percent;
    box.querySelector("[data-percent]").textContent = `${percent}%`;
  }
  function uploaded(request) {
    showUpload(0, 0);
    const panel = document.getElementById("send-file");
    if (request.status === 200 && request.responseText.includes('id="send-file"')) {
      offline(false);
      filesChosen += 1;
      panel.outerHTML = request.responseText;
      window.htmx.process(document.getElementById("send-file"));
      document.querySelector("#send-file [data-upload]")?.focus();
      look();
      return;
    }
    const dialog = document.getElementById({ 401: "signed-out", 409: "switched-elsewhere" }[request.status] || "");
    if (dialog && !dialog.open) dialog.showModal();
    if (!dialog) sayProblem(panel, panel.dataset.failed);
  }
  function sayProblem(panel, sentence) {
    panel.querySelector(":scope > .b-notice")?.remove();
    const notice = Object.assign(document.createElement("p"), { className: "b-notice b-notice-red", textContent: sentence });
    notice.setAttribute("role", "alert");
    panel.prepend(notice);
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-upload]")) uploadFile(event.target.files[0]);
  });
  const dropOf = (event) => (event.dataTransfer?.types?.includes("Files") ? document.querySelector("[data-drop]") : null);
  document.addEventListener("dragover", (event) => {
    const drop = dropOf(event);
    if (!drop) return;
    event.preventDefault(); // also beside the field: a file that misses it must not replace the page
    drop.classList.toggle("b-drop-over", drop.contains(event.target));
  });
  document.addEventListener("dragleave", (event) => {
    const drop = dropOf(event);
    if (drop && !drop.contains(event.relatedTarget)) drop.classList.remove("b-drop-over");
  });
  document.addEventListener("drop", (event) => {
    const drop = dropOf(event);
    if (!drop) return;
    event.preventDefault();
    drop.classList.remove("b-drop-over");
    if (drop.contains(event.target)) uploadFile(event.dataTransfer.files[0]);
  });

  // htmx: tokens, a connection that is gone, the dialog, the progress of a picture.
  function offline(is) {
    const notice = document.getElementById("send-offline");
    if (notice) notice.hidden = !is;
  }
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.formData?.has("csrfmiddlewaretoken")) event.detail.formData.set("csrfmiddlewaretoken", freshToken());
  });
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.xhr?.status) offline(false);
  });
  window.addEventListener("online", look);
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = document.getElementById("send-dialog");
    if (event.detail.target !== dialog || dialog.open) return;
    document.querySelectorAll("[data-form-errors]").forEach((notice) => notice.remove()); // mended by now
    dialog.showModal();
  });
  // Only now: what has an id keeps its old classes until htmx has settled.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.requestConfig?.parameters?.get?.("step") === "confirm") focusFirstError();
  });
  function focusFirstError() {
    const wrong = document.querySelector("#send-form .b-field-wrong");
    if (!wrong) {
      document.querySelector("[data-form-errors]")?.scrollIntoView({ block: "center" });
      return;
    }
    wrong.closest("details")?.setAttribute("open", "");
    (wrong.querySelector("input:not([type=hidden]), select, textarea") || wrong).focus();
    (wrong.querySelector(".b-error") || wrong).scrollIntoView({ block: "center" });
  }
  document.addEventListener("htmx:xhr:progress", (event) => {
    const progress = document.querySelector(event.target.dataset?.progress || "#nothing");
    if (!progress || !event.detail.lengthComputable) return;
    progress.hidden = false;
    progress.value = (event.detail.loaded / event.detail.total) * 100;
  });
})();
